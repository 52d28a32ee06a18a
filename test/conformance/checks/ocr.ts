import { App } from 'cdk8s';
import { Gpu } from 'cdk8s-sync-async';
import { toObjects } from '../../../cluster/objects';
import { BackendsChart } from '../../../examples/ocr/backends';
import { OcrChart, OcrChartProps } from '../../../examples/ocr/chart';
import { sleep, until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Cluster, Deployment } from '../deployment';
import { count, Event, find } from '../log';

/** The texts on the images that the example's client draws. */
const SAMPLES = ['Hello, world 42', 'sync and async', 'Total: 1234.50 EUR'];

/**
 * The example as it is, with a registry and a queue of its own: pods 0 and 1 are synchronous, 2 and 3 are workers. With a scaler there may be more workers, or only one.
 */
export async function deploy(trial: Trial, model: string, scaler?: Omit<NonNullable<OcrChartProps['scaler']>, 'management'>): Promise<Deployment> {
  const { gpus, kubectl, ocrImages } = trial.cluster;
  const images = { etcdImage: `${ocrImages}etcd:1`, rabbitmqImage: `${ocrImages}rabbitmq:1` };
  const backends = new BackendsChart(new App(), `${trial.name}-backends`, { ...images, management: scaler !== undefined });
  const { etcd, broker } = backends;
  const chart = new OcrChart(new App(), trial.name, {
    image: `${ocrImages}ocr:1`,
    etcd,
    broker,
    model,
    gpu: gpus > 0 ? undefined : Gpu.none(),
    scaler: scaler && { ...scaler, management: backends.management(kubectl.namespace) },
  });
  const deployment = trial.deployment('-service');
  const objects = [...toObjects(backends), ...toObjects(chart)];
  for (const { spec } of objects.filter(object => object.kind === 'StatefulSet')) {
    spec.template.spec.containers[0].imagePullPolicy = 'Always'; // a node may have an older one of this name
  }
  await deployment.applyObjects(objects);
  await deployment.ready(scaler ? 3 : 4, 360); // the image is large
  return deployment;
}

/**
 * What load.py has noted: the fate of every request and job, and what happened in the registry. Times are in seconds.
 */
interface Note {
  readonly at: number;
  readonly event: 'request' | 'job' | 'job-done' | 'job-failed' | 'there' | 'gone' | 'end';
  readonly pod: string;
  readonly ok?: boolean;
  readonly error?: string;
  readonly id?: string;
  /** How many requests, in the last one. */
  readonly sent?: number;
}

/**
 * A pod that asks the servers every 50 ms, none of them twice, and keeps jobs in the queue.
 */
export class Load {
  public static async start({ cluster }: Trial, deployment: Deployment, args: string[], suffix: string = ''): Promise<Load> {
    const name = `${deployment.name}-load${suffix}`;
    const [main] = deployment.pod(0).spec.containers;
    await cluster.kubectl.apply([{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 120,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{
          name: 'load',
          image: main.image,
          command: ['python', 'load.py', ...args],
          env: main.env.filter((variable: any) => ['ETCD', 'BROKER_URL'].includes(variable.name)),
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
        }],
      },
    }]);
    await until('the load runs', 60, () => cluster.pods.get(name)?.status.phase === 'Running', 0.2);
    const load = new Load(cluster, name);
    await load.see('a request is answered', note => note.event === 'request');
    return load;
  }

  public readonly notes: Note[] = [];
  private readonly log: Promise<void>;

  private constructor(private readonly cluster: Cluster, private readonly name: string) {
    this.log = cluster.kubectl.follow(['logs', name, '--follow'], line => {
      if (line.startsWith('{')) {
        this.notes.push(JSON.parse(line));
      }
    });
  }

  /**
   * Waits for a note, from now on.
   */
  public see(what: string, wanted: (note: Note) => boolean, seconds: number = 60): Promise<Note> {
    const from = this.notes.length;
    return until(what, seconds, () => this.notes.slice(from).find(wanted), 0.1);
  }

  /**
   * Lets it end, which it does when its jobs have, and tells what became of everything.
   */
  public async end(trial: Trial): Promise<void> {
    await this.cluster.kubectl.print(['delete', 'pod', this.name, '--wait=false']);
    await this.log;
    await until('the load is gone', 30, () => !this.cluster.pods.get(this.name), 0.2);
    const requests = this.notes.filter(note => note.event === 'request');
    const failed = requests.filter(note => !note.ok);
    const seconds = requests.length > 0 ? requests.at(-1)!.at - requests[0].at : 0;
    const unknown = (this.notes.at(-1)!.sent ?? NaN) - requests.length;
    trial.expect(requests.length > 0 && failed.length === 0, `${requests.length} requests in ${seconds.toFixed(0)} s, ${failed.length} failed`);
    trial.expect(unknown === 0, `${unknown} requests of unknown fate`);
    for (const pod of new Set(failed.map(note => note.pod))) {
      const own = failed.filter(note => note.pod === pod);
      trial.expect(false, `${own.length} of them asked ${pod}: ${own[0].error}`);
    }
    const [sent, done] = ['job', 'job-done'].map(event => this.notes.filter(note => note.event === event).map(note => note.id).sort().join());
    trial.expect(sent !== '' && sent === done && this.notes.at(-1)!.event === 'end', `${sent.split(',').length} jobs, ${done.split(',').length} done`);
  }
}

/** The pods that have answered since. */
function answering(load: Load, from: number): string {
  return [...new Set(load.notes.slice(from).filter(note => note.event === 'request').map(note => note.pod.replace(/.*-/, '')))].sort().join();
}

/** That clients could see a pod leave before its server heard of the end. */
function leftFirst(trial: Trial, load: Load, log: Event[], pod: string): void {
  const told = log.find(e => e.by === 'entrypoint' && e.event === 'stop-signal' && e.fields.process === 'server')!.at;
  const revoked = log.find(e => e.by === 'registrar' && e.event === 'deregistered')?.at ?? NaN;
  const gone = load.notes.filter(note => note.event === 'gone' && note.pod === pod && note.at < told + 30).at(-1)?.at ?? NaN;
  trial.expect(gone < told && revoked < told, `${pod} is gone from etcd ${(told - gone).toFixed(1)} s before its server is told`);
}

const text: Check = {
  name: 'ocr-text',
  promise: 'The OCR example reads what is printed on an image; synchronous pods answer requests, asynchronous ones jobs.',
  pods: 4,
  seconds: 90,
  async run(trial) {
    const deployment = await deploy(trial, 'rapidocr');
    const output = await deployment.exec(0, 'python client.py --repeat 2');
    const answers = [...output.matchAll(/^(grpc|job) +(\S+) +(.*)$/gm)].map(([, via, pod, read]) => ({ via, pod, read }));
    for (const [via, pods] of [['grpc', ['0', '1']], ['job', ['2', '3']]] as const) {
      const own = answers.filter(answer => answer.via === via);
      trial.same(`${via}:`, own.map(answer => answer.read), [...SAMPLES, ...SAMPLES]);
      const names = new Set(own.map(answer => answer.pod));
      trial.expect(names.size > 0 && [...names].every(name => pods.some(pod => name === `${deployment.name}-${pod}`)), `${via} answered by ${[...names].sort()}`);
    }
    const drawn = (expected: string) => deployment.exec(0, `python -c 'import client, sys; sys.stdout.buffer.write(client.draw("pod 7"))' | python client.py --expect '${expected}' -`);
    trial.expect(await drawn('pod 7').then(() => true), 'an image of one\'s own is read');
    trial.expect(await drawn('pod 8').then(() => false, () => true), 'and another text would have been noticed');
  },
};

const nothingLost: Check = {
  name: 'ocr-nothing-lost',
  promise: 'Under load no request of the OCR example fails and no job is lost: by moves of the split, a deleted pod, an outage of etcd, a killed worker.',
  pods: 4,
  seconds: 240,
  async run(trial) {
    const deployment = await deploy(trial, 'sleep:0.02');
    const pod = (index: number) => `${deployment.name}-${index}`;
    // One job more than there are workers, so that each always has one.
    const load = await Load.start(trial, deployment, ['--jobs=3', '--job-seconds=6']);
    // The one that it has just begun with lasts longer than the number takes to get there.
    const had = count(await deployment.log(2), 'worker', 'job');
    await until('pod 2 begins with a job', 30, async () => count(await deployment.log(2), 'worker', 'job') > had, 0.2);

    const there = load.see('pod 2 is registered', note => note.event === 'there' && note.pod === pod(2), 180);
    await deployment.setSplit('3');
    await deployment.moved(2, 2, 180);
    await there;
    const asWorker = await deployment.log(2);
    const told = find(asWorker, 'entrypoint', 'stop-signal').at;
    const [taken, finished] = ['job', 'job-done'].map(event => asWorker.filter(e => e.by === 'worker' && e.event === event));
    const last = finished.at(-1)?.at ?? NaN;
    trial.expect(taken.length === finished.length && last > told, `the worker that moves has a job, and ends it ${(last - told).toFixed(1)} s after its stop signal`);
    await load.see('pod 2 answers', note => note.event === 'request' && note.pod === pod(2));

    const gone = load.see('pod 2 is deregistered', note => note.event === 'gone' && note.pod === pod(2), 180);
    await deployment.setSplit('2');
    await deployment.moved(2, 3, 180);
    await gone;
    const moved = await deployment.log(2);
    leftFirst(trial, load, moved, pod(2));
    trial.same('moves', moved.filter(e => e.event === 'move').map(e => `${e.fields.to} ${e.fields.kind}`).join(), 'sync warm,async warm');
    trial.same('models started', moved.filter(e => e.event === 'process-start' && e.fields.process === 'model').length, 1);
    await until('pod 2 has a job again', 60, async () => count(await deployment.log(2), 'worker', 'job') > taken.length);

    const before = load.notes.length;
    const { log } = await deployment.delete(0);
    leftFirst(trial, load, log, pod(0));
    await deployment.ready(4, 120);
    await load.see('pod 0 answers again', note => note.event === 'request' && note.pod === pod(0));
    trial.same('pods that answered around the deletion', answering(load, before), '0,1');

    const scaleEtcd = (replicas: number) => deployment.kubectl('scale', 'deployment', `${trial.name}-backends-etcd`, `--replicas=${replicas}`);
    await scaleEtcd(0);
    await sleep(15); // longer than a lease lasts
    await scaleEtcd(1);
    await Promise.all([0, 1].map(index => until(`${pod(index)} is registered with an empty etcd`, 90, async () => {
      const registrar = (await deployment.log(index)).filter(e => e.by === 'registrar');
      return registrar.some(e => e.event === 'lease-lost') && registrar.at(-1)!.event === 'registered';
    })));
    trial.same('restarts by an outage of etcd', deployment.restarts, '0,0,0,0');
    await load.end(trial);

    // One job for two workers, so that the other one is free.
    const second = await Load.start(trial, deployment, ['--jobs=1', '--job-seconds=10']);
    const holder = await until('a worker has the job', 30, async () => {
      const jobs = await Promise.all([2, 3].map(async index => (await deployment.log(index)).filter(e => e.by === 'worker').at(-1)));
      const index = jobs.findIndex(event => event?.event === 'job');
      return index < 0 ? undefined : { index: index + 2, id: jobs[index]!.fields.id };
    }, 0.2);
    const done = second.see('the job is done', note => note.event === 'job-done' && note.id === holder.id);
    await deployment.exec(holder.index, 'read -r pid born </tmp/worker.beat; kill -s KILL "$pid"');
    trial.same(`the job of ${pod(holder.index)}, killed, is done by`, (await done).pod, pod(5 - holder.index));
    await deployment.ready(4, 120);
    await second.end(trial);
  },
};

export const OCR = [text, nothingLost];
