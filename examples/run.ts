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
  const sync = split(args, statefulSet, objects).syncOrdinals(replicas);
  const async = [...Array(replicas).keys()].filter((ordinal) => !sync.includes(ordinal));
  const pods = { sync: `${name}-${braces(sync)}`, async: `${name}-${braces(async)}` };
  const width = Math.max(pods.sync.length, pods.async.length);
  return [
    ...sync.length ? [`  ${pods.sync.padEnd(width)}  sync   ${processes(args, 'sync')}`] : [],
    ...async.length ? [`  ${pods.async.padEnd(width)}  async  ${processes(args, 'async')}`] : [],
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

function split(args: string[], statefulSet: any, objects: any[]): Split {
  const [kind, parameter] = args.find((word) => word.startsWith('split='))!.slice('split='.length).split(':');
  switch (kind) {
    case 'none': return Split.share(1, 1);
    case 'share': return Split.share(...parameter.split('/').map(Number) as [number, number]);
    default: return Split.count(Number(parameter ?? syncInstance(statefulSet, objects)));
  }
}

/** The number of synchronous pods, from the ConfigMap that the StatefulSet refers to. */
function syncInstance(statefulSet: any, objects: any[]): string {
  const reference = statefulSet.spec.template.spec.containers
    .flatMap((container: any) => container.env ?? [])
    .find((variable: any) => variable.name === 'SYNC_INSTANCE').valueFrom.configMapKeyRef;
  return objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === reference.name).data[reference.key];
}

/** The names of a role's processes, in the order in which they are started. */
function processes(args: string[], role: string): string {
  const from = args.slice(args.indexOf(`role=${role}`) + 1);
  const own = from.slice(0, [...from, 'role='].findIndex((word) => word.startsWith('role=')));
  return own.filter((word) => word.startsWith('process=')).map((word) => word.slice('process='.length)).join(', ');
}
