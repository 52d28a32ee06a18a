import { Duration } from 'cdk8s';
import { Check as ReadyCheck, Split } from 'cdk8s-sync-async';
import { container, isReady, readySince, restarts } from '../../../cluster/pods';
import { since, sleep, until } from '../../../util/wait';
import { Check } from '../check';
import { find, startedIn } from '../log';
import { editScript, program } from '../service';

/** Hangs as long as the file is there. A number that nothing else sleeps for. */
const hanging = (file: string) => ReadyCheck.command(['sh', '-c', `[ ! -e /scratch/${file} ] || exec sleep 321`]);

/** How many `sleep 321` there are in the process namespace. */
const SLEEPERS = 'n=0; for f in /proc/[0-9]*/cmdline; do case "$(tr "\\0" " " <"$f" 2>/dev/null)" in "sleep 321 ") n=$((n + 1)) ;; esac; done; echo $n';

const liveness: Check = {
  name: 'hanging-liveness',
  promise: 'A liveness check that hangs restarts the container within period x failures + 10 s and leaves no process behind.',
  pods: 2,
  seconds: 50,
  async run(trial) {
    const syncRole = { processes: [program('server')], liveness: hanging('hang') };
    const [own, shared] = await Promise.all([
      trial.deploy({ split: Split.count(1), syncRole }),
      trial.deploy({ split: Split.count(1), syncRole, shareProcessNamespace: true }, '-shared'),
    ]);
    await Promise.all([own, shared].map(async deployment => {
      await deployment.exec(0, ': >/scratch/hang');
      const begin = Date.now();
      await until(`${deployment.name} starts again`, 60, () => restarts(deployment.pod(0)) === 1, 0.2);
      trial.expect(since(begin) <= 5 * 3 + 10, `${deployment.name}: started again after ${since(begin).toFixed(1)} s (promised 25)`);
      await deployment.exec(0, 'rm -f /scratch/hang'); // the directory outlives the container
      await deployment.restarted(0, 1);
      await sleep(6); // a probe may have begun before the file went
      trial.same('hanging checks left', (await deployment.exec(0, SLEEPERS)).trim(), '0');
      await sleep(10);
      trial.same('restarts afterwards', deployment.restarts, '1');
    }));
  },
};

const readiness: Check = {
  name: 'hanging-readiness',
  promise: 'A ready check that hangs makes the pod not ready and nothing else, and the pod is ready again when it no longer hangs.',
  pods: 1,
  seconds: 30,
  async run(trial) {
    const deployment = await trial.deploy({ split: Split.count(1), syncRole: { processes: [program('server', [], { ready: hanging('hang') })] } });
    await deployment.exec(0, ': >/scratch/hang');
    let begin = Date.now();
    await until('not ready', 20, () => !isReady(deployment.pod(0)), 0.2);
    trial.expect(since(begin) <= 13, `not ready after ${since(begin).toFixed(1)} s`);
    await sleep(6);
    const sleepers = Number(await deployment.exec(0, SLEEPERS));
    trial.expect(sleepers <= 1, `${sleepers} hanging at a time`);
    begin = Date.now();
    await deployment.exec(0, 'rm -f /scratch/hang');
    await deployment.ready(1);
    trial.expect(since(begin) <= 13, `ready again after ${since(begin).toFixed(1)} s`);
    trial.same('restarts', deployment.restarts, '0');
  },
};

const stale: Check = {
  name: 'stale-state',
  promise: 'The state that a killed container leaves behind does not make its successor ready before it is.',
  pods: 2,
  seconds: 40,
  async run(trial) {
    // The readiness check always succeeds: nothing but the state stands between a started container and a ready one.
    const props = {
      split: Split.count(1),
      syncRole: { processes: [program('server', ['load=6'])], readiness: ReadyCheck.command(['true']) },
      probes: { period: Duration.seconds(1) },
    };
    // As on a slow machine, the second container's script takes its time before it does anything.
    const slow = (script: string) => script.replace('\n', '\n[ "$1" != run ] || [ ! -e /run/sync-async/state ] || sleep 5\n');
    const [own, shared] = await Promise.all([false, true].map(async shareProcessNamespace => {
      const deployment = trial.deployment(shareProcessNamespace ? '-shared' : '');
      await deployment.apply({ ...props, shareProcessNamespace }, objects => editScript(objects, slow));
      await deployment.ready(1);
      return deployment;
    }));
    const state = (await shared.exec(0, 'cat /run/sync-async/state')).trim();
    const pid = state.split(' ')[0];
    trial.expect(Number(pid) > 1, `with a shared process namespace the entrypoint has pid ${pid} and left "${state}"`);
    await Promise.all([
      own.signal(0, 'server', 'KILL'),
      // Only there can the entrypoint itself be killed from inside, so that it has no time to take back that it is running.
      shared.exec(0, `kill -s KILL ${pid}`),
    ]);
    await Promise.all([own, shared].map(async deployment => {
      await deployment.restarted(0, 1);
      const serving = (await deployment.logged(0, 'server', 'serving', 30)).at;
      const after = trial.cluster.pods.history(deployment.pod(0).metadata.uid).filter(pod => restarts(pod) === 1);
      const early = after.filter(pod => isReady(pod) && readySince(pod) < Math.floor(serving));
      const late = readySince(deployment.pod(0)) - serving;
      trial.expect(early.length === 0 && late >= -1, // whole seconds
        `${deployment.name}: ended with ${container(deployment.pod(0))?.lastState.terminated?.exitCode}, `
        + `ready ${Math.max(0, late).toFixed(0)} s after the new server served${early.length > 0 ? ', and before that' : ''}`);
    }));
  },
};

const shared: Check = {
  name: 'shared-process-namespace',
  promise: 'With shareProcessNamespace, where PID 1 is pause, a pod starts, becomes ready and stops in order all the same.',
  pods: 1,
  seconds: 25,
  async run(trial) {
    const deployment = await trial.deploy({ split: Split.count(1), shareProcessNamespace: true });
    const first = (await deployment.exec(0, 'tr "\\0" " " </proc/1/cmdline')).trim();
    trial.expect(!first.includes('entrypoint'), `PID 1 is ${first}`);
    trial.same('processes', startedIn(await deployment.log(0)), ['server', 'registrar']);
    const { log, pod } = await deployment.delete(0);
    trial.expect(find(log, 'registrar', 'end').at <= find(log, 'server', 'term').at, 'the registrar ended before the server was told');
    trial.same('exit status', container(pod)?.state.terminated?.exitCode, 0);
  },
};

export const PROBES = [liveness, readiness, stale, shared];
