import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, DisruptionBudgetOptions, Gpu, ProcessProps, Split, SyncAsyncStatefulSet, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { Cluster } from './deployment';
import { statefulSet, toObjects } from '../../cluster/objects';

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

/**
 * The service that the checks run: a chart made with the library, as a user would, then the objects of its YAML.
 */
export function service(name: string, cluster: Pick<Cluster, 'image' | 'gpus' | 'script'>, props: ServiceProps): any[] {
  const chart = new Chart(new App(), name);
  const set = new SyncAsyncStatefulSet(chart, 'Service', {
    image: cluster.image,
    metadata: { name },
    securityContext: { user: 65532 }, // any but root, which small images name
    gpu: cluster.gpus > 0 ? Gpu.nvidia() : Gpu.none(),
    syncRole: { processes: [program('server'), program('registrar')] },
    asyncRole: { processes: [program('worker')] },
    ...props,
  });
  const files = ['program.sh', ...props.roleLabel ? ['web.py'] : []];
  const programs = new kplus.ConfigMap(chart, 'Programs', { data: Object.fromEntries(files.map(file => [file, readFileSync(join(__dirname, file), 'utf8')])) });
  set.mainContainer.mount('/probe', kplus.Volume.fromConfigMap(chart, 'ProgramsVolume', programs));
  set.mainContainer.mount('/scratch', kplus.Volume.fromEmptyDir(chart, 'WorkVolume', 'work'));
  if (props.budgets) {
    set.addDisruptionBudgets(props.budgets);
  }
  if (props.roleLabel && props.ports) {
    set.exposeSyncViaService({ name: `${name}-web` });
  }

  const objects = toObjects(chart);
  if (cluster.script !== undefined) {
    editScript(objects, () => cluster.script!);
  }
  return objects;
}

/**
 * Puts another script into its ConfigMap, as another version of the library would. The template then has another checksum of it.
 */
export function editScript(objects: any[], edit: (script: string) => string): void {
  const { data } = objects.find(object => object.kind === 'ConfigMap' && object.data['entrypoint.sh'] !== undefined);
  data['entrypoint.sh'] = edit(data['entrypoint.sh']);
  const { annotations } = statefulSet(objects).spec.template.metadata;
  annotations['cdk8s-sync-async/script-sha256'] = createHash('sha256').update(data['entrypoint.sh']).digest('hex');
}
