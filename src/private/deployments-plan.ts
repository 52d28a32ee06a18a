import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from '../gpu';
import { Timing, toTiming } from '../probe-timing';
import { ProcessProps } from '../process';
import { Role, RoleProps, toRole, toShared } from '../role';
import { RoleDeploymentOptions, SyncAsyncDeploymentsProps } from '../sync-async-deployments-props';
import { SyncAsyncWorkloadProps } from '../sync-async-workload-props';
import { firstGiven, instanceOf, isDnsLabel, Known, MAX_NUMBER, onlyKnown, wholeNumber, wholeSeconds } from './checks';
import { checkPods, toGracePeriod } from './pod-plan';

/** The Deployment of a role: its props, checked one by one and complete. */
export interface RolePlan {
  readonly role: 'sync' | 'async';
  readonly props: SyncAsyncWorkloadProps & kplus.DeploymentProps;
  readonly roles: Role[];
  readonly timing: Timing;
  readonly gpu: Gpu;
  readonly labels: { [key: string]: string };
}

/** Options that only a StatefulSet has. TypeScript lets them pass in an object that both layouts are made of. */
const OF_A_STATEFUL_SET = ['split', 'roleLabel', 'volumeClaims', 'volumeClaimRetention', 'service', 'podManagementPolicy', 'rollout'];

/** Options that each role has, and that have no value for both. */
const OF_ONE_ROLE = ['replicas', 'strategy'];

const OF_A_ROLE: Known<RoleDeploymentOptions> = { replicas: true, gpu: true, resources: true, envVariables: true, strategy: true };

/** What Kubernetes has by default, here for what comes before the processes: a GPU, the image, init containers. */
const PULL_SECONDS = 600;

const ADJECTIVES = { sync: 'synchronous', async: 'asynchronous' };

/** Throws on props that belong to one role, or to the other layout. */
export function checkNames(given: SyncAsyncDeploymentsProps): void {
  const ofOneRole = firstGiven(given, name => OF_ONE_ROLE.includes(name));
  if (ofOneRole) {
    throw new Error(`'${ofOneRole.name}' (${ofOneRole.value}) must be given in 'syncDeployment' and 'asyncDeployment' in order for each Deployment to have its own.`);
  }
  const ofOther = firstGiven(given, name => OF_A_STATEFUL_SET.includes(name));
  if (ofOther) {
    throw new Error(`'${ofOther.name}' (${ofOther.value}) must be left out in order not to be missed: only a SyncAsyncStatefulSet has it.`);
  }
}

/** Throws on everything that is wrong with the props of a role by themselves. */
export function toRolePlan(role: 'sync' | 'async', given: SyncAsyncDeploymentsProps, labels: { [key: string]: string }): RolePlan {
  const options = given[`${role}Deployment`] ?? {};
  checkOptions(`${role}Deployment`, options);
  const props = merged(role, given, options);
  checkPods('Deployment', props);
  const roles = toRoles(role, given.sharedProcesses, given[`${role}Role`]);
  return {
    role,
    props: { ...props, terminationGracePeriod: toGracePeriod(props, roles), progressDeadline: toProgressDeadline(props, roles) },
    roles,
    timing: toTiming(props.probes ?? {}),
    gpu: props.gpu ?? Gpu.nvidia(),
    labels,
  };
}

function checkOptions(prop: string, options: RoleDeploymentOptions): void {
  onlyKnown(prop, options, OF_A_ROLE);
  if (options.replicas !== undefined) {
    wholeNumber(`${prop}.replicas`, options.replicas, 0, MAX_NUMBER, 'to be a number of pods');
  }
  instanceOf(`${prop}.strategy`, options.strategy, kplus.DeploymentStrategy, 'DeploymentStrategy.recreate()');
  instanceOf(`${prop}.gpu`, options.gpu, Gpu, 'Gpu.nvidia()');
}

/** When Kubernetes calls a rollout failed because no pod has become available: not before the processes may take no longer. */
function toProgressDeadline({ minReady }: SyncAsyncWorkloadProps, roles: Role[]): Duration {
  const started = roles.flatMap(role => role.processes).reduce((sum, process) => sum + process.startSeconds, 0);
  return Duration.seconds(PULL_SECONDS + started + (minReady ? wholeSeconds('minReady', minReady, 0) : 0));
}

/** What both roles have, with what is another thing for this one. */
function merged(role: string, given: SyncAsyncDeploymentsProps, options: RoleDeploymentOptions): SyncAsyncWorkloadProps & kplus.DeploymentProps {
  const { syncDeployment, asyncDeployment, syncRole, asyncRole, ...common } = given;
  const name = given.metadata?.name;
  if (name !== undefined && !isDnsLabel(`${name}-${role}`)) {
    throw new Error(`'metadata.name' (${name}) must be a DNS label (lower case letters, digits and inner dashes) of at most 57 characters in order to name a Deployment with -${role} behind it.`);
  }
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    ...common,
    ...own,
    envVariables: { ...common.envVariables, ...options.envVariables },
    metadata: { ...common.metadata, ...name === undefined ? {} : { name: `${name}-${role}` } },
  };
}

function toRoles(role: 'sync' | 'async', sharedProcesses?: ProcessProps[], props?: RoleProps): Role[] {
  if (!props && !sharedProcesses) {
    throw new Error(`'${role}Role' (undefined) must be given in order for ${ADJECTIVES[role]} pods to have something to do.`);
  }
  const shared = sharedProcesses && toShared(sharedProcesses);
  return [...shared ? [shared] : [], ...props ? [toRole(role, props, shared?.processes)] : []];
}
