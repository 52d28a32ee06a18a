import * as kplus from 'cdk8s-plus-27';

/** The autoscalers of cdk8s-plus that decide how many pods a set has. */
export function autoscalersOf(set: kplus.StatefulSet): kplus.HorizontalPodAutoscaler[] {
  return set.node.root.node.findAll().filter(each => each instanceof kplus.HorizontalPodAutoscaler).filter(({ target }) => target === set);
}

/** The fewest pods that a set has; undefined where a stranger among autoscalers decides. Known only when all objects are there. */
export function fewestReplicas(set: kplus.StatefulSet): number | undefined {
  if (!set.hasAutoscaler) {
    return set.replicas ?? 1;
  }
  const minima = autoscalersOf(set).map(({ minReplicas }) => minReplicas);
  return minima.length > 0 ? Math.min(...minima) : undefined;
}
