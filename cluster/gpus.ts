import { Kubectl } from './kubectl';

const GPU = 'nvidia.com/gpu';

/** GPUs that the nodes offer. */
export async function allGpus(kubectl: Kubectl): Promise<number> {
  const nodes: any[] = (await kubectl.json(['get', 'nodes'])).items;
  return nodes.reduce((sum, node) => sum + Number(node.status.allocatable?.[GPU] ?? 0), 0);
}

/** GPUs that no pod of any namespace has, or waits for. */
export async function freeGpus(kubectl: Kubectl): Promise<number> {
  const pods: any[] = (await kubectl.json(['get', 'pods', '--all-namespaces'])).items;
  const taken = pods
    .filter(pod => !['Succeeded', 'Failed'].includes(pod.status.phase))
    .flatMap(pod => pod.spec.containers)
    .reduce((sum, container) => sum + Number(container.resources?.limits?.[GPU] ?? 0), 0);
  return await allGpus(kubectl) - taken;
}
