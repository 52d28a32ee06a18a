/**
 * Synthesizes every example into dist/examples, as `npx ts-node examples/NAME/main.ts` does for one, and prints which of its pods has which role.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';

const OUT = 'dist/examples';
/** How many pods are shown where an autoscaler decides their number. */
const SHOWN = 10;

/** The roles that a pod can be shown with, and whose processes it then has. */
const ROLES = { sync: ['sync'], either: ['sync', 'async'], async: ['async'] };
type Role = keyof typeof ROLES;

rmSync(OUT, { recursive: true, force: true });
for (const example of readdirSync(__dirname).filter((name) => existsSync(join(__dirname, name, 'main.ts')))) {
  execFileSync(process.execPath, ['--require', 'ts-node/register/transpile-only', join(__dirname, example, 'main.ts')], { stdio: 'inherit' });
}
for (const file of readdirSync(OUT)) {
  console.log(`\n${OUT}/${file}`);
  const objects = Yaml.load(join(OUT, file));
  for (const statefulSet of objects.filter((object) => object.kind === 'StatefulSet')) {
    console.log(table(statefulSet, objects));
  }
}

/** One line for each role: its pods, as a shell expands them, and its processes. */
function table(statefulSet: any, objects: any[]): string {
  const { name } = statefulSet.metadata;
  const { replicas = SHOWN } = statefulSet.spec;
  const args = entrypoint(statefulSet);
  const roleOf = split(args, statefulSet, objects);
  const rows = Object.entries(ROLES).map(([role, lists]) => ({
    role,
    ordinals: [...Array(replicas).keys()].filter((ordinal) => roleOf(ordinal) === role),
    processes: lists.map((list) => processes(args, list)).join(' / '),
  })).filter(({ ordinals }) => ordinals.length > 0).map((row) => ({ ...row, pods: `${name}-${braces(row.ordinals)}` }));
  const width = (column: 'pods' | 'role') => Math.max(...rows.map((row) => row[column].length));
  return [
    ...rows.map((row) => `  ${row.pods.padEnd(width('pods'))}  ${row.role.padEnd(width('role'))}  ${row.processes}`),
    ...rows.some(({ role }) => role === 'either') ? ['  (either: a command, which these pods run, prints how many pods are synchronous)'] : [],
    ...'replicas' in statefulSet.spec ? [] : [`  (an autoscaler decides how many pods there are: the first ${SHOWN} are shown)`],
  ].join('\n');
}

function braces(ordinals: number[]): string {
  const [first, last] = [ordinals[0], ordinals[ordinals.length - 1]];
  if (ordinals.length < 2) {
    return `${first}`;
  }
  return last - first < ordinals.length ? `{${first}..${last}}` : `{${ordinals}}`;
}

function entrypoint(statefulSet: any): string[] {
  return statefulSet.spec.template.spec.containers
    .map((container: any) => [...container.command ?? [], ...container.args ?? []])
    .find((words: string[]) => words.some((word) => word.startsWith('split=')));
}

/** Tells the role of a pod by its ordinal. */
function split(args: string[], statefulSet: any, objects: any[]): (ordinal: number) => Role {
  const [kind, parameter] = args.find((word) => word.startsWith('split='))!.slice('split='.length).split(':');
  const [first, second] = (parameter ?? '').split('/').map(Number);
  switch (kind) {
    case 'none': return () => 'sync';
    case 'between': return (ordinal) => ordinal < first ? 'sync' : ordinal < second ? 'either' : 'async';
    case 'share': return (ordinal) => Split.share(first, second).isSync(ordinal) ? 'sync' : 'async';
    default: return (ordinal) => ordinal < Number(parameter ?? syncInstance(statefulSet, objects)) ? 'sync' : 'async';
  }
}

/** The number of synchronous pods, from the ConfigMap that the StatefulSet refers to. */
function syncInstance(statefulSet: any, objects: any[]): string {
  const reference = statefulSet.spec.template.spec.containers
    .flatMap((container: any) => container.env ?? [])
    .find((variable: any) => variable.name === 'SYNC_INSTANCE').valueFrom.configMapKeyRef;
  return objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === reference.name).data[reference.key];
}

/** The names of a role's processes, in the order in which they are started: those of both roles first. */
function processes(args: string[], role: string): string {
  return ['shared', role].flatMap((each) => {
    const at = args.indexOf(`role=${each}`);
    const from = at < 0 ? [] : args.slice(at + 1);
    const own = from.slice(0, [...from, 'role='].findIndex((word) => word.startsWith('role=')));
    return own.filter((word) => word.startsWith('process=')).map((word) => word.slice('process='.length));
  }).join(', ');
}
