import { randomBytes } from 'node:crypto';
import { Bench, digits, Goal } from './bench';
import { allGpus, freeGpus } from './move/gpus';
import { Change, Trial } from './move/trial';
import { Watch } from './move/watch';
import { byLibrary, fillers, PAIR, Place, TEMPLATE, Way } from './move/ways';
import { Kubectl } from '../test/conformance/kubectl';
import { until } from '../test/conformance/wait';

/** 4 of 10 pods are synchronous, then 6, then 6 of 12. */
const MOVED = { pods: 10, sync: 6 };
const SCALED = { pods: 12, sync: 6 };

/** What a way needs at most. */
const GPUS = SCALED.pods;

const HURRIED = byLibrary('hurried', 'this library, pods annotated');
const UNHURRIED = byLibrary('unhurried', 'this library');

interface Result {
  readonly way: Way;
  readonly move: Change;
  readonly scale: Change;
}

class Cluster {
  constructor(private readonly kubectl: Kubectl, private readonly watch: Watch, private readonly image: string, private readonly gpus: number) {}

  public async library(way: Way, gpu: boolean): Promise<Result> {
    const trial = await this.begin(way, gpu);
    const move = await trial.change(MOVED, async () => {
      await this.kubectl.print(['patch', 'configmap', await this.valuesOf(way), '--patch', JSON.stringify({ data: { SYNC_INSTANCE: `${MOVED.sync}` } })]);
      if (way === HURRIED) {
        await this.kubectl.print(['annotate', 'pods', ...trial.pods.map(pod => pod.metadata.name), `bench/hurry=${Date.now()}`]);
      }
    });
    await this.checkRoles(trial);
    return { way, move, ...await this.scale(trial) };
  }

  public async template(): Promise<Result> {
    const trial = await this.begin(TEMPLATE, false);
    return { way: TEMPLATE, move: await trial.change(MOVED), ...await this.scale(trial) };
  }

  /** With every GPU taken while the pods change sides. */
  public async pair(gpu: boolean): Promise<Result & { readonly held: number }> {
    const trial = await this.begin(PAIR, gpu);
    const free = gpu ? await freeGpus(this.kubectl) : 0;
    if (free > 0) {
      await this.kubectl.apply(fillers(this.image, free));
      await until('every GPU is taken', 60, () => this.watch.of('filler').filter(pod => pod.status.phase === 'Running').length === free, 0.2);
    }
    const move = await trial.change(MOVED);
    if (free > 0) {
      await this.kubectl.print(['delete', 'deployment', 'filler', '--wait=false']);
      await until('the fillers are gone', 60, () => this.watch.of('filler').length === 0, 0.2);
    }
    return { way: PAIR, held: free, move, ...await this.scale(trial) };
  }

  private async begin(way: Way, gpu: boolean): Promise<Trial> {
    if (gpu) {
      await until(`${GPUS} free GPUs`, 180, async () => await freeGpus(this.kubectl) >= GPUS, 2);
    }
    const place: Place = { image: this.image, gpu: gpu && this.gpus > 0 };
    const trial = new Trial(this.kubectl, this.watch, way, place);
    await trial.begin();
    return trial;
  }

  private async scale(trial: Trial): Promise<{ scale: Change }> {
    const scale = await trial.change(SCALED);
    await trial.end();
    return { scale };
  }

  private async valuesOf(way: Way): Promise<string> {
    const maps: any[] = (await this.kubectl.json(['get', 'configmaps'])).items;
    return maps.find(map => map.metadata.name.startsWith(`${way.name}-`) && map.data?.SYNC_INSTANCE !== undefined).metadata.name;
  }

  /** The pods' own word for what was concluded from their readiness. */
  private async checkRoles(trial: Trial): Promise<void> {
    const logs = await Promise.all(trial.pods.map(pod => this.kubectl.print(['logs', pod.metadata.name])));
    const sync = logs.filter(log => log.includes('event=start role=sync')).length;
    if (sync !== MOVED.sync) {
      throw new Error(`${sync} pods say that they are synchronous, not ${MOVED.sync}`);
    }
  }
}

function rows(results: Result[]): string[][] {
  return results.map(({ way, move, scale }) => [
    way.about, `${move.created}`, `${move.restarted}`, digits(move.answering), digits(move.settled), `${scale.created}`, digits(scale.settled),
  ]);
}

function goals(results: Result[]): Goal[] {
  const ours = results.filter(({ way }) => way === HURRIED || way === UNHURRIED);
  const sum = (value: (result: Result) => number) => ours.reduce((total, result) => total + value(result), 0);
  return [
    { what: 'pods re-created by two moves', seen: sum(({ move }) => move.created), most: 0, must: true },
    { what: 'containers restarted by two moves', seen: sum(({ move }) => move.restarted), most: 4, must: true },
    { what: 'pods re-created, and containers restarted, by two scales', seen: sum(({ scale }) => scale.created + scale.restarted), most: 0, must: true },
  ];
}

export const MOVE: Bench = {
  name: 'move',
  about: 'two pods of ten from async to sync on a cluster, then two pods more',
  async run({ image }) {
    if (!process.env.KUBECONFIG) {
      return { tables: [], goals: [], leftOut: [`everything, because KUBECONFIG names no cluster; it needs kubectl, and room for 28 pods or ${GPUS} free GPUs`] };
    }
    const kubectl = new Kubectl(`bench-${randomBytes(4).toString('hex')}`);
    const { serverVersion } = await kubectl.json(['version']);
    const gpus = await allGpus(kubectl);
    if (gpus > 0 && gpus < GPUS) {
      throw new Error(`the cluster must have ${GPUS} GPUs, or none; it has ${gpus}`);
    }
    let leaving: Promise<unknown> | undefined;
    const leave = () => leaving ??= (async () => {
      kubectl.stop();
      await kubectl.print(['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=120s']);
    })();
    const interrupted = async () => {
      await leave();
      process.exit(1);
    };
    process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
    try {
      await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: kubectl.namespace } }]);
      await until('the namespace has its service account', 30, async () => (await kubectl.run(['get', 'serviceaccount', 'default'])).status === 0, 0.2);
      const cluster = new Cluster(kubectl, new Watch(kubectl), image, gpus);
      // Without GPUs what takes the longest can run beside the rest: nothing about it depends on who else has one.
      const [template, [hurried, pair, unhurried]] = await Promise.all([
        cluster.template(),
        (async () => [await cluster.library(HURRIED, gpus > 0), await cluster.pair(gpus > 0), await cluster.library(UNHURRIED, false)] as const)(),
      ]);
      const results = [hurried, unhurried, template, pair];
      const held = gpus > 0 ? `; for two Deployments none of ${gpus} GPUs is free, ${pair.held} are held by pods that do nothing else` : '; no GPUs';
      return {
        tables: [{
          title: `From 4 to 6 of 10 pods, then from 10 to 12 pods; a start takes 10 s${held}`,
          columns: ['Way', 'Pods re-created', 'containers restarted', 'seconds until 6 answer', 'until nothing changes', '10 to 12: pods re-created', 'seconds'],
          rows: rows(results),
        }],
        goals: goals(results),
        leftOut: [],
        versions: [`Kubernetes ${serverVersion.gitVersion}, image ${image}`],
      };
    } finally {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await leave();
    }
  },
};
