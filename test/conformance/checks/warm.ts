import { Duration } from 'cdk8s';
import { ProcessProps, Split } from 'cdk8s-sync-async';
import { container, restarts } from '../../../cluster/pods';
import { since } from '../../../util/wait';
import { Check } from '../check';
import { Deployment } from '../deployment';
import { Event, find, startedIn, story } from '../log';
import { probes, program, ServiceProps } from '../service';

const sharedProcesses = [program('model', ['load=3'])];

/**
 * Every start of a process while one of the other role had not ended: by what the entrypoint says of them, and by what they say themselves.
 */
function overlaps(log: Event[]): string[] {
  const roleOf = (name: string) => name === 'worker' ? 'async' : 'sync';
  const alive = { entrypoint: new Set<string>(), itself: new Set<string>() };
  return log.flatMap(({ by, event, fields }) => {
    const witness = alive[by === 'entrypoint' ? by : 'itself'];
    if (fields.process === 'model') {
      return [];
    } else if (event === 'exit' || event === 'end') {
      witness.delete(fields.process);
    } else if (event === 'start' && by !== 'entrypoint' || event === 'process-start') {
      witness.add(fields.process);
      return [...witness].filter(name => roleOf(name) !== roleOf(fields.process)).map(name => `${fields.process} beside ${name}`);
    }
    return [];
  });
}

/**
 * What a warm move keeps: pod, container, number of restarts, the model's process (its pid, when it was started, whether it lives) and the GPU that it has.
 */
async function kept(deployment: Deployment, index: number): Promise<string> {
  const pod = deployment.pod(index);
  const model = await deployment.exec(index,
    'sh /probe/program.sh ready model && read -r pid born </scratch/model.serving && echo "$pid $born $(tr "\\0" "\\n" <"/proc/$pid/environ" | grep NVIDIA_VISIBLE_DEVICES)"');
  return [pod.metadata.uid, container(pod)?.containerID, restarts(pod), model.trim()].join(' ');
}

const MOVES = 10;

const ten: Check = {
  name: 'warm-moves',
  promise: 'Ten warm moves within five minutes keep pod, container, restart count, the model\'s process and its GPU; the roles take turns and never run together.',
  pods: 4,
  seconds: 150,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      replicas: 4,
      probes,
      sharedProcesses,
      syncRole: { processes: [program('server', ['finish=1']), program('registrar')] },
      asyncRole: { processes: [program('worker', ['finish=1'])] },
    });
    const moving = [1, 2];
    const before = await Promise.all([0, 1, 2, 3].map(index => kept(deployment, index)));
    trial.see(before[1]);

    const begin = Date.now();
    const seconds: string[] = [];
    for (let move = 1; move <= MOVES; move++) {
      const changed = Date.now();
      await deployment.setSplit(move % 2 === 1 ? '3' : '1');
      await Promise.all(moving.map(index => deployment.moved(index, move + 1)));
      seconds.push(since(changed).toFixed(1));
    }
    trial.expect(since(begin) <= 300, `${MOVES} moves of 2 pods in ${since(begin).toFixed(0)} s, each until both are ready: ${seconds.join(' ')} s`);
    await deployment.ready(4);

    const after = await Promise.all([0, 1, 2, 3].map(index => kept(deployment, index)));
    trial.same('pods, containers, restarts, models and GPUs are those of before:', after.map((now, index) => now === before[index] || now), [true, true, true, true]);
    const logs = await Promise.all([0, 1, 2, 3].map(index => deployment.log(index)));
    trial.same('moves', logs.map(log => log.filter(e => e.event === 'move').map(e => `${e.fields.to} ${e.fields.kind}`).join()),
      ['', ...moving.map(() => Array(MOVES / 2).fill('sync warm,async warm').join()), '']);
    trial.same('processes', logs.map(log => startedIn(log).join('+')),
      ['model+server+registrar', ...moving.map(() => `model+worker${'+server+registrar+worker'.repeat(MOVES / 2)}`), 'model+worker']);
    trial.same('both roles at once', logs.flatMap(overlaps), []);
    if (trial.broken.length > 0) {
      trial.see(logs.map(story).join('; '));
    }
  },
};

/** Why a pod that changes from asynchronous to synchronous is to be started again, or that it is not. */
interface Cold {
  readonly what: string;
  readonly props?: Partial<ServiceProps>;
  /** What happens in the middle of the move. */
  readonly meanwhile?: (deployment: Deployment) => Promise<unknown>;
  /** As the log says it, after `kind=cold`; undefined when the move stays warm. */
  readonly reason?: RegExp;
  /** Of the container that ends. */
  readonly status?: number;
}

const worker = (settings: string[], more: Partial<ProcessProps> = {}): Partial<ServiceProps> => ({ asyncRole: { processes: [program('worker', settings, more)] } });

const COLD: Cold[] = [
  { what: 'not-shared', props: { sharedProcesses: undefined }, reason: /^no process is shared$/, status: 0 },
  { what: 'not-pid-1', props: { shareProcessNamespace: true }, reason: /^the entrypoint is not PID 1$/, status: 0 },
  { what: 'killed', props: worker(['deaf'], { stopTimeout: Duration.seconds(2) }), reason: /^process worker was killed after 2 s$/, status: 70 },
  { what: 'left', props: worker(['leave=1000', 'finish=1']), reason: /^pid \d+ \(sleep\) is left of role async$/, status: 0 },
  {
    what: 'model-dies',
    props: worker(['finish=6']),
    meanwhile: async deployment => {
      await deployment.logged(1, 'worker', 'term', 30);
      await deployment.signal(1, 'model', 'USR1');
    },
    reason: /^process model ended with status 3$/,
    status: 3,
  },
  { what: 'left-for-a-second', props: worker(['leave=2', 'finish=1']) },
];

const cold = COLD.map(({ what, props, meanwhile, reason, status }): Check => ({
  name: `${reason ? 'cold' : 'warm'}-move-${what}`,
  promise: reason ? `A move is cold, starts that one container again and says why: ${what}.` : `A move stays warm: ${what}.`,
  pods: 2,
  seconds: 35,
  async run(trial) {
    const deployment = await trial.deploy({ split: Split.count(1), replicas: 2, probes, sharedProcesses, ...props });
    const { uids } = deployment;
    const containers = () => deployment.pods.map(pod => container(pod)?.containerID);
    const before = containers();
    await Promise.all([deployment.setSplit('2'), meanwhile?.(deployment)]);
    if (reason) {
      await deployment.restarted(1, 1);
    } else {
      await deployment.moved(1, 2);
      await deployment.ready(2);
    }
    trial.same('pods kept', deployment.uids === uids, true);
    trial.same('restarts', deployment.restarts, reason ? '0,1' : '0,0');
    trial.same('containers kept', containers().map((id, index) => id === before[index]), [true, !reason]);

    const logs = await Promise.all([...reason ? [deployment.log(1, { previous: true })] : [], deployment.log(1)]);
    const told = logs[0].filter(e => e.event === 'move').at(-1);
    if (reason) {
      trial.expect(told?.fields.kind === 'cold' && reason.test(told.fields.reason), `the log says ${told?.fields.kind}: ${told?.fields.reason}`);
      const { exitCode, message } = await deployment.describeLastEnd(1);
      const first = 'moved from async to sync: SYNC_INSTANCE is 2';
      trial.expect(exitCode === status && message.startsWith(first), `exit code ${exitCode}, message "${message}"`);
    } else {
      trial.same('the log says', told?.fields.kind, 'warm');
    }
    const name = props && 'sharedProcesses' in props ? [] : ['model'];
    trial.same('processes', startedIn(logs.flat()).join('+'), [...name, 'worker', ...reason ? name : [], 'server', 'registrar'].join('+'));
    trial.same('both roles at once', logs.flatMap(overlaps), []);
    if (trial.broken.length > 0) {
      trial.see(logs.map(story).join('; '));
    }
  },
}));

/** How many seconds a synchronous pod that moves waits until it must have been seen not ready. */
const UNSEEN = 15;

/** Every move with its kind and reason. */
const movesIn = (log: Event[]) => log.filter(e => e.event === 'move').map(e => [e.fields.kind, e.fields.reason].filter(Boolean).join(' ')).join();

const stop: Check = {
  name: 'warm-move-stop',
  promise: 'A pod that is deleted in the middle of a warm move stops in order and starts nothing more, and the next pod has the new role.',
  pods: 3,
  seconds: 90,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      replicas: 3,
      probes: { ...probes, timeout: Duration.seconds(UNSEEN - 10), readinessFailures: 5 },
      sharedProcesses,
      syncRole: { processes: [program('server', ['load=8']), program('registrar')] },
      ...worker(['finish=8']),
    });
    /** Deletes a pod as soon as something has happened in it. */
    const deleteAfter = async (index: number, by: string, event: string, moves: string, started: string, ended: string) => {
      await deployment.logged(index, by, event, 30);
      const { log, pod } = await deployment.delete(index);
      const when = `${pod.metadata.name} deleted after ${by} ${event}:`;
      trial.same(`${when} moves`, movesIn(log), moves);
      trial.same(`${when} started`, startedIn(log).join('+'), started);
      trial.same(`${when} ended`, log.filter(e => e.event === 'end').map(e => e.by).join('+'), `${ended}+entrypoint`);
      trial.same(`${when} both roles at once`, overlaps(log), []);
      trial.same(`${when} exit code`, container(pod)?.state.terminated?.exitCode, 0);
      return log;
    };
    await deployment.setSplit('3');
    await Promise.all([
      deleteAfter(1, 'worker', 'term', 'warm,cold stopped by TERM', 'model+worker', 'worker+model'),
      deleteAfter(2, 'server', 'start', 'warm', 'model+worker+server', 'worker+server+model'),
    ]);
    await deployment.ready(3);
    const next = () => Promise.all([1, 2].map(async index => startedIn(await deployment.log(index)).join('+')));
    trial.same('the next ones', await next(), ['model+server+registrar', 'model+server+registrar']);

    await deployment.setSplit('2');
    const log = await deleteAfter(2, 'entrypoint', 'move', 'warm,cold stopped by TERM', 'model+server+registrar', 'registrar+server+model');
    const told = find(log, 'registrar', 'term').at - find(log, 'entrypoint', 'move').at;
    trial.expect(told < UNSEEN - 3, `its registrar is told ${told.toFixed(1)} s after the decision, which without TERM would be ${UNSEEN} s`);
    await deployment.ready(3);
    trial.same('the next ones', await next(), ['model+server+registrar', 'model+worker']);
    trial.same('restarts', deployment.restarts, '0,0,0');
  },
};

const rollout: Check = {
  name: 'warm-move-and-restart',
  promise: '`kubectl rollout restart` in the middle of a move ends with new pods in the new roles, and the old ones start nothing after their stop.',
  pods: 3,
  seconds: 90,
  async run(trial) {
    const deployment = await trial.deploy({ split: Split.count(1), replicas: 3, probes, sharedProcesses, ...worker(['finish=8']) });
    const uids = deployment.pods.map(pod => pod.metadata.uid);
    const ends = await Promise.all(uids.map((_, index) => deployment.follow(index)));
    await deployment.setSplit('3');
    await deployment.logged(2, 'worker', 'term', 30);
    await deployment.kubectl('rollout', 'restart', `statefulset/${deployment.name}`);
    await deployment.kubectl('rollout', 'status', `statefulset/${deployment.name}`, '--timeout=150s');
    await deployment.ready(3);

    const old = await Promise.all(ends.map(end => end()));
    trial.see(`the old pods: ${old.map(log => `${startedIn(log).join('+')} ${movesIn(log)}`.trim()).join('; ')}`);
    trial.same('that in the middle of its move', movesIn(old[2]), 'warm,cold stopped by TERM');
    trial.same('has started', startedIn(old[2]).join('+'), 'model+worker');
    trial.same('both roles at once', old.flatMap(overlaps), []);
    trial.same('exit codes of the old pods', uids.map(uid => container(trial.cluster.pods.history(uid).at(-1)!)?.state.terminated?.exitCode), [0, 0, 0]);
    const young = await Promise.all(uids.map((_, index) => deployment.log(index)));
    const sync = 'model+server+registrar';
    trial.same('the new pods', young.map(log => startedIn(log).join('+')), [sync, sync, sync]);
    trial.same('restarts', deployment.restarts, '0,0,0');
    trial.same('old pods that are left', deployment.pods.filter(pod => uids.includes(pod.metadata.uid)).length, 0);
  },
};

export const WARM = [ten, ...cold, stop, rollout];
