import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import {
  Check, DisruptionBudgetOptions, Gpu, ProcessProps, Split, SyncAsyncDeployments, SyncAsyncDeploymentsProps, SyncAsyncStatefulSet,
  SyncAsyncStatefulSetProps,
} from 'cdk8s-sync-async';
import { Cluster } from './deployment';
import { toObjects } from '../../cluster/objects';

/**
 * What a check wants of its probe service; the rest is the same for all. `split` must be said, since no split is one too.
 */
export type ServiceProps = Partial<SyncAsyncStatefulSetProps> & { readonly split: Split | undefined; readonly budgets?: DisruptionBudgetOptions };

/** Nobody is to be restarted by a liveness that a busy machine is too slow for. */
export const probes = { period: Duration.seconds(2), livenessFailures: 20 };

/**
 * A process of the probe service: program.sh with settings, ready when it serves.
 */
export function program(name: string, settings: string[] = [], props: Partial<ProcessProps> = {}): ProcessProps {
  return {
    name,
    command: ['sh', '/probe/program.sh', 'run', name, ...settings],
    ready: Check.command(['sh', '/probe/program.sh', 'ready', name]),
    ...props,
  };
}

type Means = Pick<Cluster, 'image' | 'gpus' | 'script'>;

/** What the probe service is in either layout. */
function pods(name: string, { image, gpus }: Means) {
  return {
    image,
    metadata: { name },
    securityContext: { user: 65532 }, // any but root, which small images name
    gpu: gpus > 0 ? Gpu.nvidia() : Gpu.none(),
    syncRole: { processes: [program('server'), program('registrar')] },
    asyncRole: { processes: [program('worker')] },
  };
}

/** Brings the programs into the containers in which they are run. */
function furnish(chart: Chart, files: string[], ...containers: kplus.Container[]): void {
  const programs = new kplus.ConfigMap(chart, 'Programs', { data: Object.fromEntries(files.map(file => [file, readFileSync(join(__dirname, file), 'utf8')])) });
  const [volume, work] = [kplus.Volume.fromConfigMap(chart, 'ProgramsVolume', programs), kplus.Volume.fromEmptyDir(chart, 'WorkVolume', 'work')];
  for (const container of containers) {
    container.mount('/probe', volume);
    container.mount('/scratch', work);
  }
}

/** The objects of the chart, with the script that is to be tried. */
function scripted(chart: Chart, { script }: Means): any[] {
  const objects = toObjects(chart);
  if (script !== undefined) {
    editScript(objects, () => script);
  }
  return objects;
}

/**
 * The service that the checks run: a chart made with the library, as a user would, then the objects of its YAML.
 */
export function service(name: string, cluster: Means, props: ServiceProps): any[] {
  const chart = new Chart(new App(), name);
  const set = new SyncAsyncStatefulSet(chart, 'Service', { ...pods(name, cluster), ...props });
  furnish(chart, ['program.sh', ...props.roleLabel ? ['web.py'] : []], set.mainContainer);
  if (props.budgets) {
    set.addDisruptionBudgets(props.budgets);
  }
  if (props.roleLabel && props.ports) {
    set.exposeSyncViaService({ name: `${name}-web` });
  }
  return scripted(chart, cluster);
}

/**
 * The same service in two Deployments. What both layouts share, they have under the same names: the script, the programs, and the Service for synchronous pods.
 */
export function deployments(name: string, cluster: Means, props: Partial<SyncAsyncDeploymentsProps>): any[] {
  const chart = new Chart(new App(), name);
  const both = new SyncAsyncDeployments(chart, 'Service', { ...pods(name, cluster), ...props });
  furnish(chart, ['program.sh', 'web.py'], both.syncDeployment.mainContainer, both.asyncDeployment.mainContainer);
  both.exposeSyncViaService({ name: `${name}-web` });
  return scripted(chart, cluster);
}

/**
 * Puts another script into its ConfigMap, as another version of the library would. The template then has another checksum of it.
 */
export function editScript(objects: any[], edit: (script: string) => string): void {
  const { data } = objects.find(object => object.kind === 'ConfigMap' && object.data['entrypoint.sh'] !== undefined);
  data['entrypoint.sh'] = edit(data['entrypoint.sh']);
  for (const { spec } of objects.filter(object => object.spec?.template)) {
    spec.template.metadata.annotations['cdk8s-sync-async/script-sha256'] = createHash('sha256').update(data['entrypoint.sh']).digest('hex');
  }
}
