import { randomBytes } from 'node:crypto';
import { Bench, digits, Goal } from './bench';
import { allGpus, freeGpus } from '../cluster/gpus';
import { Change, Trial } from './move/trial';
import { Watch } from './move/watch';
import { COLD, fillers, LOAD, PAIR, Place, TEMPLATE, TWO, WARM, Way } from './move/ways';
import { Kubectl } from '../cluster/kubectl';
import { meet } from '../cluster/meet';
import { inNamespace } from '../cluster/namespace';
import { Pods } from '../cluster/pods';
import { median } from '../util/statistics';
import { until } from '../util/wait';

/** 4 of 10 pods are synchronous, then 6. */
const MOVED = { pods: 10, sync: 6 };

const WAYS = [WARM, COLD, TEMPLATE, PAIR, TWO];

/** How often each way is tried, in turn. */
const TRIES = 5;

class Cluster {
  constructor(private readonly kubectl: Kubectl, private readonly watch: Watch, private readonly image: string, private readonly gpus: number) {}

  /** Tries a way once, with every GPU taken by somebody, as it is where GPUs are dear. */
  public async try(way: Way): Promise<Change> {
    const place: Place = { image: this.image, gpu: this.gpus > 0 };
    await until(`${MOVED.pods} free GPUs`, 180, async () => !place.gpu || await freeGpus(this.kubectl) >= MOVED.pods, 2);
    const trial = new Trial(this.kubectl, this.watch, way, place);
    await trial.begin();
    const free = place.gpu ? await freeGpus(this.kubectl) : 0;
    if (free > 0) {
      await this.kubectl.apply(fillers(this.image, free));
      await until('every GPU is taken', 60, () => this.watch.of('filler').filter(pod => pod.status.phase === 'Running').length === free, 0.2);
    }
    const change = await trial.change(MOVED, way === WARM || way === COLD ? () => this.patch(way, trial) : undefined);
    await this.kubectl.print(['delete', 'deployment', 'filler', '--ignore-not-found', '--wait=false']);
    await until('the fillers are gone', 60, () => this.watch.of('filler').length === 0, 0.2);
    await trial.end();
    return change;
  }

  /** The number in the ConfigMap, and an annotation that makes the kubelets look at once. */
  private async patch(way: Way, trial: Trial): Promise<void> {
    const maps: any[] = (await this.kubectl.json(['get', 'configmaps'])).items;
    const { name } = maps.map(map => ({ ...map, name: map.metadata.name })).find(map => map.name.startsWith(`${way.name}-`) && map.data?.SYNC_INSTANCE !== undefined);
    await this.kubectl.print(['patch', 'configmap', name, '--patch', JSON.stringify({ data: { SYNC_INSTANCE: `${MOVED.sync}` } })]);
    await this.kubectl.print(['annotate', 'pods', ...trial.pods.map(pod => pod.metadata.name), `bench/hurry=${Date.now()}`]);
  }
}

type Results = Map<Way, Change[]>;

const most = (changes: Change[], value: (change: Change) => number) => Math.max(...changes.map(value));
const middle = (changes: Change[], value: (change: Change) => number) => median(changes.map(value));
const range = (changes: Change[], value: (change: Change) => number) => `${digits(Math.min(...changes.map(value)))} to ${digits(most(changes, value))}`;

function rows(results: Results): string[][] {
  return [...results].map(([way, changes]) => [
    way.about,
    `${most(changes, change => change.created)}`,
    `${most(changes, change => change.restarted)}`,
    digits(middle(changes, change => change.answering)),
    range(changes, change => change.answering),
    digits(middle(changes, change => change.settled)),
  ]);
}

function goals(results: Results): Goal[] {
  const [warm, cold, pair] = [WARM, COLD, PAIR].map(way => results.get(way)!);
  const ratio = middle(warm, change => change.answering) / middle(pair, change => change.answering);
  return [
    { what: 'pods re-created by a move', seen: most([...warm, ...cold], change => change.created), most: 0, must: true },
    { what: 'containers restarted by a warm move', seen: most(warm, change => change.restarted), most: 0, must: true },
    { what: 'containers restarted by a cold move', seen: most(cold, change => change.restarted), most: 2, must: true },
    { what: 'warm, until the moved pods answer, as a part of two Deployments', seen: ratio, most: 0.4, must: false },
    { what: 'cold, until the moved pods answer', seen: middle(cold, change => change.answering), most: LOAD + 6, unit: 's', must: false },
  ];
}

export const MOVE: Bench = {
  name: 'move',
  about: 'two pods of ten from async to sync on a cluster',
  async run({ image = 'busybox:1.36', rounds = TRIES }) {
    if (!process.env.KUBECONFIG) {
      return { tables: [], goals: [], leftOut: [`everything, because KUBECONFIG names no cluster; it needs kubectl, and room for ${MOVED.pods} pods or as many free GPUs`] };
    }
    const kubectl = new Kubectl(`bench-${randomBytes(4).toString('hex')}`);
    const { version } = await meet(kubectl);
    const gpus = await allGpus(kubectl);
    if (gpus > 0 && gpus < MOVED.pods) {
      throw new Error(`the cluster must have ${MOVED.pods} GPUs, or none; it has ${gpus}`);
    }
    const pods = new Pods(kubectl);
    return inNamespace(kubectl, async () => {
      void pods.watch();
      const cluster = new Cluster(kubectl, new Watch(pods), image, gpus);
      const results: Results = new Map(WAYS.map(way => [way, []]));
      for (let round = 0; round < rounds; round++) {
        for (const way of WAYS) {
          const change = await cluster.try(way);
          results.get(way)!.push(change);
          console.log(`${way.name}, try ${round + 1}: ${digits(change.answering)} s until the moved pods answer, ${change.created} pods re-created, ${change.restarted} containers restarted`);
        }
      }
      return {
        tables: [{
          title: `From 4 to 6 of 10 pods; a model loads in ${LOAD} s${gpus > 0 ? `; none of ${gpus} GPUs is free` : '; no GPUs'}; ${rounds} tries each, in turn`,
          columns: ['Way', 'Pods re-created, at most', 'containers restarted, at most', 'seconds until 6 answer, median', 'range', 'until nothing changes, median'],
          rows: rows(results),
        }],
        goals: goals(results),
        leftOut: [],
        versions: [`Kubernetes ${version}, image ${image}`],
      };
    }, () => pods.stop());
  },
};
