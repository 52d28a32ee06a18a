import { ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';

/** Ids of the budgets, which their names are made of. */
const BUDGET_IDS = { sync: 'SyncBudget', async: 'AsyncBudget' };

/**
 * A PodDisruptionBudget for a role.
 *
 * @param produce What stays of which pods, known only when all objects are there.
 */
export function budget(
  scope: Construct, role: 'sync' | 'async', namespace: string | undefined, produce: () => kplus.k8s.PodDisruptionBudgetSpec,
): ApiObject {
  return new kplus.k8s.KubePodDisruptionBudget(scope, BUDGET_IDS[role], {
    metadata: { namespace },
    spec: Lazy.any({
      // A pod that is not ready serves nobody. Without this a drain would wait for one that never becomes ready.
      produce: () => ({ ...produce(), unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
    }),
  });
}

/** Refuses budgets beside those that are there. */
export function refuseSecondCall(scope: Construct): void {
  if (Object.values(BUDGET_IDS).some(id => scope.node.tryFindChild(id))) {
    throw new Error('\'addDisruptionBudgets\' (called again) must be called once, with the numbers of both roles, in order for no pod to have two budgets: it could never be evicted.');
  }
}
