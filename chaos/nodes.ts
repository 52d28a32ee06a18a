/**
 * The nodes that take a pod which asks for nothing special.
 */
export function usable(nodes: any[]): any[] {
  return nodes.filter(({ metadata: { labels }, spec: { unschedulable, taints = [] }, status }) => !unschedulable && labels['kubernetes.io/os'] === 'linux'
    && status.conditions.some((each: any) => each.type === 'Ready' && each.status === 'True')
    && taints.every((taint: any) => taint.effect === 'PreferNoSchedule'));
}
