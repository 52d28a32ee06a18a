import { posix } from 'node:path';
import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Role } from '../role';
import { expand, LATE_ENV, references } from './checks';
import { OWN_DIRS } from './directories';
import { Main } from './main-container';

/** Variables of the container that belong to the entrypoint. */
export const RESERVED_ENV = ['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', ...LATE_ENV];

/** Names that every shell passes on to its children, and that the entrypoint has no variable of its own by. Others would vanish or be overwritten. */
const VARIABLE = /^(?!_[a-z])[A-Za-z_][A-Za-z0-9_]*$/;

/** Where nothing can be mounted without taking from the container what it needs to start. */
const NEEDED_DIRS = ['/', '/proc/', '/dev/', '/dev/termination-log/'];

/** Facts of the pods of a workload that are known only when all objects are there. */
export interface PodFacts {
  readonly pods: kplus.Workload;
  readonly main: Main;
  /** Volumes of claims, whose mounts are the user's. */
  readonly claimed?: kplus.Volume[];
  readonly roles: Role[];
  /** Words of commands beside those of the roles. */
  readonly words?: string[];
  /** Variables that the container does not have, each with what it comes from. */
  readonly unknown: { [name: string]: string };
}

/** Everything that is wrong with the pods of a workload, whichever it is. */
export function podProblems({ pods, main, claimed = [], roles, words = [], unknown }: PodFacts): string[] {
  return [
    ...selectorProblems(pods),
    ...containerProblems(pods),
    ...envProblems(main),
    ...mountProblems(main, claimed),
    ...volumeProblems(pods, main, claimed),
    ...commandProblems([...roles.flatMap(role => role.arguments), ...words], unknown),
    ...checkProblems(main, roles),
  ];
}

function selectorProblems(pods: kplus.Workload): string[] {
  return Object.keys(pods.matchLabels).length + pods.matchExpressions.length > 0 ? [] : [
    `'select' (false) must come with a call of select() in order for Kubernetes to know which pods belong to the ${ApiObject.of(pods).kind}.`,
  ];
}

function containerProblems(pods: kplus.Workload): string[] {
  const names = [...pods.containers, ...pods.initContainers].map(container => container.name);
  const repeated = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...repeated].map(name => `'containers' (${names.join(', ')}) must have different names in order to be containers of one pod; ${name} is there twice.`);
}

function envProblems({ container: { env: { variables, sources } }, env: own }: Main): string[] {
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

function mountProblems({ container: { mounts }, mounts: own }: Main, claimed: kplus.Volume[]): string[] {
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

function volumeProblems(pods: kplus.Workload, { volumes: own }: Main, claimed: kplus.Volume[]): string[] {
  const mounts = [...pods.containers, ...pods.initContainers].flatMap(container => container.mounts);
  const known = new Set([...own, ...claimed]);
  const others = [...new Set([...mounts.map(mount => mount.volume), ...pods.volumes])].filter(volume => !known.has(volume));
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
function commandProblems(args: string[], unknown: { [name: string]: string }): string[] {
  const used = new Set(args.flatMap(references));
  return Object.keys(unknown).filter(name => used.has(name)).map(name =>
    `'command' must not use $(${name}) in order to be what it says: the container has no such variable with ${unknown[name]}.`);
}

/** The kubelet puts every variable into a container's arguments. In probes it takes the manifest's word: nothing for `valueFrom`, nor from `envFrom`, `$(A)` for `$(A)`. */
function checkProblems({ container: { env: { variables, sources } } }: Main, roles: Role[]): string[] {
  return roles.flatMap(role => role.checks).flatMap(check => {
    const words = check._words().join(' ');
    return check._words().flatMap(references)
      .filter(name => variables[name] ? variables[name].valueFrom || /\$[$(]/.test(variables[name].value) : sources.length > 0)
      .map(name => `'command' (${words}) of a check must not use $(${name}) in order to be the same in a probe, where the kubelet takes variables as the manifest writes them; use ['sh', '-c', '... "$${name}" ...'].`);
  });
}
