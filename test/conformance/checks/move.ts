import { Duration } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';
import { container, isReady, readySince } from '../../../cluster/pods';
import { since } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Deployment } from '../deployment';
import { count, find, startedIn, story } from '../log';
import { probes, program, ServiceProps } from '../service';

/** Takes longer to end than it takes to look for the file: what looks ends with the container. */
const asyncRole = { processes: [program('worker', ['finish=2'])] };

const scale: Check = {
  name: 'scale',
  promise: 'A scale up and down starts and ends the highest ordinals and touches no other pod.',
  pods: 7,
  seconds: 30,
  async run(trial) {
    const props: ServiceProps = { split: Split.count(2), replicas: 5 };
    const deployment = await trial.deploy(props);
    const containers = () => deployment.pods.slice(0, 5).map(pod => container(pod)?.containerID).join();
    const before = { uids: deployment.uids, containers: containers() };
    const begin = Date.now();
    await deployment.apply({ ...props, replicas: 7 });
    await deployment.ready(7);
    const up = since(begin);
    trial.expect(deployment.uids.startsWith(before.uids) && containers() === before.containers, `5 to 7 in ${up.toFixed(1)} s, 5 pods and their containers kept`);
    await deployment.apply(props);
    await deployment.ready(5);
    trial.expect(deployment.uids === before.uids && containers() === before.containers, `7 to 5 in ${(since(begin) - up).toFixed(1)} s, 5 pods and their containers kept`);
    const revisions = new Set(deployment.pods.map(pod => pod.metadata.labels['controller-revision-hash']));
    trial.same('revisions', revisions.size, 1);
  },
};

interface Move {
  readonly index: number;
  readonly split: number;
  /** Whether the kubelets are told to look at once. */
  readonly hurry: boolean;
}

/**
 * Moves the split so that the pod with the given ordinal, and no other, changes its role.
 */
async function move(trial: Trial, deployment: Deployment, props: ServiceProps, options: Move): Promise<void> {
  const { index, split } = options;
  const before = { uids: deployment.uids, restarts: deployment.restarts.split(',').map(Number) };
  const [from, to] = index < split ? ['async', 'sync'] : ['sync', 'async'];
  const begin = Date.now();
  await deployment.apply({ ...props, split: Split.count(split) });
  // In whole seconds by the clock of the node, since it is the kubelet that takes its time.
  const file = '/etc/sync-async/values/SYNC_INSTANCE';
  const [written] = await Promise.all([
    deployment.exec(index, `for i in $(seq 180); do [ "$(cat ${file})" != ${split} ] || exec date +%s; sleep 1; done; exit 1`).catch(() => NaN),
    options.hurry ? deployment.hurry() : undefined,
  ]);
  const seen = since(begin);
  await deployment.restarted(index, before.restarts[index] + 1);
  const back = since(begin);

  const [old, young] = [await deployment.log(index, { previous: true }), await deployment.log(index)];
  const moved = find(old, 'entrypoint', 'move');
  const told = find(old, 'entrypoint', 'stop-signal').at;
  const states = trial.cluster.pods.history(deployment.pod(index).metadata.uid);
  const then = states.filter(pod => readySince(pod) <= told).at(-1)!;
  const decided = moved.at - Number(written);
  trial.expect(decided <= 15, `${from} to ${to}: the file is there ${seen.toFixed(1)} s after the change, the decision ${Math.max(0, decided).toFixed(0)} s later`);
  trial.see(`ready again ${back.toFixed(1)} s after the change`);
  // Clients of a synchronous pod must have seen it leave. An asynchronous one has none, and waits for nothing.
  const wait = told - moved.at;
  const fine = from === 'sync' ? !isReady(then) : wait < 2;
  trial.expect(fine, `the pod is ${isReady(then) ? 'ready' : 'not ready'} when its ${from} processes are told, ${wait.toFixed(1)} s after the decision`);

  const last = old.filter(e => e.by !== 'entrypoint').at(-1)!;
  const first = young.find(e => e.by !== 'entrypoint')!;
  trial.expect(last.at < first.at, `the last of ${last.by} is ${(first.at - last.at).toFixed(2)} s before the first of ${first.by}`);
  trial.same('processes', [startedIn(old), startedIn(young)].map(names => names.join('+')), [from, to].map(role => role === 'sync' ? 'server+registrar' : 'worker'));

  const { exitCode, message } = await deployment.describeLastEnd(index);
  const expected = count(old, 'entrypoint', 'kill') > 0 ? 70 : 0;
  trial.expect(exitCode === expected && message.includes(`from ${from} to ${to}`), `exit code ${exitCode}, message "${message}"`);
  trial.same('pods kept', deployment.uids === before.uids, true);
  trial.same('restarts', deployment.restarts, before.restarts.map((n, i) => i === index ? n + 1 : n).join());
  if (trial.broken.length > 0) {
    trial.see(`before: ${story(old)}; after: ${story(young)}`);
    trial.see(deployment.brief);
  }
}

const there: Check = {
  name: 'move',
  promise: 'A move of the split restarts one container, once, in its pod; the roles never run together; clients see it leave first.',
  pods: 5,
  seconds: 60,
  async run(trial) {
    const props: ServiceProps = { split: Split.count(2), replicas: 5, probes, asyncRole };
    const deployment = await trial.deploy(props);
    await move(trial, deployment, props, { index: 2, split: 3, hurry: true });
    await move(trial, deployment, props, { index: 2, split: 2, hurry: true });
  },
};

const pool: Check = {
  name: 'move-pool',
  promise: 'Not even a child that ignores TERM, of a process that had to be killed, lives on beside the new role.',
  pods: 2,
  seconds: 45,
  async run(trial) {
    const props: ServiceProps = {
      split: Split.count(1),
      replicas: 2,
      probes,
      asyncRole: { processes: [program('worker', ['deaf'], { stopTimeout: Duration.seconds(3) })] },
    };
    const deployment = await trial.deploy(props);
    await move(trial, deployment, props, { index: 1, split: 2, hurry: true });
    const old = await deployment.log(1, { previous: true });
    const children = old.filter(e => e.event === 'child');
    const after = (children.at(-1)?.at ?? NaN) - find(old, 'entrypoint', 'kill').at;
    trial.expect(children.length > 5, `its child was heard ${children.length} times, last ${after.toFixed(2)} s from the kill of its parent`);
  },
};

const slow: Check = {
  name: 'move-unhurried',
  promise: 'A move reaches a pod by itself, within the time the kubelet needs for mounted files and 15 s.',
  pods: 2,
  seconds: 130,
  async run(trial) {
    const props: ServiceProps = { split: Split.count(1), replicas: 2, probes, asyncRole };
    const deployment = await trial.deploy(props);
    await move(trial, deployment, props, { index: 1, split: 2, hurry: false });
  },
};

export const MOVE = [scale, there, pool, slow];
