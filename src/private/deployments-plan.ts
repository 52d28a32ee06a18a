import * as kplus from 'cdk8s-plus-27';
import { Gpu } from '../gpu';
import { Timing, toTiming } from '../probe-timing';
import { ProcessProps } from '../process';
import { Role, RoleProps, toRole, toShared } from '../role';
import { RoleDeploymentOptions, SyncAsyncDeploymentsProps } from '../sync-async-deployments-props';
import { SyncAsyncWorkloadProps } from '../sync-async-workload-props';
import { isDnsLabel, MAX_NUMBER, wholeNumber } from './checks';
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

const ADJECTIVES = { sync: 'synchronous', async: 'asynchronous' };

/** Throws on everything that is wrong with the props of a role by themselves. */
export function toRolePlan(role: 'sync' | 'async', given: SyncAsyncDeploymentsProps, labels: { [key: string]: string }): RolePlan {
  const options = given[`${role}Deployment`] ?? {};
  const props = merged(role, given, options);
  checkPods('Deployment', props);
  if (options.replicas !== undefined) {
    wholeNumber(`${role}Deployment.replicas`, options.replicas, 0, MAX_NUMBER, 'to be a number of pods');
  }
  const roles = toRoles(role, given.sharedProcesses, given[`${role}Role`]);
  return {
    role,
    props: { ...props, terminationGracePeriod: toGracePeriod(props, roles) },
    roles,
    timing: toTiming(props.probes ?? {}),
    gpu: props.gpu ?? Gpu.nvidia(),
    labels,
  };
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
