import { Deaths } from './ledger';
import { done, Stage, Undone } from './stage';
import { LIBRARY, TWO } from './systems/library';
import { isReady, Pod, restarts } from '../cluster/pods';
import { sleep, until } from '../util/wait';

/**
 * Something that happens to a system.
 */
export interface Disruption {
  readonly name: string;
  /** One after another, each a row of the table. */
  readonly steps: Step[];
  /** Tries at most in a profile; for those that take long. */
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
  /** The process that is asked to end has to finish the requests that it has. */
  readonly finishes?: boolean;
  /** What it may cost. */
  readonly most?: Most;
  /** Time to be well again, in seconds. */
  readonly limit: number;
  /** How long it has to be well, in seconds. */
  readonly wellSeconds?: number;
  /** Does it, and notes which processes with requests die of it, before they do. */
  act(stage: Stage, deaths: Deaths): Promise<unknown>;
}

export interface Most {
  readonly recreated: number;
  readonly restarted: number;
}

const NOTHING: Most = { recreated: 0, restarted: 0 };

/** The row that shows how many models are loaded again. */
export const ETCD_DOWN = 'etcd down, back empty';

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
  const ready = pods.filter(isReady).sort((a, b) => restarts(a) - restarts(b));
  if (ready.length === 0) {
    throw new Error('no pod is ready');
  }
  return ready;
}

// A worker that has just begun with a job. Others are idle half of the time, and have nothing to lose.
async function working(stage: Stage): Promise<Pod> {
  const jobs = () => Promise.all(stage.asyncPods.filter(isReady).map(async pod => ({ pod, job: await stage.jobOf(pod) })));
  const known = new Set((await jobs()).map(({ job }) => job));
  return done(until('a worker has begun with a job', 30, async () => (await jobs()).find(({ job }) => job !== undefined && !known.has(job))?.pod, 0.1));
}

function step(name: string, act: Step['act'], more: Partial<Step> = {}): Step {
  return { name, planned: true, limit: 120, ...more, act: async (stage, deaths) => act(stage, deaths) }; // whatever goes wrong is the promise's
}

/**
 * Replaces the pods that have been restarted already: the kubelet would let them wait longer each time, which is not what is tried.
 */
export async function rest(stage: Stage): Promise<void> {
  for (const pod of stage.pods.filter(each => restarts(each) >= 2)) {
    await stage.delete(pod);
    await stage.steady(180);
  }
}

function kill(process: 'model' | 'server' | 'registrar' | 'worker', signal: 'TERM' | 'KILL', atWork: boolean = process === 'worker'): Disruption {
  const name = `${signal} to ${process}${atWork && process !== 'worker' ? ' of a worker' : ''}`;
  return {
    name,
    steps: [step(name, async (stage, deaths) => {
      const pod = atWork ? await working(stage) : freshest(stage.syncPods);
      if (!atWork && process !== 'registrar') {
        deaths.dead.push(pod.metadata.name);
      }
      deaths.askedAt = await stage.kill(pod, process, signal);
    }, {
      planned: false,
      limit: 60,
      wellSeconds: process === 'registrar' ? LEASE_SECONDS : undefined, // the end of the dead one's lease included
      unknowingSeconds: UNKNOWING_SECONDS,
      finishes: process === 'server' && signal === 'TERM',
      most: process === 'registrar' ? NOTHING : undefined,
    })],
    prepare: rest,
    undo: async stage => {
      if (stage.trouble !== undefined && await stage.steady(30) === undefined) { // a system that does not heal by itself is helped, or nothing more could be tried
        await Promise.all(stage.syncPods.map(pod => stage.delete(pod)));
      }
    },
  };
}

// The same image by its digest, which is another image to Kubernetes, and back.
async function changeImage(stage: Stage): Promise<void> {
  const id = stage.pods[0].status.containerStatuses?.[0].imageID ?? '';
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(id)?.[1];
  if (digest === undefined) {
    throw new Undone(`the image has no digest that it could be pulled by (${id})`);
  }
  const name = stage.base.image.replace(/(:[^/]*)?$/, '');
  await stage.change({ image: stage.settings.image === stage.base.image ? `${name}@${digest}` : stage.base.image });
}

// A node with synchronous pods that is not the driver's, the one with most pods.
function otherNode(stage: Stage): string {
  const count = (node: string) => stage.pods.filter(({ spec }) => spec.nodeName === node).length;
  const nodes = stage.syncPods.map(({ spec }) => spec.nodeName).filter(node => node !== stage.means.home);
  if (nodes.length === 0) {
    throw new Undone('no synchronous pod is on another node than the driver');
  }
  return nodes.sort((a, b) => count(b) - count(a))[0];
}

// A synchronous pod has to be on another node than the driver.
async function spread(stage: Stage): Promise<void> {
  if (stage.syncPods.every(pod => pod.spec.nodeName === stage.means.home)) {
    await close(stage, stage.means.home);
    try {
      await stage.delete(stalest(stage.syncPods));
      await stage.steady(120);
    } finally {
      await open(stage);
    }
  }
}

async function drain(stage: Stage, node: string): Promise<void> {
  await done(open(stage));
  await done(close(stage, node));
  const pods = stage.pods.filter(pod => pod.spec.nodeName === node);
  await Promise.all(pods.map(pod => evict(stage, pod.metadata.name)));
  await until(`${node} is empty`, 120, () => stage.pods.every(pod => pod.spec.nodeName !== node), 0.2);
}

// Asked again while a budget forbids it, as kubectl does.
async function evict({ kubectl }: Stage, name: string): Promise<void> {
  const eviction = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: kubectl.namespace } });
  const path = `/api/v1/namespaces/${kubectl.namespace}/pods/${name}/eviction`;
  await until(`${name} may be evicted`, 120, async () => {
    const { status, stderr } = await done(kubectl.run(['create', '--raw', path, '--filename=-'], eviction));
    if (status !== 0 && !stderr.includes('disruption budget')) {
      throw new Undone(`${name} cannot be evicted: ${stderr.trim()}`);
    }
    return status === 0;
  });
}

async function close(stage: Stage, node: string): Promise<void> {
  await stage.kubectl.print(['label', 'node', node, `${stage.means.closed}=`]);
}

async function open(stage: Stage): Promise<void> {
  await stage.kubectl.print(['label', 'nodes', '--all', `${stage.means.closed}-`]);
}

async function restartRabbitmq({ kubectl, means }: Stage): Promise<void> {
  // Asked to end, and not deleted: what it holds is in a volume of its pod.
  await kubectl.run(['exec', `deployment/${means.rabbitmq}`, '--', 'rabbitmqctl', 'shutdown']);
  const gone = ['wait', `deployment/${means.rabbitmq}`, '--for=condition=Available=false', '--timeout=1s'];
  await done(until('RabbitMQ has ended', 60, async () => (await kubectl.run(gone)).status === 0));
  await kubectl.print(['rollout', 'status', `deployment/${means.rabbitmq}`, '--timeout=120s']);
}

async function stopEtcd({ kubectl, means }: Stage): Promise<void> {
  await kubectl.print(['scale', `deployment/${means.etcd}`, '--replicas=0']);
  await sleep(means.etcdDownSeconds);
  await kubectl.print(['scale', `deployment/${means.etcd}`, '--replicas=1']);
  await kubectl.print(['rollout', 'status', `deployment/${means.etcd}`, '--timeout=120s']);
}

async function loseNode(stage: Stage, deaths: Deaths): Promise<void> {
  const node = otherNode(stage);
  deaths.dead = stage.syncPods.filter(pod => pod.spec.nodeName === node).map(pod => pod.metadata.name);
  await done(stage.means.owner.loseNode(node));
  deaths.deadBy = stage.driver.now();
  await done(Promise.all([
    stage.kubectl.print(['wait', `node/${node}`, '--for=condition=Ready=Unknown', '--timeout=180s']), // Kubernetes takes it for lost too
    sleep(45),
  ]));
  await done(stage.means.owner.returnNodes());
  await done(stage.kubectl.print(['wait', `node/${node}`, '--for=condition=Ready', '--timeout=120s']));
}

/** What may come together and at any time, since it is planned. One server alone could not be replaced without a gap, so there is no move down. */
const MIXED: { readonly [what: string]: (stage: Stage) => Promise<unknown> } = {
  'delete a sync pod': stage => stage.delete(freshest(stage.syncPods)),
  'delete an async pod': stage => stage.delete(freshest(stage.asyncPods)),
  'rolling restart': stage => stage.restart(),
  'image change': changeImage,
  'scale up': stage => stage.change({ replicas: stage.base.replicas + 1 + Math.floor(stage.random() * 2) }),
  'scale down': stage => stage.change({ replicas: stage.base.replicas - 1 }),
  'split up': stage => stage.change({ sync: stage.base.sync + 1 }),
};

async function mixed(stage: Stage): Promise<void> {
  const drawn = Object.keys(MIXED).map(what => ({ what, at: stage.random() })).sort((a, b) => a.at - b.at);
  // One worker alone would fall behind the jobs, which is not what is tried.
  const [first, second] = drawn.filter(({ what }) => what !== 'scale down' || !drawn.slice(0, 2).some(other => other.what === 'split up'));
  const later = stage.random() * 8;
  console.log(`  ${first.what}, and after ${later.toFixed(1)} s ${second.what}`);
  const outcomes = await Promise.allSettled([MIXED[first.what](stage), sleep(later).then(() => MIXED[second.what](stage))]);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
  }
}

const needsNodes = ({ means }: Stage) => means.nodes > 1 ? undefined : 'it needs a second node';

export const DISRUPTIONS: Disruption[] = [
  kill('server', 'KILL'),
  kill('server', 'TERM'),
  kill('registrar', 'KILL'),
  kill('registrar', 'TERM'),
  kill('worker', 'KILL'),
  kill('worker', 'TERM'),
  kill('model', 'KILL'),
  kill('model', 'KILL', true),
  { name: 'delete a sync pod', steps: [step('delete a sync pod', stage => stage.delete(stalest(stage.syncPods)))] },
  { name: 'delete an async pod', steps: [step('delete an async pod', async stage => stage.delete(await working(stage)))] },
  {
    name: 'scale',
    steps: [
      step('scale up, 5 to 7', stage => stage.change({ replicas: stage.base.replicas + 2 }), { most: NOTHING }),
      step('scale down, 7 to 5', stage => stage.change({ replicas: stage.base.replicas }), { most: NOTHING }),
    ],
  },
  {
    name: 'split',
    steps: [
      step('split up, 2 to 3', stage => stage.change({ sync: stage.base.sync + 1 }), { most: NOTHING }),
      step('split down, 3 to 2', stage => stage.change({ sync: stage.base.sync }), { most: NOTHING }),
    ],
  },
  { // to the Deployments this is a scale of both
    name: 'demand',
    steps: [
      step('demand up, 2 to 3', stage => stage.change({ sync: stage.base.sync + 1 }), { most: NOTHING }),
      step('demand down, 3 to 1', stage => stage.change({ sync: stage.base.sync - 1 }), { most: NOTHING }),
      step('demand back, 1 to 2', stage => stage.change({ sync: stage.base.sync }), { most: NOTHING }),
    ],
  },
  {
    name: 'layout',
    steps: [
      step('to two Deployments', stage => stage.become(TWO), { limit: 180 }),
      step('back to one StatefulSet', stage => stage.become(LIBRARY), { limit: 180 }),
    ],
    most: 3,
  },
  { name: 'rolling restart', steps: [step('rolling restart', stage => stage.restart(), { limit: 180 })], most: 3 },
  {
    name: 'scale below sync',
    steps: [
      step('scale below the sync count, 5 to 1', stage => stage.scale(1)),
      step('scale back, 1 to 5', stage => stage.scale(stage.base.replicas)),
    ],
  },
  { name: 'image', steps: [step('image change', changeImage, { limit: 180 })], most: 3 },
  {
    name: 'drain',
    steps: [step('drain a node', stage => drain(stage, otherNode(stage)))],
    leftOut: needsNodes,
    prepare: spread,
    undo: open,
    most: 6,
  },
  { // where a budget keeps a server: to the other node all pods have gone
    name: 'drains',
    steps: [
      step('drain a node first', stage => drain(stage, otherNode(stage))),
      step('drain the other node', stage => drain(stage, stage.means.home), { limit: 180 }),
    ],
    leftOut: needsNodes,
    prepare: spread,
    undo: open,
    most: 6,
  },
  { name: 'rabbitmq', steps: [step('RabbitMQ restarted', restartRabbitmq, { planned: false })] },
  { name: 'etcd', steps: [step(ETCD_DOWN, stopEtcd, { planned: false, most: NOTHING })], most: 1 },
  {
    name: 'node',
    steps: [step('node lost and back', loseNode, { planned: false, limit: 240, unknowingSeconds: LEASE_SECONDS })],
    leftOut: stage => stage.means.owner.canLoseNode ? needsNodes(stage) : 'nobody has said how (--lose-node, --return-node)',
    prepare: spread,
    undo: stage => stage.means.owner.returnNodes(),
  },
  {
    name: 'api',
    steps: [step('API server down', stage => done(stage.means.owner.stopApi()), { planned: false, most: NOTHING })],
    leftOut: ({ means }) => means.owner.canStopApi ? undefined : 'nobody has said how (--api-down)',
  },
  {
    name: 'mixed',
    steps: [step('two planned ones at once', mixed, { limit: 240 })],
    most: 3,
    undo: async stage => {
      await stage.change(stage.base);
      await stage.steady(180);
    },
  },
];
