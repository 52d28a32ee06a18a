import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from '../gpu';
import { Role } from '../role';
import { SyncAsyncWorkloadProps } from '../sync-async-workload-props';
import { hasCapability, toCapabilities } from './capabilities';
import { instanceOf, wholeSeconds } from './checks';
import { variableProblems } from './pod-problems';

/** Time for the entrypoint's own part in a stop: to notice, to log, to end. */
const STOP_MARGIN_SECONDS = 5;

/**
 * Throws on everything that is wrong with the props of pods by themselves.
 *
 * @param kind What the pods belong to.
 */
export function checkPods(kind: string, props: SyncAsyncWorkloadProps): void {
  const image: unknown = props?.image;
  if (typeof image !== 'string' || image === '' || image !== image.trim()) {
    throw new Error(`'image' (${JSON.stringify(image)}) must name a container image, without blanks around it, in order for pods to run it.`);
  }
  if (props.workingDir !== undefined && !props.workingDir.startsWith('/')) {
    throw new Error(`'workingDir' (${props.workingDir}) must be an absolute path in order for processes to start there.`);
  }
  if (props.restartPolicy !== undefined && props.restartPolicy !== kplus.RestartPolicy.ALWAYS) {
    throw new Error(`'restartPolicy' (${props.restartPolicy}) must be ${kplus.RestartPolicy.ALWAYS} in order to be that of a ${kind}.`);
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
  instanceOf('gpu', props.gpu, Gpu, 'Gpu.nvidia()');
  checkSecurity(props);
}

function checkSecurity({ runAsRoot, securityContext, containerSecurityContext: context }: SyncAsyncWorkloadProps): void {
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

/** The time that a pod has to stop: by default what the slower of its roles needs. */
export function toGracePeriod({ terminationGracePeriod, lifecycle }: SyncAsyncWorkloadProps, roles: Role[]): Duration {
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
