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
import { hasCapability, toCapabilities } from './capabilities';
import { instanceOf, MAX_NUMBER, wholeNumber, wholeSeconds } from './checks';
import { variableProblems } from './validation';

/** Time for the entrypoint's own part in a stop: to notice, to log, to end. */
const STOP_MARGIN_SECONDS = 5;

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
  const image: unknown = props?.image;
  if (typeof image !== 'string' || image === '' || image !== image.trim()) {
    throw new Error(`'image' (${JSON.stringify(image)}) must name a container image, without blanks around it, in order for pods to run it.`);
  }
  if (props.workingDir !== undefined && !props.workingDir.startsWith('/')) {
    throw new Error(`'workingDir' (${props.workingDir}) must be an absolute path in order for processes to start there.`);
  }
  if (props.restartPolicy !== undefined && props.restartPolicy !== kplus.RestartPolicy.ALWAYS) {
    throw new Error(`'restartPolicy' (${props.restartPolicy}) must be ${kplus.RestartPolicy.ALWAYS} in order to be that of a StatefulSet.`);
  }
  const variables = Object.entries(props.envVariables ?? {}).filter(([, value]) => value !== undefined);
  const [problem] = variables.flatMap(([name, value]) => variableProblems(name, value));
  if (problem !== undefined) {
    throw new Error(problem);
  }
  props.volumeMounts?.forEach(({ path, volume }, i) => {
    if (!(volume instanceof kplus.Volume)) {
      throw new Error(`'volumeMounts[${i}].volume' (${volume}) must be a Volume, such as Volume.fromEmptyDir(...), in order to be mounted at ${path}.`);
    }
  });
  instanceOf('split', props.split, Split, 'Split.count(4)');
  instanceOf('gpu', props.gpu, Gpu, 'Gpu.nvidia()');
  instanceOf('rollout', props.rollout, Rollout, 'Rollout.asyncFirst()');
  checkReplicas(props);
  checkSecurity(props);
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

function checkSecurity({ runAsRoot, securityContext, containerSecurityContext: context }: SyncAsyncStatefulSetProps): void {
  const prop = context?.user === undefined ? 'securityContext' : 'containerSecurityContext';
  if ((context?.user ?? securityContext?.user) === 0 && (context?.ensureNonRoot ?? !runAsRoot)) {
    throw new Error(`'${prop}.user' (0) must come with 'runAsRoot' in order for the kubelet to start the container.`);
  }
  if (context?.privileged && !context.allowPrivilegeEscalation) {
    throw new Error('\'containerSecurityContext.privileged\' (true) must come with \'allowPrivilegeEscalation: true\' in order for Kubernetes to take it.');
  }
  // kill(2) compares user ids, never group ids, so SETGID does no harm. A user other than root gets no capability by `add`.
  const capabilities = toCapabilities(context?.capabilities);
  const isRoot = !(context?.ensureNonRoot ?? !runAsRoot) && !(context?.user ?? securityContext?.user);
  if (isRoot && !context?.privileged && hasCapability(capabilities, 'SETUID') && !hasCapability(capabilities, 'KILL')) {
    const value = Object.entries(capabilities).filter(([, names]) => names).map(([verb, names]) => `${verb} ${names.join(', ')}`).join('; ');
    throw new Error(`'containerSecurityContext.capabilities' (${value}) must have KILL beside SETUID in order for the entrypoint to stop a process that has changed its user: without KILL, root can signal only root's processes. Add KILL, or let the container start as that user, with 'user' instead of SETUID.`);
  }
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

function toGracePeriod({ terminationGracePeriod, lifecycle }: SyncAsyncStatefulSetProps, roles: Role[]): Duration {
  const slower = roles.reduce((a, b) => b.stopSeconds >= a.stopSeconds ? b : a);
  const needed = slower.stopSeconds + STOP_MARGIN_SECONDS;
  const period = terminationGracePeriod ?? Duration.seconds(needed);
  const seconds = wholeSeconds('terminationGracePeriod', period, 1);
  if (lifecycle?.preStop && (!terminationGracePeriod || seconds <= needed)) {
    throw new Error(`'lifecycle.preStop' must come with an explicit 'terminationGracePeriod' of more than ${needed} seconds in order to leave the processes their time: the hook runs before they are stopped, and within that period.`);
  }
  if (seconds < needed) {
    throw new Error(`'terminationGracePeriod' (${seconds} seconds) must be at least ${needed} seconds in order for the ${slower.name} role to stop: the sum of its stop delays and stop timeouts${roles.some(({ name }) => name === 'shared') ? ', with those of the shared processes,' : ''} is ${slower.stopSeconds}, and ${STOP_MARGIN_SECONDS} more.`);
  }
  return period;
}
