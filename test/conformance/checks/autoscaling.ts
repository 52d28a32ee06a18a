import { Duration } from 'cdk8s';
import { restarts } from '../../../cluster/pods';
import { since, sleep, until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Deployment } from '../deployment';
import { Event } from '../log';
import { deploy, Load } from './ocr';

/** Jobs for one worker. */
const JOBS = 2;

/** Every number of pods that the StatefulSet has been told to have. */
class Wishes {
  public readonly seen: number[] = [];

  constructor(trial: Trial, name: string) {
    void trial.cluster.kubectl.follow(['get', 'statefulset', name, '--watch', '--output=jsonpath={.spec.replicas}{"\\n"}'], line => {
      if (Number(line) !== this.seen.at(-1)) {
        this.seen.push(Number(line));
      }
    });
  }
}

/** Waits for so many pods, and that they stay so many. */
async function settles(trial: Trial, deployment: Deployment, wishes: Wishes, jobs: number, pods: number): Promise<void> {
  const begin = Date.now();
  await until(() => `${pods} pods for ${jobs} jobs; wanted are ${wishes.seen}`, 180, () => wishes.seen.at(-1) === pods);
  const wanted = since(begin);
  await deployment.ready(pods, 180);
  const ready = since(begin);
  await sleep(20); // the autoscaler looks every 15 s
  trial.same(`${jobs} jobs: wanted after ${wanted.toFixed(0)} s, ready after ${ready.toFixed(0)} s, and 20 s later pods`, wishes.seen.at(-1), pods);
}

/** What becomes of the jobs of workers, the first of which stays. */
function ends(trial: Trial, [stays, ...leave]: Event[][]): void {
  const jobs = (log: Event[], event: string) => log.filter(e => e.by === 'worker' && e.event === event);
  const [begun, done] = ['job', 'job-done'].map(event => [stays, ...leave].flatMap(log => jobs(log, event)).map(({ fields: { id } }) => id));
  trial.same('jobs begun', begun.length, done.length);
  trial.same('of them different ones', new Set(begun).size, begun.length);
  const late = leave.map(log => {
    const told = log.find(e => e.by === 'entrypoint' && e.event === 'signal')?.at ?? NaN;
    return (jobs(log, 'job-done').at(-1)?.at ?? -Infinity) - told;
  }).filter(seconds => seconds > 0);
  trial.expect(late.length > 0, `of ${leave.length} workers that were taken away ${late.length} had a job, and ended it ${late.map(seconds => seconds.toFixed(1)).join(', ')} s after TERM`);
  const statuses = leave.map(log => log.find(e => e.by === 'entrypoint' && e.event === 'end')?.fields.status);
  trial.expect(statuses.every(status => status === '0'), `their containers ended with ${statuses}`);
}

const autoscaling: Check = {
  name: 'autoscaling',
  promise: 'KEDA adds a worker for every so many jobs, and takes them away to exactly the floor; synchronous pods are left alone, and no job is lost or begun twice.',
  pods: 7,
  seconds: 360,
  async run(trial) {
    const deployment = await deploy(trial, 'sleep:0.02', {
      jobsPerWorker: JOBS,
      maxWorkers: 5,
      scaleDown: { stabilizationWindow: Duration.seconds(0) }, // five minutes by default
    });
    const wishes = new Wishes(trial, deployment.name);
    const always = () => deployment.pods.slice(0, 3).map(pod => `${pod.metadata.uid} ${restarts(pod)}`).join();
    const before = always();
    await settles(trial, deployment, wishes, 0, 3);

    const load = (jobs: number, suffix: string) => Load.start(trial, deployment, [`--jobs=${jobs}`, '--job-seconds=10', '--every=0.5'], suffix);
    const first = await load(3, '-a');
    await settles(trial, deployment, wishes, 3, 4);
    const second = await load(5, '-b');
    await settles(trial, deployment, wishes, 8, 6);
    const third = await load(8, '-c');
    await settles(trial, deployment, wishes, 16, 7);

    const logs = await Promise.all([6, 5, 4, 3].map(index => deployment.follow(index)));
    await Promise.all([second.end(trial), third.end(trial)]);
    await settles(trial, deployment, wishes, 3, 4);
    await first.end(trial);
    await settles(trial, deployment, wishes, 0, 3);

    ends(trial, await Promise.all([deployment.log(2), ...logs.map(log => log())]));
    trial.expect(Math.min(...wishes.seen) === 3, `pods wanted, one after the other: ${wishes.seen}`);
    trial.same('synchronous pods, and the worker that is always there, are the same, with as many restarts', always() === before, true);
  },
};

export const AUTOSCALING = [autoscaling];
