import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Duration } from 'cdk8s';
import { Check, Gpu, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { toObjects } from '../../cluster/objects';
import { LOADED, load, podSpec, program } from '../move/ways';

/** The GPUs, and how many of them can be for callers. */
export const GPUS = 8;
export const [MIN, MAX] = [2, 6];
/** As many as are for callers on average where the number follows the demand. */
const MIDDLE = 4;

/** How often the demand is asked, in seconds, and how many of them every answer has to be lower before there are fewer. */
export interface Pace {
  readonly period: number;
  readonly window: number;
}

/**
 * One way to divide the GPUs between callers and queue.
 */
export interface Way {
  readonly name: 'fixed' | 'pair' | 'between';
  readonly about: string;
  objects(image: string, pace: Pace): any[];
  /** The arguments of kubectl that bring about another number, where it does not follow the demand by itself. */
  scale?(sync: number): string[][];
}

const PORT = 8000;
const PROGRAMS = Object.fromEntries(['gateway', 'client', 'demand'].map(name => [name, readFileSync(join(__dirname, `${name}.py`), 'utf8')]));

const client = (role: string) => ['python3', '-c', PROGRAMS.client, 'gateway', `${PORT}`, role];

/** Prints the number of servers that is asked for, from any pod. */
export const DEMAND = ['python3', '-c', PROGRAMS.demand, 'gateway', `${PORT}`];

function byLibrary(name: Way['name'], about: string, split: (pace: Pace) => Split): Way {
  return {
    name,
    about,
    objects: (image, pace) => {
      const chart = new Chart(new App(), name);
      new SyncAsyncStatefulSet(chart, 'Service', {
        image,
        metadata: { name },
        securityContext: { user: 65532 }, // small images name none but root
        gpu: Gpu.nvidia(),
        replicas: GPUS,
        split: split(pace),
        sharedProcesses: [{ name: 'model', command: program(), ready: Check.command(LOADED) }],
        syncRole: { processes: [{ name: 'server', command: client('server') }] },
        asyncRole: { processes: [{ name: 'worker', command: client('worker') }] },
      });
      return toObjects(chart);
    },
  };
}

export const FIXED = byLibrary('fixed', `this library, fixed: ${MIDDLE} of ${GPUS}`, () => Split.count(MIDDLE));

export const BETWEEN = byLibrary('between', `this library, Split.between(${MIN}, ${MAX})`, ({ period, window }) => Split.between(MIN, MAX, {
  demand: DEMAND,
  period: Duration.seconds(period),
  stabilizationWindow: Duration.seconds(window),
}));

function deployment(role: string, replicas: number, image: string): any {
  const labels = { app: `pair-${role}` };
  const command = ['sh', '-c', `trap "exit 0" TERM; ${load}; exec "$@"`, 'sh', ...client(role)];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `pair-${role}` },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec({ image, gpu: true }, {}, command) } },
  };
}

/** A loop asks for the demand, by the same rule, and scales both. */
export const PAIR: Way = {
  name: 'pair',
  about: 'two Deployments, scaled by a loop',
  objects: image => [deployment('server', MIN, image), deployment('worker', GPUS - MIN, image)],
  scale: sync => [['server', sync], ['worker', GPUS - sync]].map(([role, replicas]) => ['scale', `deployment/pair-${role}`, `--replicas=${replicas}`]),
};

/** The gateway, which has no GPU, and what it has to know of the day. */
export function gateway(image: string, seconds: number, arrivals: number[]): any[] {
  const labels = { app: 'gateway' };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'day' }, data: { 'gateway.py': PROGRAMS.gateway, 'arrivals': arrivals.map(at => at.toFixed(3)).join('\n') } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'gateway' }, spec: { selector: labels, ports: [{ port: PORT }] } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'gateway', labels },
      spec: {
        automountServiceAccountToken: false,
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        containers: [{
          name: 'main',
          image,
          command: ['python3', '/day/gateway.py', '0.0.0.0', `${PORT}`, `${GPUS}`, `${seconds}`, '/day/arrivals'],
          volumeMounts: [{ name: 'day', mountPath: '/day' }],
        }],
        volumes: [{ name: 'day', configMap: { name: 'day' } }],
      },
    },
  ];
}
