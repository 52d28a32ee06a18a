import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from '../gpu';
import { Timing, toTiming } from '../probe-timing';
import { Role, toRole, toShared } from '../role';
import { RoleLabel, toRoleLabel } from '../role-label';
import { Rollout } from '../rollout';
import { Split } from '../split';
import { SyncAsyncStatefulSetProps } from '../sync-async-stateful-set-props';
import { toVolumeClaims, VolumeClaims } from '../volume-claim';
import { instanceOf, MAX_NUMBER, wholeNumber } from './checks';
import { checkPods, toGracePeriod } from './pod-plan';

/** The props of a set, checked one by one and complete. */
export interface Plan {
  readonly gpu: Gpu;
  readonly roles: Role[];
  readonly label?: RoleLabel;
  readonly timing: Timing;
  /** Instead of the one of cdk8s-plus. */
  readonly strategy?: kplus.k8s.StatefulSetUpdateStrategy;
  readonly volumeClaims: VolumeClaims;
  readonly terminationGracePeriod: Duration;
}

/** Throws on everything that is wrong with the props by themselves. */
export function toPlan(props: SyncAsyncStatefulSetProps): Plan {
  checkPods('StatefulSet', props);
  instanceOf('split', props.split, Split, 'Split.count(4)');
  instanceOf('rollout', props.rollout, Rollout, 'Rollout.asyncFirst()');
  checkReplicas(props);
  const label = props.roleLabel === undefined ? undefined : toRoleLabel(props.roleLabel, props.replicas);
  const roles = toRoles(props, label);
  return {
    gpu: props.gpu ?? Gpu.nvidia(),
    roles,
    label,
    timing: toTiming(props.probes ?? {}),
    strategy: toStrategy(props),
    volumeClaims: toVolumeClaims(props.volumeClaims, props.volumeClaimRetention),
    terminationGracePeriod: toGracePeriod(props, roles),
  };
}

function checkReplicas({ replicas, split }: SyncAsyncStatefulSetProps): void {
  if (replicas === undefined) {
    return;
  }
  wholeNumber('replicas', replicas, 0, MAX_NUMBER, 'to be a number of pods');
  if ((split?._most ?? 0) > replicas) {
    throw new Error(`'split' (${split!._name}) must be at most 'replicas' (${replicas}) in order for every synchronous pod to exist.`);
  }
}

function toStrategy({ rollout, strategy, split, replicas }: SyncAsyncStatefulSetProps): kplus.k8s.StatefulSetUpdateStrategy | undefined {
  if (rollout && strategy) {
    throw new Error('\'strategy\' must not be given beside \'rollout\' in order for one of them to say which pods a new template reaches.');
  }
  const [problem] = rollout?._problems(split, replicas) ?? [];
  if (problem !== undefined) {
    throw new Error(problem);
  }
  return rollout?._strategy(split, replicas);
}

function toRoles({ split, replicas, sharedProcesses, syncRole, asyncRole }: SyncAsyncStatefulSetProps, label?: RoleLabel): Role[] {
  const name = split?._name ?? 'none, every pod is synchronous';
  const reason = !split?._watches ? '' : '; its number can be moved to any other while the pods run';
  const needsSync = split?._needsSync ?? true;
  const needsAsync = split?._needsAsync(replicas);
  if (!syncRole && !sharedProcesses && needsSync) {
    throw new Error(`'syncRole' (undefined) must be given in order for synchronous pods to have something to do: 'split' is ${name}${reason}.`);
  }
  if (!asyncRole && !sharedProcesses && needsAsync) {
    throw new Error(`'asyncRole' (undefined) must be given in order for asynchronous pods to have something to do: 'split' is ${name}${reason}.`);
  }
  if (asyncRole && !split) {
    throw new Error(`'asyncRole' (${asyncRole.processes?.map(process => process.name).join(', ')}) must come with a 'split' in order for some pods to have it.`);
  }
  const shared = sharedProcesses && toShared(sharedProcesses);
  return [
    ...shared ? [shared] : [],
    // Where only the model is a pod's work, the label's program is still one of its role.
    ...syncRole || (label && needsSync) ? [toRole('sync', syncRole ?? {}, shared?.processes, label)] : [],
    ...asyncRole || (label && needsAsync) ? [toRole('async', asyncRole ?? {}, shared?.processes, label)] : [],
  ];
}
