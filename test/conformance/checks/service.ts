import { Duration } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';
import { since, until } from '../../../util/wait';
import { Check } from '../check';
import { program } from '../service';

const leaving: Check = {
  name: 'leaving-the-service',
  promise: 'A pod that stops is out of its Service before its server hears of it, and one that is not ready yet is not in it.',
  pods: 1,
  seconds: 35,
  async run(trial) {
    const deployment = trial.deployment();
    await deployment.apply({
      split: Split.count(1),
      syncRole: {
        processes: [program('server', ['load=8'], { stopDelay: Duration.seconds(8) }), program('registrar')],
      },
    });
    /** Whether the Service's list of addresses has the pod, and as ready. */
    const listed = async (): Promise<boolean | undefined> => {
      const { items } = await trial.cluster.kubectl.json(['get', 'endpointslices']);
      return items.flatMap((slice: any) => slice.endpoints ?? []).find((e: any) => e.targetRef?.name === `${deployment.name}-0`)?.conditions.ready;
    };
    const early = await until('an address', 60, async () => ({ undefined: undefined, true: 'ready', false: 'not ready' })[String(await listed())], 0.2);
    trial.same('while it starts the address is', early, 'not ready');
    await deployment.ready(1);
    await until('a ready address', 10, async () => await listed() === true, 0.2);
    const begin = Date.now();
    const [{ log }, out] = await Promise.all([
      deployment.delete(0),
      until('an address that is not ready', 20, async () => await listed() !== true, 0.2).then(() => since(begin)),
    ]);
    const told = log.find(e => e.by === 'server' && e.event === 'term')!.at - log.find(e => e.event === 'signal')!.at;
    trial.expect(out < told, `out of the Service ${out.toFixed(1)} s after the deletion, the server is told after ${told.toFixed(1)} s`);
  },
};

export const SERVICE = [leaving];
