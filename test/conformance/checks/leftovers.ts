import { Restart, Split } from 'cdk8s-sync-async';
import { until } from '../../../util/wait';
import { Check } from '../check';
import { Deployment } from '../deployment';
import { count, find, story } from '../log';
import { program } from '../service';

/** The registrar's program under a shell that waits for it: what `sh -c` without `exec` is. */
const wrapped = { ...program('registrar'), command: ['sh', '-c', 'sh /probe/program.sh run registrar finish=2; true'], restart: Restart.ALWAYS };

/** Leaves a sleep in the background of a pod by `kubectl exec`; its pid. */
async function leave(deployment: Deployment): Promise<string> {
  return (await deployment.exec(0, 'sleep 1234 >/dev/null 2>&1 & echo $!')).trim();
}

const leftovers: Check = {
  name: 'leftovers',
  promise: 'What a process leaves behind gets its stop signal and its time before the process is started again, and before the next one stops; what `kubectl exec` leaves gets nothing.',
  pods: 2,
  seconds: 60,
  async run(trial) {
    await Promise.all([false, true].map(async shareProcessNamespace => {
      const deployment = await trial.deploy({
        split: Split.count(1),
        syncRole: { processes: [program('server'), wrapped] },
        shareProcessNamespace,
      }, shareProcessNamespace ? '-shared' : '');
      const where = shareProcessNamespace ? 'below pause' : 'PID 1';

      const left = await leave(deployment);
      const shell = (await deployment.log(0)).find(event => event.event === 'process-start' && event.fields.process === 'registrar')!.fields.pid;
      await deployment.exec(0, `kill -s KILL ${shell}`);
      const restarted = await until('the registrar is started again', 30, async () => {
        const log = await deployment.log(0);
        return count(log, 'registrar', 'start') === 2 ? log : undefined;
      });
      const again = restarted.filter(event => event.by === 'registrar' && event.event === 'start')[1].at - find(restarted, 'registrar', 'end').at;
      trial.expect(again >= 0 && count(restarted, 'registrar', 'term') === 1, `${where}: the registrar, left behind by its shell, ends ${again.toFixed(1)} s before it is started again`);
      trial.same(`${where}: parent of what exec left`, await deployment.exec(0, `read -r s </proc/${left}/stat; set -- $s; echo "$2 $4"`).then(text => text.trim()), '(sleep) 1');

      const { log } = await deployment.delete(0);
      const told = find(log, 'server', 'term').at - log.filter(event => event.by === 'registrar' && event.event === 'end').at(-1)!.at;
      trial.expect(told >= 0 && count(log, 'registrar', 'term') === 2, `${where}: in a stop it ends ${told.toFixed(2)} s before the server is told`);
      trial.same(`${where}: exit status`, find(log, 'entrypoint', 'end').fields.status, '0');
      trial.expect(log.every(event => event.fields.pid !== left), `${where}: nobody touches what exec left; ${story(log.filter(event => event.event === 'leftover'))}`);
    }));
  },
};

export const LEFTOVERS = [leftovers];
