import { arrivals } from './curve';
import { Follower } from './follower';
import { DEMAND, gateway, GPUS, MAX, MIN, Pace, Way } from './ways';
import { freeGpus } from '../../cluster/gpus';
import { Kubectl } from '../../cluster/kubectl';
import { since, sleep, until } from '../../util/wait';
import { fillers } from '../move/ways';

/** Requests a second at the worst hour: 3.4 GPUs are busy with them. */
const MOST = 17;
/** Each way gets the same ones. */
const SEED = 1;

/**
 * Plays a day with one way on the cluster, and returns the gateway's log of it.
 */
export async function play(kubectl: Kubectl, way: Way, image: string, seconds: number, pace: Pace): Promise<string> {
  const log = () => kubectl.run(['logs', 'gateway']).then(({ stdout }) => stdout);
  const says = (event: string, patience: number, every: number) => until(() => `the gateway says ${event}`, patience,
    async () => new RegExp(`^\\S+ ${event}$`, 'm').test(await log()), every);

  await until(`${GPUS} free GPUs`, 180, async () => await freeGpus(kubectl) >= GPUS, 2);
  await kubectl.apply(gateway(image, seconds, arrivals(seconds, MOST, SEED)));
  // Where GPUs are dear, none is free.
  const others = await freeGpus(kubectl) - GPUS;
  if (others > 0) {
    await kubectl.apply(fillers(image, others));
    await kubectl.print(['rollout', 'status', 'deployment/filler', '--timeout=120s']);
  }
  await says('open', 60, 1);
  await kubectl.apply(way.objects(image, pace));
  await says('begin', 180, 1);
  await follow(kubectl, way, seconds, pace);
  await says('over', 120, 5);
  return log();
}

/** Until the day is over, brings about the numbers that the demand asks for, if the way does not do so itself. */
async function follow(kubectl: Kubectl, way: Way, seconds: number, { period, window }: Pace): Promise<void> {
  const begin = Date.now();
  const follower = new Follower(MIN, MAX, window);
  let sync = MIN;
  for (let next = 0; next < seconds; next += period) {
    await sleep(Math.max(0, next - since(begin)));
    const wanted = way.scale ? follower.after(since(begin), Number(await kubectl.print(['exec', 'gateway', '--', ...DEMAND]))) : sync;
    if (wanted !== sync) {
      await Promise.all(way.scale!(wanted).map(args => kubectl.print(args)));
      sync = wanted;
    }
  }
  await sleep(Math.max(0, seconds - since(begin)));
}
