import { Duration } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';
import { isReady, ordinal, Pod } from '../../../cluster/pods';
import { since, sleep, until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Deployment } from '../deployment';
import { probes, program, ServiceProps } from '../service';
import { LABEL } from '../web';

type RoleOf = (pod: Pod) => string | undefined;

const byLabel: RoleOf = pod => pod.metadata.labels[LABEL];
const byOrdinal = (sync: number): RoleOf => pod => ordinal(pod) < sync ? 'sync' : 'async';

/** Asks for an eviction of exactly this pod, not of the next one with its name. Returns why it is refused; undefined when it is not, or the pod has gone. */
async function refusal(trial: Trial, { metadata: { name, uid } }: Pod): Promise<string | undefined> {
  const { kubectl } = trial.cluster;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: kubectl.namespace }, deleteOptions: { preconditions: { uid } } };
  const path = `/api/v1/namespaces/${kubectl.namespace}/pods/${name}/eviction`;
  const { status, stderr } = await kubectl.run(['create', '--raw', path, '--filename=-'], JSON.stringify(eviction));
  return status === 0 || /\(NotFound\)|the UID in the precondition/.test(stderr) ? undefined : stderr.trim();
}

/** The fewest ready pods of each role that there are while something is done. */
async function fewest(deployment: Deployment, roleOf: RoleOf, doing: () => Promise<void>): Promise<{ sync: number; async: number }> {
  const found = { sync: Infinity, async: Infinity };
  const look = () => {
    for (const role of ['sync', 'async'] as const) {
      found[role] = Math.min(found[role], deployment.pods.filter(pod => isReady(pod) && roleOf(pod) === role).length);
    }
  };
  const timer = setInterval(look, 10); // of what the watch has brought, so it costs nothing
  try {
    await doing();
    return found;
  } finally {
    clearInterval(timer);
  }
}

/** Asks for the eviction of all pods at once, as drains of all nodes would, and again and again until each has gone. */
async function drain(trial: Trial, deployment: Deployment, roleOf: RoleOf, floors: { sync: number; async: number }): Promise<void> {
  const pods = deployment.pods;
  const begin = Date.now();
  let refused = 0;
  const low = await fewest(deployment, roleOf, async () => {
    await Promise.all(pods.map(pod => until(() => `${pod.metadata.name} is evicted; ${deployment.brief}`, 180, async () => {
      if (await refusal(trial, pod) === undefined) return true;
      refused++;
      return false;
    })));
    await deployment.ready(pods.length);
  });
  const replaced = pods.filter(({ metadata: { uid } }) => deployment.pods.every(pod => pod.metadata.uid !== uid)).length;
  trial.expect(replaced === pods.length, `${replaced} of ${pods.length} pods evicted and ready again after ${since(begin).toFixed(1)} s and ${refused} refusals`);
  for (const role of ['sync', 'async'] as const) {
    trial.expect(low[role] >= floors[role], `never fewer than ${low[role]} ready ${role} pods, with a floor of ${floors[role]}`);
  }
  trial.expect(refused > 0, 'evictions were refused meanwhile');
}

/** Waits until a budget has seen what there is, and returns what it makes of it. */
function observed(trial: Trial, budget: string, status: { readonly currentHealthy: number; readonly expectedPods?: number }): Promise<any> {
  let seen: any;
  return until(() => `budget ${budget} sees ${JSON.stringify(status)}, not ${JSON.stringify(seen)}`, 120, async () => {
    seen = (await trial.cluster.kubectl.json(['get', 'poddisruptionbudget', budget])).status;
    return Object.entries(status).every(([key, value]) => seen?.[key] === value) && seen;
  }, 0.2);
}

const names: Check = {
  name: 'budgets-by-names',
  promise: 'When all pods are evicted at once, all evictions end, and no role falls below its floor. A pod that is not ready never waits.',
  pods: 6,
  seconds: 120,
  async run(trial) {
    const floors = { sync: 2, async: 1 };
    const deployment = await trial.deploy({
      split: Split.count(3),
      replicas: 6,
      budgets: { syncMinAvailable: floors.sync, asyncMinAvailable: floors.async },
      syncRole: { processes: [program('server', ['load=2'], { stopDelay: Duration.seconds(2) }), program('registrar')] },
      asyncRole: { processes: [program('worker', ['finish=3'])] },
    });
    await drain(trial, deployment, byOrdinal(3), floors);

    await Promise.all([0, 1].map(index => deployment.exec(index, 'rm /scratch/server.serving')));
    await until('two are not ready', 60, () => deployment.pods.filter(isReady).length === 4, 0.2);
    const [unready, ready] = [deployment.pod(1), deployment.pod(2)];
    trial.expect(await refusal(trial, ready) !== undefined, 'with 1 of 3 ready, the ready one is not evicted');
    trial.same('and one that is not ready is', await refusal(trial, unready) ?? 'evicted', 'evicted');
  },
};

const naive: Check = {
  name: 'budgets-naive',
  promise: 'A budget with maxUnavailable refuses every eviction of synchronous pods, and so do two budgets for a pod: that is why the library has neither.',
  pods: 4,
  seconds: 75,
  async run(trial) {
    const seconds = 20;
    const given: ServiceProps = { split: Split.count(2), replicas: 4 };
    const deployment = await trial.deploy(given);
    const ordinals = { key: 'apps.kubernetes.io/pod-index', operator: 'In', values: ['0', '1'] };
    const budget = (name: string, spec: object) => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: `${trial.name}-${name}` }, spec });
    const selector = { matchLabels: { 'app.kubernetes.io/instance': deployment.name }, matchExpressions: [ordinals] };
    const tried = async () => {
      const refusals = new Set<string>();
      for (const begin = Date.now(); since(begin) < seconds; await sleep(1)) {
        refusals.add(await refusal(trial, deployment.pod(0)) ?? 'evicted');
      }
      return [...refusals].map(each => each.replace(/^Error from server/, ''));
    };

    await deployment.apply(given, objects => objects.push(budget('max', { maxUnavailable: 1, selector })));
    const { desiredHealthy, currentHealthy, disruptionsAllowed } = await observed(trial, `${trial.name}-max`, { currentHealthy: 2 });
    trial.same('maxUnavailable: 1 for the 2 synchronous of 4 pods: desired, healthy, allowed', [desiredHealthy, currentHealthy, disruptionsAllowed], [3, 2, 0]);
    const blocked = await tried();
    trial.expect(blocked.length === 1 && blocked[0].includes('disruption budget'), `${seconds} s of evictions: ${blocked.join('; ')}`);

    await deployment.kubectl('delete', 'poddisruptionbudget', `${trial.name}-max`);
    await deployment.apply(given, objects => objects.push(...['one', 'two'].map(name => budget(name, { minAvailable: 1, selector }))));
    await Promise.all(['one', 'two'].map(name => observed(trial, `${trial.name}-${name}`, { currentHealthy: 2 })));
    const twice = await tried();
    trial.expect(twice.length === 1 && twice[0].includes('more than one PodDisruptionBudget'), `two budgets, ${seconds} s of evictions: ${twice.join('; ')}`);
    trial.same('restarts', deployment.restarts, '0,0,0,0');

    await deployment.kubectl('delete', 'poddisruptionbudget', `${trial.name}-two`);
    await until('with one of them it is evicted', 20, async () => await refusal(trial, deployment.pod(0)) === undefined);
  },
};

const label: Check = {
  name: 'budgets-by-label',
  promise: 'Budgets by the label follow a move by hand: before it and after it all evictions end, and no role falls below its floor.',
  pods: 5,
  seconds: 240,
  async run(trial) {
    const floors = { sync: 1, async: 1 };
    const deployment = trial.deployment();
    await deployment.apply({
      image: `${trial.cluster.ocrImages}ocr:1`,
      split: Split.count(2),
      replicas: 5,
      roleLabel: {},
      budgets: { syncMinAvailable: floors.sync, asyncMinAvailable: floors.async },
      probes,
    });
    await deployment.ready(5, 240);
    const budgets = (await trial.cluster.kubectl.json(['get', 'poddisruptionbudgets'])).items.map(({ metadata: { name } }: any) => name)
      .filter((name: string) => name.startsWith(trial.name));
    const healthy = async (sync: number, async: number) => {
      for (const [role, pods] of [['syncbudget', sync], ['asyncbudget', async]] as const) {
        await observed(trial, budgets.find((name: string) => name.includes(`-${role}`)), { currentHealthy: pods, expectedPods: pods });
      }
      trial.see(`the budgets see ${sync} synchronous and ${async} asynchronous pods`);
    };
    await healthy(2, 3);
    await drain(trial, deployment, byLabel, floors);
    await deployment.setSplit('3');
    await healthy(3, 2);
    await drain(trial, deployment, byLabel, floors);

    await deployment.setSplit('4');
    await healthy(4, 1);
    trial.expect(await refusal(trial, deployment.pod(4)) !== undefined, 'a move by hand that leaves a role no pod to spare blocks its eviction');
  },
};

export const BUDGETS = [names, naive];
export const LABELLED_BUDGETS = [label];
