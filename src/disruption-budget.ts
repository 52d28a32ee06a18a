import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { budget, refuseSecondCall } from './private/budget';
import { MAX_NUMBER, wholeNumber } from './private/checks';
import { fewestReplicas } from './private/replicas';
import { ROLE_LABEL } from './role-label';
import { Split } from './split';
import { SyncAsyncStatefulSet } from './sync-async-stateful-set';

/**
 * Options for `SyncAsyncStatefulSet.addDisruptionBudgets`.
 */
export interface DisruptionBudgetOptions {
  /**
   * How many synchronous pods stay ready whatever is drained.
   *
   * Refused: what is no whole number from 1 to 999999, a percentage too, and at synth what is not less than the number of synchronous pods that are sure to be there: a drain would wait for
   * ever. (With `Split.between` these are its `min`.)
   *
   * @default - no budget; they may be evicted all at once.
   */
  readonly syncMinAvailable?: number;

  /**
   * How many asynchronous pods stay ready whatever is drained. A worker that is evicted finishes its jobs anyway; this is for a queue that must never stand still.
   *
   * Refused: the same. (With `Split.between`, those from its `max` on are sure to be there.)
   *
   * @default - no budget; they may be evicted all at once.
   */
  readonly asyncMinAvailable?: number;

  /**
   * The fewest pods that the set will ever have, of both roles. Needed where an autoscaler decides that is neither `scaleAsync` nor of cdk8s-plus, and useful where people scale by hand.
   *
   * Refused: what is no whole number from 1 to 999999, at synth more than `replicas`, or than the fewest of an autoscaler that is known here, and none at all where it is needed.
   *
   * @default - `replicas`, or the fewest pods of `scaleAsync` or of a `kplus.HorizontalPodAutoscaler`.
   */
  readonly minReplicas?: number;
}

type Role = 'sync' | 'async';

const ADJECTIVES = { sync: 'synchronous', async: 'asynchronous' };

/** Kubernetes puts the name of a pod into this label, and has done so in every version that knows budgets. */
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';

/**
 * PodDisruptionBudgets for the roles of a set. Each counts the pods of its role alone, so only whole numbers of pods that stay will do: Kubernetes takes percentages, and pods that may be
 * away, of all replicas of the StatefulSet.
 *
 * @param byLabel Whether the pods tell their role. Otherwise it is told by their names.
 * @param scaled The fewest pods that `scaleAsync` lets the set have, known only when all is there.
 *
 * @internal
 */
export function disruptionBudgets(
  set: SyncAsyncStatefulSet, options: DisruptionBudgetOptions, byLabel: boolean, scaled: () => number | undefined,
): ApiObject[] {
  const floors: [Role, number][] = (['sync', 'async'] as const).flatMap(role => {
    const floor = options[`${role}MinAvailable`];
    return floor === undefined ? [] : [[role, floor]];
  });
  checkOptions(set, options, floors);
  if (set.split && set.split._demand.length > 0 && !byLabel) {
    throw new Error(`'roleLabel' (undefined) must be given, such as roleLabel: {}, in order for budgets to know the roles of the pods that follow ${set.split._name}.`);
  }
  set.node.addValidation({ validate: () => problems(set, options, floors, byLabel, fewestReplicas(set, scaled())) });
  return floors.map(([role, minAvailable]) => budget(set, role, set.metadata.namespace, () => ({
    minAvailable: kplus.k8s.IntOrString.fromNumber(minAvailable),
    selector: selector(set, role, byLabel),
  })));
}

function checkOptions(set: SyncAsyncStatefulSet, options: DisruptionBudgetOptions, floors: [Role, number][]): void {
  const wrong = Object.entries(options).find(([key]) => /maxUnavailable$/i.test(key));
  if (wrong) {
    throw new Error(`'${wrong[0]}' (${wrong[1]}) must be said as 'syncMinAvailable' or 'asyncMinAvailable' in order to be about one role: Kubernetes subtracts it from all replicas of the StatefulSet, and would refuse every eviction.`);
  }
  if (floors.length === 0) {
    throw new Error('\'syncMinAvailable\' (undefined) must be given, or \'asyncMinAvailable\', in order for a budget to keep pods.');
  }
  for (const [role, floor] of floors) {
    wholeNumber(`${role}MinAvailable`, floor, 1, MAX_NUMBER, 'to count the pods of one role: Kubernetes takes percentages of all replicas of the StatefulSet');
  }
  if (options.minReplicas !== undefined) {
    wholeNumber('minReplicas', options.minReplicas, 1, MAX_NUMBER, 'to be the fewest pods that there will be');
  }
  refuseSecondCall(set);
}

function problems(
  set: SyncAsyncStatefulSet, { minReplicas }: DisruptionBudgetOptions, floors: [Role, number][], byLabel: boolean, known: number | undefined,
): string[] {
  const split = set.split?._name ?? 'no split';
  if (minReplicas !== undefined && known !== undefined && minReplicas > known) {
    return [`'minReplicas' (${minReplicas}) must be at most ${known}, the fewest pods that ${set.node.path} has, in order to be the fewest.`];
  }
  if (set.hasAutoscaler && !byLabel && set.split && set.split._count === undefined) {
    return [`'roleLabel' (undefined) must be given, such as roleLabel: { maxReplicas: 20 }, in order for budgets to know the roles of the pods that an autoscaler adds to ${split}.`];
  }
  const total = minReplicas ?? known;
  return floors.flatMap(([role, floor]) => {
    const fewest = fewestOf(role, set.split, total);
    if (fewest === undefined) {
      return [`'minReplicas' (undefined) must be given in order to know that '${role}MinAvailable' (${floor}) does not block every drain: an autoscaler decides how many pods there are.`];
    }
    return floor < fewest ? [] : [
      `'${role}MinAvailable' (${floor}) must be less than the ${ADJECTIVES[role]} pods that are sure to be there, which are ${fewest} (${total === undefined ? '' : `${total} pods, `}${split}), in order for drains to end: with no pod to spare, each would wait for ever.`,
    ];
  });
}

/** The fewest pods of a role; undefined where it takes the number of all pods, which is not known. */
function fewestOf(role: Role, split: Split | undefined, total: number | undefined): number | undefined {
  if (!split) {
    return role === 'async' ? 0 : total;
  }
  if (total === undefined) {
    return role === 'sync' ? split._count : undefined; // an autoscaler has to leave all of a count
  }
  const sync = split.syncOrdinals(total).length;
  return role === 'sync' ? sync : Math.max(0, total - (split._most ?? sync));
}

function selector(set: SyncAsyncStatefulSet, role: Role, byLabel: boolean): kplus.k8s.LabelSelector {
  const matchLabels = byLabel ? { ...set.matchLabels, [ROLE_LABEL]: role } : set.matchLabels;
  const matchExpressions = byLabel ? set.matchExpressions : [...set.matchExpressions, ...byNames(set, role)];
  return { matchLabels, matchExpressions: matchExpressions.length > 0 ? matchExpressions : undefined };
}

/** The asynchronous pods are all others, so that no pod is in two budgets, and each is in one that an autoscaler or a person adds. */
function byNames(set: SyncAsyncStatefulSet, role: Role): kplus.k8s.LabelSelectorRequirement[] {
  const values = set.split?.syncOrdinals(set.split._count ?? set.replicas ?? 1).map(ordinal => `${set.name}-${ordinal}`) ?? [];
  // Without a split every pod is synchronous, and with a count of 0 none.
  return values.length > 0 ? [{ key: POD_NAME_LABEL, operator: role === 'sync' ? 'In' : 'NotIn', values }] : [];
}
