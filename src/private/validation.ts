import { posix } from 'node:path';
import * as kplus from 'cdk8s-plus-27';
import { Role } from '../role';
import { ROLE_LABEL, RoleLabel } from '../role-label';
import { Rollout } from '../rollout';
import { Split } from '../split';
import { expand, isDnsLabel, LATE_ENV, references } from './checks';
import { OWN_DIRS } from './directories';
import { autoscalersOf } from './replicas';
import { tooManyNames } from './rights';

/** Variables of the container that belong to the entrypoint. */
export const RESERVED_ENV = ['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', ...LATE_ENV];

/** Names that every shell passes on to its children, and that the entrypoint has no variable of its own by. Others would vanish or be overwritten. */
const VARIABLE = /^(?!_[a-z])[A-Za-z_][A-Za-z0-9_]*$/;

/** Where nothing can be mounted without taking from the container what it needs to start. */
const NEEDED_DIRS = ['/', '/proc/', '/dev/', '/dev/termination-log/'];

/** Longest name whose pods Kubernetes can label with the name and an eleven characters' hash of their revision. */
const MAX_NAME = 52;

/** Facts that are known only when all objects are there. */
export interface Facts {
  readonly set: kplus.StatefulSet;
  readonly main: kplus.Container;
  /** The library's own variables of the main container. */
  readonly env: { [name: string]: kplus.EnvValue };
  /** The library's own mounts of the main container. */
  readonly mounts: kplus.VolumeMount[];
  /** The library's own volumes. */
  readonly volumes: kplus.Volume[];
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
    ...selectorProblems(facts.set),
    ...replicaProblems(facts.set, facts.split),
    ...facts.rollout ? rolloutProblems(facts.set, facts.rollout, facts.split, facts.scaledTo) : [],
    ...roleProblems(facts.set, facts.roles, facts.split),
    ...containerProblems(facts.set),
    ...envProblems(facts.main, facts.env),
    ...mountProblems(facts.main, facts.mounts, facts.claimed),
    ...volumeProblems(facts.set, facts.volumes, facts.claimed),
    ...commandProblems(facts.set, facts.main, facts.roles, facts.split),
    ...checkProblems(facts.main, facts.roles),
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

function selectorProblems({ matchLabels, matchExpressions }: kplus.StatefulSet): string[] {
  return Object.keys(matchLabels).length + matchExpressions.length > 0 ? [] : [
    '\'select\' (false) must come with a call of select() in order for Kubernetes to know which pods belong to the StatefulSet.',
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

function containerProblems(set: kplus.StatefulSet): string[] {
  const names = [...set.containers, ...set.initContainers].map(container => container.name);
  const repeated = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...repeated].map(name => `'containers' (${names.join(', ')}) must have different names in order to be containers of one pod; ${name} is there twice.`);
}

function envProblems({ env: { variables, sources } }: kplus.Container, own: { [name: string]: kplus.EnvValue }): string[] {
  // What the kubelet has read so far. Nothing here knows what comes from elsewhere: from `valueFrom`, and any name at all from `envFrom`.
  const read = new Map<string, string>();
  const valueOf = (name: string) => read.get(name) ?? (sources.length > 0 ? '' : undefined);
  return [
    ...RESERVED_ENV.filter(name => own[name] && variables[name] === undefined).map(reserved),
    ...Object.entries(variables).flatMap(([name, value]) => {
      const found = own[name] === value ? [] : variableProblems(name, value, valueOf);
      read.set(name, expand(String(value?.value ?? ''), valueOf));
      return found;
    }),
  ];
}

/** Why a variable is refused, given the values of those before it. Without them, any value might be there. */
export function variableProblems(name: string, value: kplus.EnvValue, valueOf: (name: string) => string | undefined = () => ''): string[] {
  if (RESERVED_ENV.includes(name)) {
    return [reserved(name)];
  }
  if (!VARIABLE.test(name)) {
    return [`'envVariables' (${name}) must be letters, digits and underscores, and not begin with a digit or with an underscore and a lower case letter, in order for every shell to pass it on.`];
  }
  if (!(value instanceof kplus.EnvValue)) {
    return [`'envVariables' (${name}: ${JSON.stringify(value)}) must be an EnvValue, such as EnvValue.fromValue('...'), in order to have a value.`];
  }
  const text = String(value.value ?? '');
  const late = references(text).find(each => LATE_ENV.includes(each));
  if (late !== undefined) {
    return [`'envVariables' (${name}) must not use $(${late}) in order to be what it says: the kubelet does not know this variable.`];
  }
  return name !== 'PATH' || !expand(text, valueOf).includes('$') ? [] : [
    `'envVariables' (PATH: ${text}) must not end up with a $ in it in order to be a list of directories: no shell reads it, and the kubelet knows only $(NAME) of variables before it, not the image's own PATH. Write the whole path out, or use ['sh', '-c', 'PATH=/my/bin:$PATH exec ...'] as command.`,
  ];
}

function reserved(name: string): string {
  return `'envVariables' (${name}) must not be set in order for the entrypoint to know its pod; reserved are ${RESERVED_ENV.join(', ')}.`;
}

function mountProblems({ mounts }: kplus.Container, own: kplus.VolumeMount[], claimed: kplus.Volume[]): string[] {
  const found: string[] = [];
  const paths = new Set<string>();
  for (const mount of mounts.filter(each => !own.includes(each))) {
    const path = mount.path;
    const prop = claimed.includes(mount.volume) ? 'volumeClaims' : 'volumeMounts';
    if (!path || path.includes(':')) {
      found.push(`'${prop}' (${path}) must be a path without colons in order for Kubernetes to mount there.`);
      continue;
    }
    const late = references(mount.subPathExpr ?? '').find(each => LATE_ENV.includes(each));
    if (late !== undefined) {
      found.push(`'${prop}' (${path}) must not use $(${late}) in 'subPathExpr' in order to be mounted: the kubelet does not know this variable; use $(POD_NAME).`);
    }
    const normal = posix.join('/', path, '/');
    if (NEEDED_DIRS.includes(normal)) {
      found.push(`'${prop}' (${path}) must not be one of ${NEEDED_DIRS.map(dir => dir.replace(/(.)\/$/, '$1')).join(', ')} in order for the container to start.`);
    }
    const covered = OWN_DIRS.find(dir => normal.startsWith(`${dir}/`));
    if (covered) {
      found.push(`'${prop}' (${path}) must not be in ${covered} in order for the entrypoint to find its own files.`);
    } else if (paths.has(normal)) {
      found.push(`'${prop}' (${path}) must be there only once in order to be a mount of one volume.`);
    }
    paths.add(normal);
  }
  return found;
}

function volumeProblems(set: kplus.StatefulSet, own: kplus.Volume[], claimed: kplus.Volume[]): string[] {
  const mounts = [...set.containers, ...set.initContainers].flatMap(container => container.mounts);
  const others = [...new Set([...mounts.map(mount => mount.volume), ...set.volumes])].filter(volume => ![...own, ...claimed].includes(volume));
  return [
    ...others
      .filter(({ name }) => name.startsWith('sync-async-'))
      .map(({ name }) => `'volumes' (${name}) must not have a name that begins with sync-async- in order not to be mistaken for the library's own.`),
    ...claimed
      .filter(({ name }) => others.some(volume => volume.name === name))
      .map(({ name }) => `'volumeClaims' (${name}) must not have the name of another volume of the pod in order to be told from it.`),
  ];
}

/** The kubelet leaves `$(NAME)` as it is when the container has no such variable. */
function commandProblems(set: kplus.StatefulSet, { env: { variables } }: kplus.Container, roles: Role[], split?: Split): string[] {
  const missing = RESERVED_ENV.filter(name => !variables[name] || (name === 'INSTANCE' && set.hasAutoscaler));
  const used = new Set([...roles.flatMap(role => role.arguments), ...split?._demand ?? []].flatMap(references));
  return missing.filter(name => used.has(name)).map(name =>
    `'command' must not use $(${name}) in order to be what it says: the container has no such variable with ${name === 'INSTANCE' ? 'an autoscaler' : 'this split'}.`);
}

/** The kubelet puts every variable into a container's arguments. In probes it takes the manifest's word: nothing for `valueFrom`, nor from `envFrom`, `$(A)` for `$(A)`. */
function checkProblems({ env: { variables, sources } }: kplus.Container, roles: Role[]): string[] {
  return roles.flatMap(role => role.checks).flatMap(check => {
    const words = check._words().join(' ');
    return check._words().flatMap(references)
      .filter(name => variables[name] ? variables[name].valueFrom || /\$[$(]/.test(variables[name].value) : sources.length > 0)
      .map(name => `'command' (${words}) of a check must not use $(${name}) in order to be the same in a probe, where the kubelet takes variables as the manifest writes them; use ['sh', '-c', '... "$${name}" ...'].`);
  });
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
