import { App, Duration } from 'cdk8s';
import { Gpu, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { toObjects } from '../../cluster/objects';
import { ordinal } from '../../cluster/pods';
import { OcrChart, OcrChartProps } from '../../examples/ocr/chart';
import { DEMAND } from '../demand';
import { Settings } from '../settings';
import { NEEDS_BUDGET, NOT_IN_CONTROLS, System, TO_OTHER_LAYOUT } from './system';

function system(name: string, about: string, cannot: string[], split: (settings: Settings) => Split, { service, deployments }: Pick<OcrChartProps, 'service' | 'deployments'> = {}): System {
  const set = `${name}-service`;
  return {
    name,
    about,
    promised: true,
    cannot,
    workloads: deployments ? [`deployment/${set}-sync`, `deployment/${set}-async`] : [`statefulset/${set}`],
    service: service ? `${name}-sync:50051` : undefined,
    objects: settings => {
      const { image, replicas, etcd, broker, requestSeconds, loadSeconds } = settings;
      const model = `sleep:${requestSeconds}`;
      const chart = new OcrChart(new App(), name, {
        image, replicas, split: split(settings), etcd, broker, service, deployments, gpu: Gpu.none(), model,
      });
      if (service) { // where nobody is behind it, connections are refused: a drain must not take all servers of a node at once
        (chart.node.findChild('service') as SyncAsyncStatefulSet).addDisruptionBudgets({ syncMinAvailable: 1 });
      }
      const objects = toObjects(chart);
      for (const { spec } of objects.filter(object => object.spec?.template)) {
        const [main] = spec.template.spec.containers;
        main.imagePullPolicy = 'Always';
        main.env.push({ name: 'MODEL_LOAD_SECONDS', value: String(loadSeconds) });
      }
      return objects;
    },
    owns: pod => pod.metadata.name.startsWith(`${set}-`),
    isSync: (pod, settings) => deployments ? pod.metadata.name.startsWith(`${set}-sync-`) : split(settings).isSync(ordinal(pod)),
  };
}

export const LIBRARY = system('library', 'examples/ocr as it is, with Split.count', ['demand', ...NEEDS_BUDGET], ({ sync }) => Split.count(sync));

/** The registrar goes on, so that it is known here who is registered; the clients do not ask. */
export const SERVICE = system('by-service', 'examples/ocr with Split.count and a budget, whose clients know only the name of its Service', ['demand', 'etcd', ...TO_OTHER_LAYOUT],
  ({ sync }) => Split.count(sync), { service: true });

/** Its demand would be what `deployments` shows: whoever follows it scales both, and pods come and go. */
export const TWO = system('two', 'examples/ocr in two Deployments by the library', [...NOT_IN_CONTROLS, 'demand'], ({ sync }) => Split.count(sync), { deployments: true });

/** So that it has the same number of synchronous pods as the others: 2 of 5. */
export const SHARE = system('share', 'examples/ocr with Split.share', ['split', 'mixed', 'demand', ...NEEDS_BUDGET, ...TO_OTHER_LAYOUT], () => Split.share(2, 5));

/** It is moved by its demand, and an etcd that comes back empty knows of none. The first pod is always synchronous, the last two never, or the jobs would pile up. */
export const BETWEEN: System = {
  ...system('between', 'examples/ocr with Split.between, and the number of synchronous pods that this run asks for as its demand', ['split', 'etcd', ...NEEDS_BUDGET, ...TO_OTHER_LAYOUT],
    () => Split.between(1, 3, { demand: DEMAND, period: Duration.seconds(2), stabilizationWindow: Duration.seconds(5) })),
  asks: true,
  isSync: (pod, { sync }) => ordinal(pod) < sync,
};
