import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { budget, refuseSecondCall } from './private/budget';
import { instanceOf } from './private/checks';
import { addMissingLabels, labelsOf } from './private/labels';
import { RoleDeployment } from './role-deployment';

/**
 * Options for `SyncAsyncDeployments.addDisruptionBudgets`.
 *
 * They are about pods that may be away, not about pods that stay: of a Deployment's pods Kubernetes knows how many there are to be, so that a budget grows and shrinks with them, whoever
 * scales, and never blocks a drain for ever.
 */
export interface DeploymentBudgetOptions {
  /**
   * How many synchronous pods may be away while something is drained: a number, or per cent of the pods that there are to be, rounded up.
   *
   * Refused: what is no whole number of at least 1, and no whole per cent from 1 to 100.
   *
   * @default - no budget; they may be evicted all at once.
   */
  readonly syncMaxUnavailable?: kplus.PercentOrAbsolute;

  /**
   * How many asynchronous pods may be away. A worker that is evicted finishes its jobs anyway; this is for a queue that must never stand still.
   *
   * Refused: the same.
   *
   * @default - no budget; they may be evicted all at once.
   */
  readonly asyncMaxUnavailable?: kplus.PercentOrAbsolute;
}

/**
 * PodDisruptionBudgets for the Deployments of the roles.
 *
 * @internal
 */
export function deploymentBudgets(
  scope: Construct, deployments: { sync: RoleDeployment; async: RoleDeployment }, options: DeploymentBudgetOptions,
): void {
  const given = (['sync', 'async'] as const).flatMap(role => {
    const most = options[`${role}MaxUnavailable`];
    instanceOf(`${role}MaxUnavailable`, most, kplus.PercentOrAbsolute, 'PercentOrAbsolute.absolute(1)');
    return !most ? [] : [{ role, maxUnavailable: intOrString(`${role}MaxUnavailable`, most) }];
  });
  if (given.length === 0) {
    throw new Error('\'syncMaxUnavailable\' (undefined) must be given, or \'asyncMaxUnavailable\', in order for a budget to keep pods.');
  }
  refuseSecondCall(scope);
  for (const { role, maxUnavailable } of given) {
    const { metadata, matchLabels, matchExpressions } = deployments[role];
    const { metadata: own } = budget(scope, role, metadata.namespace, () => ({
      maxUnavailable,
      selector: { matchLabels, matchExpressions: matchExpressions.length > 0 ? matchExpressions : undefined },
    }));
    addMissingLabels(own, labelsOf(metadata));
  }
}

function intOrString(prop: string, { value }: kplus.PercentOrAbsolute): kplus.k8s.IntOrString {
  const [number, unit] = typeof value === 'string' ? [Number(value.replace(/%$/, '')), '%'] : [value, ''];
  if (!Number.isInteger(number) || number < 1 || (unit && number > 100)) {
    throw new Error(`'${prop}' (${value}) must be a whole number of at least 1, or a whole per cent from 1 to 100, in order for drains to end.`);
  }
  return unit ? kplus.k8s.IntOrString.fromString(`${number}%`) : kplus.k8s.IntOrString.fromNumber(number);
}
