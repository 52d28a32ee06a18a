import { Duration } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';
import { container, isReady, readySince } from '../../../cluster/pods';
import { Check } from '../check';
import { count, Event, find, startedIn, story } from '../log';
import { program } from '../service';

const roles: Check = {
  name: 'roles',
  promise: 'Every ordinal runs the processes of its role, and no others, under every kind of split.',
  pods: 8,
  seconds: 30,
  async run(trial) {
    const expected = {
      '': ['sync', 'sync', 'async'],
      '-share': ['sync', 'async', 'sync', 'async'], // 2 of 5: ordinals 0 and 2
      '-none': ['sync'],
    };
    const [byCount, byShare, none] = await Promise.all([
      trial.deploy({ split: Split.count(2), replicas: 3 }),
      trial.deploy({ split: Split.share(2, 5), replicas: 4 }, '-share'),
      trial.deploy({ split: undefined, replicas: 1, asyncRole: undefined }, '-none'),
    ]);
    for (const deployment of [byCount, byShare, none]) {
      const suffix = deployment.name.slice(trial.name.length) as keyof typeof expected;
      const seen = await Promise.all(deployment.pods.map(async (_, index) => {
        const log = await deployment.log(index);
        const start = log.find(e => e.by !== 'entrypoint' && e.event === 'start')!;
        return `${start.fields.ordinal} ${start.fields.role} ${startedIn(log).join('+')} ${start.fields.split}`;
      }));
      trial.same(deployment.name, seen, expected[suffix].map((role, index) =>
        `${index} ${role} ${role === 'sync' ? 'server+registrar' : 'worker'} ${suffix === '' ? 2 : ''}`));
    }
  },
};

const start: Check = {
  name: 'start',
  promise: 'A process starts when the one before is ready, and the pod is ready only when all are.',
  pods: 1,
  seconds: 20,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      syncRole: { processes: [program('server', ['load=3']), program('registrar', ['load=3'])] },
      probes: { period: Duration.seconds(1) },
    });
    const log = await deployment.log(0);
    const begin = find(log, 'server', 'start').at;
    const serving = find(log, 'server', 'serving').at;
    const second = find(log, 'registrar', 'start').at;
    const all = find(log, 'registrar', 'serving').at;
    const readyAt = readySince(deployment.pod(0));
    trial.expect(second >= serving && second < serving + 3,
      `the server serves after ${(serving - begin).toFixed(1)} s, the registrar starts ${(second - serving).toFixed(1)} s later`);
    trial.expect(readyAt >= Math.floor(all) && readyAt < all + 6,
      `the registrar serves at ${(all - begin).toFixed(1)} s, the pod is ready at ${(readyAt - begin).toFixed(0)} s`);
    const early = trial.cluster.pods.history(deployment.pod(0).metadata.uid).filter(pod => isReady(pod) && readySince(pod) < Math.floor(all));
    trial.same('states in which it was ready before', early.length, 0);
  },
};

const stop: Check = {
  name: 'stop',
  promise: 'A deleted pod stops its processes in reverse order, with the delay, in their time; nothing is killed.',
  pods: 3,
  seconds: 40,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      replicas: 3,
      syncRole: {
        processes: [
          program('server', ['finish=2'], { stopDelay: Duration.seconds(3), stopTimeout: Duration.seconds(10) }),
          program('registrar', ['finish=1'], { stopTimeout: Duration.seconds(10) }),
        ],
      },
      asyncRole: { processes: [program('worker', ['finish=4'], { stopTimeout: Duration.seconds(10) })] },
    });
    const [sync, async] = await Promise.all([deployment.delete(0), deployment.delete(2)]);

    const at = (log: Event[], by: string, event: string) => find(log, by, event).at - find(log, 'entrypoint', 'signal').at;
    const deregistered = at(sync.log, 'registrar', 'end');
    const told = at(sync.log, 'server', 'term');
    trial.expect(at(sync.log, 'registrar', 'term') < 1, `after TERM the registrar is told at ${at(sync.log, 'registrar', 'term').toFixed(1)} s`);
    trial.expect(told >= deregistered + 2.9 && told < deregistered + 4.5,
      `it ends at ${deregistered.toFixed(1)} s, the server is told at ${told.toFixed(1)} s and ends at ${at(sync.log, 'server', 'end').toFixed(1)} s`);
    trial.expect(at(async.log, 'worker', 'term') < 1 && at(async.log, 'worker', 'end') >= 3.9,
      `the worker is told at ${at(async.log, 'worker', 'term').toFixed(1)} s and ends at ${at(async.log, 'worker', 'end').toFixed(1)} s`);
    trial.same('processes of the async pod', startedIn(async.log), ['worker']);
    for (const { log, pod } of [sync, async]) {
      trial.same(`${pod.metadata.name} kills`, count(log, 'entrypoint', 'kill'), 0);
      trial.same('exit status', container(pod)?.state.terminated?.exitCode, 0);
    }
    if (trial.broken.length > 0) {
      trial.see(`sync: ${story(sync.log)}; async: ${story(async.log)}`);
    }
  },
};

export const LIFE = [roles, start, stop];
