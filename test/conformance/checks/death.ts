import { Duration } from 'cdk8s';
import { Restart, Split } from 'cdk8s-sync-async';
import { isReady, restarts } from '../../../cluster/pods';
import { sleep } from '../../../util/wait';
import { Check } from '../check';
import { count, find, startedIn } from '../log';
import { program } from '../service';

const death: Check = {
  name: 'death',
  promise: 'A process that ends unasked ends its container with its status, which is started again, and `kubectl describe pod` tells why.',
  pods: 4,
  seconds: 30,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(2),
      replicas: 4,
      syncRole: { processes: [program('server', ['finish=1'], { stopDelay: Duration.seconds(2) }), program('registrar')] },
    });
    // The pod, who ends in it, how, the container's status.
    const deaths: [number, string, string, number][] = [
      [0, 'server', 'USR1', 3],
      [1, 'registrar', 'KILL', 137],
      [2, 'worker', 'USR1', 3],
      [3, 'worker', 'USR2', 1], // a service that ends is a failure, whatever it says
    ];
    await Promise.all(deaths.map(async ([index, process, signal, status]) => {
      const uid = deployment.pod(index).metadata.uid;
      await deployment.signal(index, process, signal);
      await deployment.restarted(index, 1);
      const { exitCode, message } = await deployment.describeLastEnd(index);
      trial.expect(exitCode === status && message.includes(process), `${process} by ${signal}: exit code ${exitCode} (promised ${status}), message "${message}"`);
      trial.expect(deployment.pod(index).metadata.uid === uid && restarts(deployment.pod(index)) === 1, `${deployment.name}-${index} kept, ${restarts(deployment.pod(index))} restart`);
    }));
    const left = await deployment.log(1, { previous: true });
    const wait = find(left, 'server', 'term').at - find(left, 'entrypoint', 'exit').at;
    trial.expect(wait >= 1.9 && wait < 3.5 && count(left, 'server', 'end') === 1, `when the registrar is gone the server is told after its delay, ${wait.toFixed(1)} s`);
    const alone = await deployment.log(0, { previous: true });
    const last = find(alone, 'registrar', 'term').at - find(alone, 'entrypoint', 'exit').at;
    trial.expect(last < 1.5 && count(alone, 'entrypoint', 'stop-delay') === 0, `when the server is gone the registrar is told after ${last.toFixed(1)} s, without the server's delay`);
  },
};

const restart: Check = {
  name: 'restart-always',
  promise: 'A process with Restart.ALWAYS is started again by itself; its container and the processes beside it go on.',
  pods: 1,
  seconds: 30,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      syncRole: { processes: [program('server'), program('registrar', [], { restart: Restart.ALWAYS })] },
    });
    await deployment.signal(0, 'registrar', 'KILL');
    await sleep(4);
    const log = await deployment.log(0);
    const starts = log.filter(e => e.by === 'registrar' && e.event === 'start');
    const pause = (starts[1]?.at ?? NaN) - find(log, 'entrypoint', 'exit').at;
    trial.expect(starts.length === 2 && pause >= 0.9 && pause < 2.5, `the registrar is back after ${pause.toFixed(1)} s`);
    trial.same('processes started in all', startedIn(log), ['server', 'registrar', 'registrar']);
    trial.same('restarts of the container', deployment.restarts, '0');
    trial.expect(isReady(deployment.pod(0)), 'the pod is ready');
  },
};

export const DEATH = [death, restart];
