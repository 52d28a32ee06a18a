import { App, Chart } from 'cdk8s';
import { Check, Gpu, Split, SyncAsyncDeployments, SyncAsyncStatefulSet, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { toObjects } from '../../cluster/objects';
import { ordinal, Pod } from '../../cluster/pods';

export interface Numbers {
  readonly pods: number;
  readonly sync: number;
}

/** What a way needs of the cluster. */
export interface Place {
  readonly image: string;
  /** Whether each pod takes a GPU. */
  readonly gpu: boolean;
}

/**
 * One way to have pods of two kinds.
 */
export interface Way {
  /** What the names of its pods begin with. */
  readonly name: string;
  readonly about: string;
  objects(place: Place, numbers: Numbers): any[];
  /** Whether a pod is to answer synchronous requests. */
  isSync(pod: Pod, numbers: Numbers): boolean;
  /** Whether a pod has the numbers that it is to have. */
  isCurrent(pod: Pod, numbers: Numbers): boolean;
}

/** Seconds in which a model is loaded. */
export const LOAD = 10;

/** What a server writes when it answers. */
export const ANSWERS = 'answers';

/** A program that does these one after another, and ends at once when it is asked to. */
export const program = (...steps: string[]) => ['sh', '-c', ['trap "exit 0" TERM', ...steps, 'sleep 1000000 & wait'].join('; ')];
export const load = `sleep ${LOAD} & wait`;
const answer = `echo ${ANSWERS}`;

/** Succeeds when what the container started first has been loaded. (Hundredths of a second since the machine's start, both.) */
export const LOADED = ['sh', '-c', `read -r up rest </proc/uptime; read -r stat </proc/1/stat; set -- $stat; [ $((\${up%.*}\${up#*.} - \${22})) -ge ${LOAD}00 ]`];

/** The same pod for the ways that are written by hand. */
export function podSpec({ image, gpu }: Place, env: { [name: string]: string }, command = program(load, answer)): any {
  return {
    automountServiceAccountToken: false,
    containers: [{
      name: 'main',
      image,
      command,
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      readinessProbe: { exec: { command: LOADED }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 1 },
      resources: gpu ? { limits: { 'nvidia.com/gpu': 1 } } : {},
    }],
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  };
}

/** What both layouts of the library are made of here. */
const byLibraryProps = (name: string, { image, gpu }: Place) => ({
  image,
  metadata: { name },
  securityContext: { user: 65532 }, // small images name none but root
  gpu: gpu ? Gpu.nvidia() : Gpu.none(),
});

function byLibrary(name: string, about: string, processes: Pick<SyncAsyncStatefulSetProps, 'sharedProcesses' | 'syncRole' | 'asyncRole'>): Way {
  return {
    name,
    about,
    objects: (place, { pods, sync }) => {
      const chart = new Chart(new App(), name);
      new SyncAsyncStatefulSet(chart, 'Service', { ...byLibraryProps(name, place), replicas: pods, split: Split.count(sync), ...processes });
      return toObjects(chart);
    },
    isSync: (pod, { sync }) => ordinal(pod) < sync,
    isCurrent: () => true,
  };
}

const loaded = Check.command(LOADED);

export const WARM = byLibrary('warm', 'this library, warm: the model is shared', {
  sharedProcesses: [{ name: 'model', command: program(), ready: loaded }],
  syncRole: { processes: [{ name: 'server', command: program(answer) }] },
  asyncRole: { processes: [{ name: 'worker', command: program() }] },
});

const EACH_LOADS = {
  syncRole: { processes: [{ name: 'server', command: program(load, answer), ready: loaded }] },
  asyncRole: { processes: [{ name: 'worker', command: program(), ready: loaded }] },
};

export const COLD = byLibrary('cold', 'this library, cold: each role loads the model', EACH_LOADS);

/** Kubernetes has new pods wait for the GPUs that old ones leave, as in `pair`. */
export const TWO: Way = {
  name: 'two',
  about: 'two Deployments by this library',
  objects: (place, { pods, sync }) => {
    const chart = new Chart(new App(), 'two');
    const numbers = { syncDeployment: { replicas: sync }, asyncDeployment: { replicas: pods - sync } };
    new SyncAsyncDeployments(chart, 'Service', { ...byLibraryProps('two', place), ...numbers, ...EACH_LOADS });
    return toObjects(chart);
  },
  isSync: pod => pod.metadata.name.startsWith('two-sync-'),
  isCurrent: () => true,
};

function valueIn(pod: Pod, name: string): number {
  return Number(pod.spec.containers[0].env.find((variable: any) => variable.name === name).value);
}

/** The numbers in the template, as the environment of each pod. */
export const TEMPLATE: Way = {
  name: 'template',
  about: 'StatefulSet with the numbers in its template',
  objects: (place, { pods, sync }) => [{
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'template' },
    spec: {
      replicas: pods,
      podManagementPolicy: 'Parallel',
      serviceName: 'template',
      selector: { matchLabels: { app: 'template' } },
      template: { metadata: { labels: { app: 'template' } }, spec: podSpec(place, { INSTANCE: `${pods}`, SYNC_INSTANCE: `${sync}` }) },
    },
  }],
  isSync: pod => ordinal(pod) < valueIn(pod, 'SYNC_INSTANCE'),
  isCurrent: (pod, { pods, sync }) => valueIn(pod, 'INSTANCE') === pods && valueIn(pod, 'SYNC_INSTANCE') === sync,
};

export const PAIR: Way = {
  name: 'pair',
  about: 'two Deployments',
  objects: (place, { pods, sync }) => [['sync', sync], ['async', pods - sync]].map(([role, replicas]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `pair-${role}` },
    spec: {
      replicas,
      selector: { matchLabels: { app: `pair-${role}` } },
      template: { metadata: { labels: { app: `pair-${role}` } }, spec: podSpec(place, { ROLE: `${role}` }) },
    },
  })),
  isSync: pod => pod.metadata.name.startsWith('pair-sync-'),
  isCurrent: () => true,
};

/** Pods that do nothing but hold the GPUs that are left. */
export function fillers(image: string, pods: number): any[] {
  return [{
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'filler' },
    spec: {
      replicas: pods,
      selector: { matchLabels: { app: 'filler' } },
      template: {
        metadata: { labels: { app: 'filler' } },
        spec: { ...podSpec({ image, gpu: true }, {}), terminationGracePeriodSeconds: 1 },
      },
    },
  }];
}
