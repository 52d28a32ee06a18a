import * as kplus from 'cdk8s-plus-27';
import { Role } from '../role';
import { ROLE_LABEL, RoleLabel } from '../role-label';
import { Rollout } from '../rollout';
import { Split } from '../split';
import { isDnsLabel } from './checks';
import { Main } from './main-container';
import { podProblems, RESERVED_ENV } from './pod-problems';
import { autoscalersOf } from './replicas';
import { tooManyNames } from './rights';

/** Longest name whose pods Kubernetes can label with the name and an eleven characters' hash of their revision. */
const MAX_NAME = 52;

/** Facts that are known only when all objects are there. */
export interface Facts {
  readonly set: kplus.StatefulSet;
  readonly main: Main;
  /** The volumes of the claims, whose mounts are the user's. */
  readonly claimed: kplus.Volume[];
  readonly split?: Split;
  readonly rollout?: Rollout;
  readonly roles: Role[];
  readonly label?: RoleLabel;
  /** The most pods that the set's own scaler lets it have. */
  readonly scaledTo?: number;
}

/** Everything that is wrong with a set and the objects around it. */
export function problems(facts: Facts): string[] {
  return [
    ...nameProblems(facts.set),
    ...serviceProblems(facts.set),
    ...replicaProblems(facts.set, facts.split),
    ...facts.rollout ? rolloutProblems(facts.set, facts.rollout, facts.split, facts.scaledTo) : [],
    ...roleProblems(facts.set, facts.roles, facts.split),
    ...podProblems({ ...facts, pods: facts.set, words: facts.split?._demand, unknown: unknownVariables(facts) }),
    ...facts.label ? labelProblems(facts.set, facts.label, facts.scaledTo) : [],
  ];
}

function nameProblems({ name }: kplus.StatefulSet): string[] {
  if (name.length <= MAX_NAME) {
    return isDnsLabel(name) ? [] : [
      `'name' (${name}) must be a DNS label (lower case letters, digits and inner dashes) in order to begin the names of the pods. Set 'metadata.name'.`,
    ];
  }
  return [
    `'name' (${name}) must have at most ${MAX_NAME} characters, not ${name.length}, in order for Kubernetes to create its pods: it adds 11 to it in a label. Set 'metadata.name' or shorten the ids.`,
  ];
}

function serviceProblems({ service }: kplus.StatefulSet): string[] {
  return service.clusterIP === 'None' ? [] : [
    `'service' (${service.node.path}) must be headless, with clusterIP 'None', in order for the pods to have names.`,
  ];
}

function replicaProblems(set: kplus.StatefulSet, split?: Split): string[] {
  const count = split?._most;
  if (count === undefined || set.replicas !== undefined) {
    return []; // a fixed number of replicas has been compared at once
  }
  if (!set.hasAutoscaler) {
    return count <= 1 ? [] : [`'split' (${split!._name}) must be at most 'replicas' (1, the default) in order for every synchronous pod to exist.`];
  }
  return autoscalersOf(set)
    .filter(({ minReplicas }) => minReplicas < count)
    .map(({ minReplicas, node }) => `'minReplicas' (${minReplicas}) of ${node.path} must be at least the number of synchronous pods (${split!._name}) in order for every synchronous pod to exist.`);
}

/** A fixed number of replicas has been looked at at once. */
function rolloutProblems(set: kplus.StatefulSet, rollout: Rollout, split?: Split, scaledTo?: number): string[] {
  if (!set.hasAutoscaler) {
    return rollout._problems(split, set.replicas ?? 1);
  }
  const maxima = [...autoscalersOf(set).map(({ maxReplicas }) => maxReplicas), ...scaledTo === undefined ? [] : [scaledTo]];
  return rollout._problems(split, undefined, maxima.length > 0 ? Math.max(...maxima) : undefined);
}

/** An autoscaler can announce itself after a fixed number of replicas has made a role needless. */
function roleProblems(set: kplus.StatefulSet, roles: Role[], split?: Split): string[] {
  return !set.hasAutoscaler || !split?._needsAsync(undefined) || roles.some(({ name }) => name === 'async') ? [] : [
    `'asyncRole' (undefined) must be given in order for asynchronous pods to have something to do: 'split' is ${split._name}, and an autoscaler decides how many pods there are.`,
  ];
}

/** Those of the entrypoint's variables that the container does not have. */
function unknownVariables({ set, main }: Facts): { [name: string]: string } {
  const { variables } = main.container.env;
  const missing = RESERVED_ENV.filter(name => !variables[name] || (name === 'INSTANCE' && set.hasAutoscaler));
  return Object.fromEntries(missing.map(name => [name, name === 'INSTANCE' ? 'an autoscaler' : 'this split']));
}

function labelProblems(set: kplus.StatefulSet, { maxReplicas }: RoleLabel, scaledTo?: number): string[] {
  const found: string[] = [];
  const selected = [...Object.keys(set.matchLabels), ...set.matchExpressions.map(({ key }) => key)];
  if (set.podMetadata.getLabel(ROLE_LABEL) !== undefined || selected.includes(ROLE_LABEL)) {
    found.push(`'podMetadata.labels' (${ROLE_LABEL}) must not be set, nor selected by, in order for the pods to set it themselves: it changes with their role.`);
  }
  if (set.hasAutoscaler && maxReplicas === undefined && scaledTo === undefined) {
    found.push('\'roleLabel.maxReplicas\' (undefined) must be given in order for the Role to name every pod: an autoscaler decides how many there are.');
  }
  const most = maxReplicas ?? scaledTo ?? set.replicas ?? 1;
  found.push(...autoscalersOf(set).filter(scaler => maxReplicas !== undefined && scaler.maxReplicas > maxReplicas).map(scaler =>
    `'roleLabel.maxReplicas' (${maxReplicas}) must be at least 'maxReplicas' (${scaler.maxReplicas}) of ${scaler.node.path} in order for the Role to name every pod.`));
  return [...found, ...tooManyNames(set, most)];
}
