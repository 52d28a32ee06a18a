import { isReady, restarts } from '../../../cluster/pods';
import { percentile } from '../../../util/statistics';
import { until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Deployment } from '../deployment';
import { Event } from '../log';
import { program } from '../service';
import { LABEL, WebProps, webProps, withClients } from '../web';

/** One time that a pod left: when its label was gone, when its server was asked to end, and when its label was there again, if it was. */
interface Leaving {
  readonly pod: string;
  readonly gone: number;
  readonly asked: number;
  readonly back: number;
}

/** What all containers of all pods have said, each line once, however often it was read. */
class Story {
  private readonly events = new Map<string, Event & { readonly pod: string }>();

  constructor(private readonly deployment: Deployment) {}

  public take(index: number, log: Event[]): void {
    const pod = `${this.deployment.name}-${index}`;
    log.forEach(event => this.events.set(`${pod} ${event.at} ${event.by} ${event.event}`, { ...event, pod }));
  }

  /** What the containers say that there are now, and those before them. */
  public async read(): Promise<void> {
    await Promise.all(this.deployment.pods.flatMap((pod, index) => [
      this.deployment.log(index).then(log => this.take(index, log)),
      ...restarts(pod) > 0 ? [this.deployment.log(index, { previous: true }).then(log => this.take(index, log))] : [],
    ]));
  }

  public get leavings(): Leaving[] {
    const all = [...this.events.values()].sort((a, b) => a.at - b.at);
    return all.filter(({ event, fields }) => event === 'label' && fields.role === 'none').map(({ pod, at: gone }) => {
      const next = (what: (event: Event) => boolean) => all.find(each => each.pod === pod && each.at > gone && what(each))?.at ?? Infinity;
      return {
        pod,
        gone,
        asked: next(({ event, fields }) => event === 'stop-signal' && fields.process === 'web'),
        back: next(({ event, fields }) => event === 'label' && fields.role === 'sync'),
      };
    });
  }
}

interface Answer {
  readonly at: number;
  readonly kind: string;
  readonly pod: string;
  readonly role: string;
}

/** What the clients have seen, beside what the pods say. */
function compare(trial: Trial, log: Event[], left: Leaving[], mayFail: string[]): void {
  const answers = log.filter(e => e.event === 'answer')
    .map(({ fields: { at, kind, pod, role } }): Answer => ({ at: Number(at), kind, pod, role }));
  for (const kind of ['fresh', 'kept', 'grpc']) {
    const own = answers.filter(answer => answer.kind === kind);
    const failed = log.filter(e => e.event === 'failure' && e.fields.kind === kind);
    const when = failed.map(({ fields }) => `${near(Number(fields.at), left)} ${fields.error.slice(0, 80)}`);
    trial.expect(own.length > 500 && (failed.length === 0 || mayFail.includes(kind)),
      `${kind}: ${own.length} answers, ${failed.length} failures${failed.length > 0 ? ` (${when.slice(0, 8).join('; ')})` : ''}`);
    const wrong = own.filter(answer => answer.role !== 'sync');
    const those = wrong.slice(0, 8).map(({ at, pod }) => `${pod} ${near(at, left)}`);
    trial.expect(wrong.length === 0, `${kind}: ${wrong.length} answers by asynchronous pods${wrong.length > 0 ? ` (${those.join('; ')})` : ''}`);
    const lags = left.map(({ pod, gone, back }) => {
      const late = own.filter(each => each.pod === pod && each.at >= gone && each.at < back);
      return Math.max(0, ...late.map(({ at }) => at - gone));
    });
    if (lags.length > 0) {
      const half = percentile(lags, 50).toFixed(2);
      trial.see(`${kind}: the last answer comes ${lags.map(lag => lag.toFixed(2)).join(', ')} s after the label is gone (half within ${half})`);
    }
  }
  trial.see(`from the label's end to the server's TERM: ${left.map(({ gone, asked }) => (asked - gone).toFixed(1)).join(', ')} s`);
}

/** A moment in words: by the last pod that has left before it. */
function near(at: number, left: Leaving[]): string {
  const last = left.filter(({ gone }) => gone <= at).at(-1);
  return last ? `at ${at.toFixed(2)}, ${(at - last.gone).toFixed(2)} s after the label of ${last.pod} was gone, ${(at - last.asked).toFixed(2)} s after its TERM` : `at ${at.toFixed(2)}, before any left`;
}

/** Deletes, moves both ways and a rollout, under the eyes of clients. */
async function disturb(trial: Trial, given: WebProps, rounds: number, mayFail: string[] = []): Promise<void> {
  const deployment = trial.deployment();
  const end = await withClients(trial, deployment, given);

  const labels = () => deployment.pods.map(pod => pod.metadata.labels[LABEL]);
  const moved = async (sync: number) => {
    await deployment.setSplit(`${sync}`);
    await until(() => `labels for ${sync}: ${labels()}; ${deployment.brief}`, 180,
      () => deployment.pods.length === given.replicas && deployment.pods.every((pod, index) => isReady(pod) && pod.metadata.labels[LABEL] === (index < sync ? 'sync' : 'async')), 0.2);
  };
  trial.same('labels', labels(), ['sync', 'sync', 'async', 'async']);

  const story = new Story(deployment);
  story.take(0, (await deployment.delete(0)).log);
  await deployment.ready(given.replicas, 120);
  const before = deployment.restarts;
  for (const sync of Array<number[]>(rounds).fill([3, 1, 2]).flat()) {
    await moved(sync);
    await story.read();
  }
  trial.expect((given.sharedProcesses === undefined) === (deployment.restarts !== before), `restarts before the moves ${before}, after them ${deployment.restarts}`);
  const ends = await Promise.all(deployment.pods.map((_, index) => deployment.follow(index)));
  await deployment.kubectl('rollout', 'restart', `statefulset/${deployment.name}`);
  await deployment.kubectl('rollout', 'status', `statefulset/${deployment.name}`, '--timeout=400s');
  await deployment.ready(given.replicas, 120);
  (await Promise.all(ends.map(log => log()))).forEach((each, index) => story.take(index, each));
  await story.read();

  const log = await end();
  const left = story.leavings;
  trial.same('times that a pod has left', left.length, 1 + 2 * rounds + 2); // by the deletion, each time by 3 to 1, by the rollout
  compare(trial, log, left, mayFail);
}

const cold: Check = {
  name: 'label-service-cold',
  promise: 'Through the Service no request is answered by an asynchronous pod, and none fails: by a deletion, cold moves both ways, a rollout.',
  pods: 4,
  seconds: 300,
  run: trial => disturb(trial, webProps(trial, 'gently'), 1),
};

const warm: Check = {
  name: 'label-service-warm',
  promise: 'The same with warm moves.',
  pods: 4,
  seconds: 240,
  run: trial => disturb(trial, { ...webProps(trial, 'gently'), sharedProcesses: [program('model')] }, 3),
};

const atOnce: Check = {
  name: 'label-service-at-once',
  promise: 'The same with a server that ends all its connections at TERM: new ones do not fail.',
  pods: 4,
  seconds: 240,
  run: trial => disturb(trial, { ...webProps(trial, 'at-once'), sharedProcesses: [program('model')] }, 3, ['kept', 'grpc']),
};

export const LABEL_SERVICE = [cold, warm, atOnce];
