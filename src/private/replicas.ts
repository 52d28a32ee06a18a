import * as kplus from 'cdk8s-plus-27';

/** The autoscalers of cdk8s-plus that decide how many pods a workload has. */
export function autoscalersOf(pods: kplus.StatefulSet | kplus.Deployment): kplus.HorizontalPodAutoscaler[] {
  return pods.node.root.node.findAll().filter(each => each instanceof kplus.HorizontalPodAutoscaler).filter(({ target }) => target === pods);
}

/**
 * The fewest pods that a set has; undefined where a stranger among autoscalers decides. Known only when all objects are there.
 *
 * @param scaled The fewest that the set's own scaler lets it have, if it has one.
 */
export function fewestReplicas(set: kplus.StatefulSet, scaled?: number): number | undefined {
  if (!set.hasAutoscaler) {
    return set.replicas ?? 1;
  }
  const minima = [...autoscalersOf(set).map(({ minReplicas }) => minReplicas), ...scaled === undefined ? [] : [scaled]];
  return minima.length > 0 ? Math.min(...minima) : undefined;
}
