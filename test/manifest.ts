import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Chart, Testing, Yaml } from 'cdk8s';
import { Check, Split, SyncAsyncDeployments, SyncAsyncDeploymentsProps, SyncAsyncStatefulSet, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { Construct } from 'constructs';
import { ENTRYPOINT_SCRIPT } from '../src/private/entrypoint-script';

/** The parser that cdk8s brings along. (Its own `Yaml.load` starts a process for every call.) */
const { parseAllDocuments } = createRequire(require.resolve('cdk8s'))('yaml');

/** A service of both roles, as small as can be. */
export const SMALL: SyncAsyncStatefulSetProps = {
  image: 'registry.example.com/ocr:1.4.2',
  replicas: 3,
  split: Split.count(1),
  syncRole: { processes: [{ name: 'server', command: ['serve'], ready: Check.command(['probe', 'server']) }] },
  asyncRole: { processes: [{ name: 'worker', command: ['work'] }] },
};

/** A set of the small service, with other props. */
export function small(props: Partial<SyncAsyncStatefulSetProps> = {}, chart: Chart = Testing.chart()): SyncAsyncStatefulSet {
  return new SyncAsyncStatefulSet(chart, 'ocr', { ...SMALL, ...props });
}

/** The same service in the other layout, with other props. */
export function two(props: Partial<SyncAsyncDeploymentsProps> = {}, chart: Chart = Testing.chart()): SyncAsyncDeployments {
  const { image, syncRole, asyncRole } = SMALL;
  return new SyncAsyncDeployments(chart, 'ocr', { image, syncRole, asyncRole, ...props });
}

/** The manifest of a chart as its readers get it: parsed from the text, because objects can hold an undefined where the text says null. */
export function manifest(chart: Chart): any[] {
  return parsed(Testing.synth(chart));
}

/** The same but for the script, which would take most of the time. */
export function manifestWithoutScript(chart: Chart): any[] {
  return parsed(Testing.synth(chart).map(object => object.data?.['entrypoint.sh'] ? { ...object, data: {} } : object));
}

/**
 * A manifest whose script is left out: what is in it is tested by running it, and its checksum would change all snapshots with every change of it.
 * Left out too is what a newer cdk8s-plus writes down although it is Kubernetes' own default.
 */
export function withoutScript(chart: Chart): any[] {
  const checksum = createHash('sha256').update(ENTRYPOINT_SCRIPT).digest('hex');
  return JSON.parse(JSON.stringify(manifest(chart), (key, value) => {
    if (key === 'revisionHistoryLimit' && value === 10) return undefined;
    return value === ENTRYPOINT_SCRIPT ? '<script>' : value === checksum ? '<checksum>' : value;
  }));
}

function parsed(objects: any[]): any[] {
  return parseAllDocuments(Yaml.stringify(...objects), { version: '1.1' }).map((document: any) => document.toJS());
}

/** The only object of a kind, whose name has these words in it, in the manifest that a construct is in. */
export function rendered(construct: Construct, kind: string = 'StatefulSet', name: string = ''): any {
  const found = manifest(Chart.of(construct)).filter(object => object.kind === kind && object.metadata.name.includes(name));
  expect(found).toHaveLength(1);
  return found[0];
}

export function podSpec(set: SyncAsyncStatefulSet): any {
  return rendered(set).spec.template.spec;
}

export function mainContainer(set: SyncAsyncStatefulSet): any {
  return podSpec(set).containers[0];
}
