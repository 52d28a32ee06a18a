import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { restartsOf, Stage } from './stage';
import { isReady, Pod } from '../test/conformance/pods';
import { sleep, until } from '../test/conformance/wait';

/**
 * Something that happens to a system.
 */
export interface Disruption {
  readonly name: string;
  /** One after another, each a row of the table. */
  readonly steps: Step[];
  /** Tries at most; for those that take long. */
  readonly most?: number;
  /** Why it cannot be tried here. */
  leftOut?(stage: Stage): string | undefined;
  /** What has to be done before it can be tried. */
  prepare?(stage: Stage): Promise<void>;
  /** Puts back what the steps have left. */
  undo?(stage: Stage): Promise<void>;
}

export interface Step {
  readonly name: string;
  /** Somebody meant it, so nothing may be lost. Otherwise the requests in a dead process may. */
  readonly planned: boolean;
  /** How long clients may go on sending requests to a dead process, in seconds: until the registry tells them. */
  readonly unknowingSeconds?: number;
  /** Time to be well again, in seconds. */
  readonly limit: number;
  /** Does it, and names the pods in which a process with requests has died. */
  act(stage: Stage): Promise<string[]>;
}

/** The entrypoint notices a death, ends the registrar, and the clients look every second. */
const UNKNOWING_SECONDS = 5;
/** A lease of 10 s, and the same. */
const LEASE_SECONDS = 15;

// The pod that has been started least often: the kubelet lets those that end often wait.
function freshest(pods: Pod[]): Pod {
  return readyInOrder(pods)[0];
}

// And the other way round, which ends that wait.
function stalest(pods: Pod[]): Pod {
  return readyInOrder(pods).reverse()[0];
}

function readyInOrder(pods: Pod[]): Pod[] {
  const ready = pods.filter(isReady).sort((a, b) => restartsOf(a) - restartsOf(b));
  if (ready.length === 0) {
    throw new Error('no pod is ready');
  }
  return ready;
}

function planned(name: string, act: (stage: Stage) => Promise<unknown>, limit: number = 120): Step {
  return {
    name,
    planned: true,
    limit,
    act: async stage => {
      await act(stage);
      return [];
    },
  };
}

function single(name: string, act: (stage: Stage) => Promise<unknown>): Disruption {
  return { name, steps: [planned(name, act)] };
}

function kill(process: 'server' | 'registrar' | 'worker', signal: 'TERM' | 'KILL'): Disruption {
  const name = `${signal} to ${process}`;
  return {
    name,
    steps: [{
      name,
      planned: false,
      limit: 60,
      unknowingSeconds: UNKNOWING_SECONDS,
      act: async stage => {
        const pod = freshest(process === 'worker' ? stage.asyncPods : stage.syncPods);
        await stage.kill(pod, process, signal);
        return process === 'server' ? [pod.metadata.name] : [];
      },
    }],
    undo: async stage => {
      const stuck = stage.trouble;
      if (stuck !== undefined) { // a system that does not heal by itself is helped, or nothing more could be tried
        await Promise.all(stage.syncPods.map(pod => stage.delete(pod)));
      }
    },
  };
}

// The same image by its digest, which is another image to Kubernetes, and back.
async function changeImage(stage: Stage): Promise<void> {
  const id = stage.pods[0].status.containerStatuses?.[0].imageID ?? '';
  const digest = /sha256:[0-9a-f]{64}$/.exec(id)?.[0];
  const name = stage.base.image.replace(/(:[^/]*)?$/, '');
  await stage.change({ image: stage.settings.image === stage.base.image && digest ? `${name}@${digest}` : stage.base.image });
}

// Nodes with pods of the system that are not those of the driver.
function nodes(stage: Stage): string[] {
  const counted = new Map<string, number>();
  for (const { spec } of stage.pods.filter(pod => pod.spec.nodeName !== stage.means.home)) {
    counted.set(spec.nodeName, (counted.get(spec.nodeName) ?? 0) + 1);
  }
  return [...counted.keys()].sort((a, b) => counted.get(b)! - counted.get(a)!);
}

// A scheduler puts new pods where there are few.
async function spread(stage: Stage): Promise<void> {
  if (!stage.syncPods.some(pod => pod.spec.nodeName !== stage.means.home)) {
    await stage.delete(stalest(stage.asyncPods));
    await stage.delete(stalest(stage.syncPods));
    await stage.steady(120);
  }
}

async function drain(stage: Stage): Promise<void> {
  const [node] = nodes(stage);
  await stage.kubectl.print(['label', 'node', node, `${stage.means.closed}=`]);
  const pods = stage.pods.filter(pod => pod.spec.nodeName === node);
  await Promise.all(pods.map(async ({ metadata: { name } }) => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: stage.kubectl.namespace } };
    await stage.kubectl.print(['create', '--raw', `/api/v1/namespaces/${stage.kubectl.namespace}/pods/${name}/eviction`, '--filename=-'], JSON.stringify(eviction));
  }));
  await until(`${node} is empty`, 120, () => stage.pods.every(pod => pod.spec.nodeName !== node), 0.2);
}

async function open(stage: Stage): Promise<void> {
  await stage.kubectl.print(['label', 'nodes', '--all', `${stage.means.closed}-`]);
}

async function restartRabbitmq({ kubectl, means }: Stage): Promise<void> {
  // Asked to end, and not deleted: what it holds is in a volume of its pod.
  await kubectl.run(['exec', `deployment/${means.rabbitmq}`, '--', 'rabbitmqctl', 'shutdown']);
  await until('RabbitMQ has ended', 60, async () => (await kubectl.run(['wait', `deployment/${means.rabbitmq}`, '--for=condition=Available=false', '--timeout=1s'])).status === 0);
  await kubectl.print(['rollout', 'status', `deployment/${means.rabbitmq}`, '--timeout=120s']);
}

async function stopEtcd({ kubectl, means }: Stage): Promise<void> {
  await kubectl.print(['scale', `deployment/${means.etcd}`, '--replicas=0']);
  await sleep(means.etcdDownSeconds);
  await kubectl.print(['scale', `deployment/${means.etcd}`, '--replicas=1']);
  await kubectl.print(['rollout', 'status', `deployment/${means.etcd}`, '--timeout=120s']);
}

const shell = (command: string) => promisify(execFile)('sh', ['-c', command]);

async function loseNode(stage: Stage): Promise<string[]> {
  const [node] = nodes(stage);
  const dead = stage.syncPods.filter(pod => pod.spec.nodeName === node).map(pod => pod.metadata.name);
  await shell(stage.means.loseNode!.replace('{node}', node));
  await sleep(45); // Kubernetes takes it for lost after about 40 s
  await shell(stage.means.returnNode!.replace('{node}', node));
  await stage.kubectl.print(['wait', `node/${node}`, '--for=condition=Ready', '--timeout=120s']);
  return dead;
}

/** What may come together and at any time, since it is planned. */
const MIXED: ((stage: Stage) => Promise<unknown>)[] = [
  stage => stage.delete(freshest(stage.syncPods)),
  stage => stage.delete(freshest(stage.asyncPods)),
  stage => stage.restart(),
  changeImage,
  stage => stage.change({ replicas: 4 + Math.floor(stage.random() * 4) }),
  stage => stage.change({ sync: 2 + Math.floor(stage.random() * 2) }),
];

async function mixed(stage: Stage): Promise<void> {
  const [first, second] = [0, 0].map(() => MIXED[Math.floor(stage.random() * MIXED.length)]);
  const later = stage.random() * 8;
  await Promise.all([first(stage), sleep(later).then(() => second(stage))]);
}

const isLibrary = (stage: Stage) => stage.system.promised ? undefined : 'a control cannot do it without a rollout, which has its own row';

export const DISRUPTIONS: Disruption[] = [
  kill('server', 'KILL'),
  kill('server', 'TERM'),
  kill('registrar', 'KILL'),
  kill('registrar', 'TERM'),
  kill('worker', 'KILL'),
  kill('worker', 'TERM'),
  single('delete a sync pod', stage => stage.delete(stalest(stage.syncPods))),
  single('delete an async pod', stage => stage.delete(stalest(stage.asyncPods))),
  {
    name: 'scale',
    steps: [
      planned('scale up, 5 to 7', stage => stage.change({ replicas: stage.base.replicas + 2 })),
      planned('scale down, 7 to 5', stage => stage.change({ replicas: stage.base.replicas })),
    ],
  },
  {
    name: 'split',
    steps: [
      planned('split up, 2 to 3', stage => stage.change({ sync: stage.base.sync + 1 })),
      planned('split down, 3 to 2', stage => stage.change({ sync: stage.base.sync })),
    ],
    leftOut: isLibrary,
  },
  { name: 'rolling restart', steps: [planned('rolling restart', stage => stage.restart(), 180)] },
  {
    name: 'scale below sync',
    steps: [
      planned('scale below the sync count, 5 to 1', stage => stage.scale(1)),
      planned('scale back, 1 to 5', stage => stage.scale(stage.base.replicas)),
    ],
    leftOut: isLibrary,
  },
  { name: 'image', steps: [planned('image change', changeImage, 180)] },
  {
    name: 'drain',
    steps: [planned('drain a node', drain)],
    leftOut: stage => nodes(stage).length > 0 ? undefined : 'it needs a second node',
    prepare: spread,
    undo: open,
  },
  { name: 'rabbitmq', steps: [{ name: 'RabbitMQ restarted', planned: false, limit: 120, act: async stage => { await restartRabbitmq(stage); return []; } }] },
  { name: 'etcd', steps: [{ name: 'etcd down, back empty', planned: false, limit: 120, act: async stage => { await stopEtcd(stage); return []; } }], most: 2 },
  {
    name: 'node',
    steps: [{ name: 'node lost and back', planned: false, limit: 240, unknowingSeconds: LEASE_SECONDS, act: loseNode }],
    leftOut: ({ means }) => means.loseNode && means.returnNode ? undefined : 'nobody has said how (--lose-node, --return-node)',
    prepare: spread,
  },
  {
    name: 'api',
    steps: [{ name: 'API server down', planned: false, limit: 120, act: async ({ means }) => { await shell(means.apiDown!); return []; } }],
    leftOut: ({ means }) => means.apiDown ? undefined : 'nobody has said how (--api-down)',
  },
  {
    name: 'mixed',
    steps: [planned('two planned ones at once', mixed, 240)],
    leftOut: isLibrary,
    undo: async stage => {
      await stage.change(stage.base);
      await stage.steady(180);
    },
  },
];
