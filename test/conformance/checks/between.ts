import { Duration } from 'cdk8s';
import { Split } from 'cdk8s-sync-async';
import { container } from '../../../cluster/pods';
import { sleep, until } from '../../../util/wait';
import { Check } from '../check';
import { Deployment } from '../deployment';
import { count } from '../log';
import { probes, program, service, ServiceProps } from '../service';

/** In seconds. */
const WINDOW = 8;
/** Pod 0 is synchronous, pod 3 asynchronous; these go by a file that they have. */
const BETWEEN_PODS = [1, 2];

const props: ServiceProps = {
  split: Split.between(1, 3, { demand: ['cat', '/scratch/demand'], period: Duration.seconds(1), stabilizationWindow: Duration.seconds(WINDOW) }),
  replicas: 4,
  probes,
  sharedProcesses: [program('model')],
};

const rolesOf = (deployment: Deployment) => Promise.all(deployment.pods.map(async (_, index) =>
  (await deployment.log(index)).filter(e => e.by === 'entrypoint' && e.event === 'start').at(-1)!.fields.role));

/** Waits until the pods have these roles, and run. */
async function become(deployment: Deployment, ...roles: string[]): Promise<void> {
  let seen = '';
  await until(() => `${roles.join()}; ${seen}`, 60, async () => (seen = (await rolesOf(deployment)).join()) === roles.join(), 0.5);
  await deployment.ready(4);
}

/** Lets the demand of a pod ask for so many; when, in whole seconds by the clock of its node. */
const demand = async (deployment: Deployment, index: number, number: number) => Number(await deployment.exec(index, `echo ${number} >/scratch/demand; date +%s`));

const between: Check = {
  name: 'between',
  promise: 'The number follows the demand, up at once and down after the window: only pods between move, warm. A pin by the patch wins, also beyond the limits, every apply leaves it, and without the key the demand counts again.',
  pods: 4,
  seconds: 120,
  async run(trial) {
    const deployment = await trial.deploy(props);
    const identity = () => deployment.pods.map(pod => `${pod.metadata.uid} ${container(pod)?.containerID}`).join();
    const before = identity();
    trial.same('without an answer', await rolesOf(deployment), ['sync', 'async', 'async', 'async']);

    const steps = [
      [2, 'sync', 'sync', 'async', 'async'],
      [3, 'sync', 'sync', 'sync', 'async'],
      [1, 'sync', 'async', 'async', 'async'],
      [9, 'sync', 'sync', 'sync', 'async'], // no more than the most
    ] as const;
    for (const [number, ...roles] of steps) {
      const after = await Promise.all(BETWEEN_PODS.map(async index => {
        const asked = await demand(deployment, index, number);
        const followed = await until(`${deployment.name}-${index} follows ${number}`, 60,
          async () => (await deployment.log(index)).find(e => e.event === 'demand' && e.at >= asked), 0.5);
        return followed.at - asked;
      }));
      await become(deployment, ...roles);
      const fine = after.every(seconds => number === 1 ? seconds >= WINDOW - 3 : seconds < 5);
      trial.expect(fine, `demand ${number}: ${roles.join()}, followed after ${after.map(seconds => seconds.toFixed(1)).join(' and ')} s`);
    }
    const logs = await Promise.all([0, 3].map(index => deployment.log(index)));
    trial.same('pods 0 and 3 asked, or moved', logs.map(log => ['demand', 'refused', 'move'].map(event => count(log, 'entrypoint', event)).join()), ['0,0,0', '0,0,0']);

    const apply = (...options: string[]) => trial.cluster.kubectl.apply(service(deployment.name, trial.cluster, props), ...options);
    const pinned = async () => (await trial.cluster.kubectl.json(['get', 'configmap', deployment.values])).data.SYNC_INSTANCE;
    // What went from one kind of apply to the other has to be forced, once.
    const ways = [[], ['--server-side', '--force-conflicts'], ['--server-side']];

    for (const [number, ...roles] of [[4, 'sync', 'sync', 'sync', 'sync'], [0, 'async', 'async', 'async', 'async']] as const) {
      await deployment.setSplit(String(number));
      await become(deployment, ...roles);
      trial.see(`pinned to ${number}: ${roles.join()}`);
    }
    for (const options of ways) {
      await apply(...options);
      trial.same(`after ${['kubectl apply', ...options].join(' ')} it is pinned to`, await pinned(), '0');
    }
    await deployment.hurry();
    await sleep(5); // would be enough for the demand, which still asks for 9
    trial.same('and the roles', await rolesOf(deployment), ['async', 'async', 'async', 'async']);

    await deployment.setSplit(null);
    await become(deployment, 'sync', 'sync', 'sync', 'async');
    trial.see('let go: sync,sync,sync,async');
    trial.same('restarts', deployment.restarts, '0,0,0,0');
    trial.same('pods and containers kept', identity() === before, true);
    const moves = (await Promise.all([0, 1, 2, 3].map(index => deployment.log(index)))).map(log => log.filter(e => e.event === 'move').map(e => `${e.fields.to} ${e.fields.kind}`));
    trial.same('moves', moves.map(all => all.length).join(), '2,5,5,2');
    trial.same('all warm', moves.flat().every(move => move.endsWith(' warm')), true);
  },
};

export const BETWEEN = [between];
