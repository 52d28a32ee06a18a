/**
 * The nodes that take a pod which asks for nothing special.
 */
export function usable(nodes: any[]): any[] {
  return nodes.filter(({ spec: { unschedulable, taints = [] }, status }) => !unschedulable
    && status.conditions.some((each: any) => each.type === 'Ready' && each.status === 'True')
    && taints.every((taint: any) => taint.effect === 'PreferNoSchedule'));
}
