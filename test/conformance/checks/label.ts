import { Duration } from 'cdk8s';
import { Check as Command, ProcessProps, RoleLabelOptions, Split } from 'cdk8s-sync-async';
import { container, isReady, restarts } from '../../../cluster/pods';
import { percentile } from '../../../util/statistics';
import { until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Deployment } from '../deployment';
import { count, Event, find, parseLog } from '../log';
import { program, ServiceProps } from '../service';

const LABEL = 'cdk8s-sync-async/role';

/** Nobody is to be restarted by a liveness that a busy machine is too slow for. */
const probes = { period: Duration.seconds(2), livenessFailures: 20 };

/** The web server in either role: an asynchronous pod that is asked says so, instead of refusing. */
function web(ending: string): ProcessProps {
  return {
    name: 'web',
    command: ['python', '/probe/web.py', 'serve', ending],
    ready: Command.command(['sh', '/probe/program.sh', 'ready', 'web']),
  };
}

function props(trial: Trial, ending: string, roleLabel: RoleLabelOptions = {}): ServiceProps & { readonly replicas: number } {
  return {
    image: `${trial.cluster.ocrImages}ocr:1`,
    split: Split.count(2),
    replicas: 4,
    probes,
    roleLabel,
    ports: [{ name: 'http', number: 8080 }, { name: 'grpc', number: 50051 }],
    syncRole: { processes: [web(ending)] },
    asyncRole: { processes: [{ ...web(ending), name: 'worker' }] },
  };
}

/** A pod with clients that know only the name of the Service. */
function clients(objects: any[], name: string, image: string): void {
  const programs = objects.find(object => object.kind === 'ConfigMap' && object.data['web.py']).metadata.name;
  objects.push({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-clients` },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      terminationGracePeriodSeconds: 15,
      volumes: [{ name: 'programs', configMap: { name: programs } }],
      containers: [{
        name: 'clients',
        image,
        command: ['python', '/probe/web.py', 'ask', `${name}-web`],
        volumeMounts: [{ name: 'programs', mountPath: '/probe' }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      }],
    },
  });
}

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
async function disturb(trial: Trial, given: ServiceProps & { readonly replicas: number }, rounds: number, mayFail: string[] = []): Promise<void> {
  const deployment = trial.deployment();
  await deployment.apply(given);
  await deployment.ready(given.replicas, 240);
  await deployment.apply(given, objects => clients(objects, deployment.name, given.image!));
  await until('the clients run', 60, () => trial.cluster.pods.get(`${deployment.name}-clients`)?.status.phase === 'Running');
  const lines: string[] = [];
  const end = trial.cluster.kubectl.follow(['logs', `${deployment.name}-clients`, '--follow', '--timestamps'], line => lines.push(line));
  await until('the clients get answers', 60, () => lines.filter(line => line.includes('event=answer')).length > 100);

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
  (await Promise.all(ends.map(log => log()))).forEach((log, index) => story.take(index, log));
  await story.read();

  await deployment.kubectl('delete', 'pod', `${deployment.name}-clients`, '--wait=false');
  await end;
  const left = story.leavings;
  trial.same('times that a pod has left', left.length, 1 + 2 * rounds + 2); // by the deletion, each time by 3 to 1, by the rollout
  compare(trial, parseLog(lines.join('\n')), left, mayFail);
}

const forbidden: Check = {
  name: 'label-forbidden',
  promise: 'Without the right to it no pod becomes ready, its log and its last words say which right is missing, its worker works; with the right all is well.',
  pods: 2,
  seconds: 90,
  async run(trial) {
    const deployment = trial.deployment();
    const given = { ...props(trial, 'gently'), split: Split.count(1), replicas: 2 };
    await deployment.apply(given, objects => objects.find(object => object.kind === 'Role').rules = []);
    await until('its pods are there', 30, () => deployment.pods.length === 2);
    const told = await Promise.all([0, 1].map(index => deployment.logged(index, 'entrypoint', 'error', 90)));
    for (const [index, { fields }] of told.entries()) {
      trial.expect(fields.reason.includes(`the right to patch pod ${deployment.name}-${index} is missing (403, `), `the log says: ${fields.reason}`);
    }
    await deployment.logged(1, 'web', 'serving', 30);
    trial.same('ready pods', deployment.pods.filter(isReady).length, 0);
    const { pod } = await deployment.delete(1);
    const message = container(pod)?.state.terminated?.message ?? '';
    trial.expect(message.startsWith('stopped by TERM; role label: the right to patch'), `its last words: ${message.trim()}`);
    await deployment.apply(given);
    await deployment.ready(2, 90);
    trial.same('labels', deployment.pods.map(each => each.metadata.labels[LABEL]), ['sync', 'async']);
    const [log] = await Promise.all([deployment.log(0)]);
    trial.same('times that it is told', count(log, 'entrypoint', 'error'), 1);
    const patched = find(log, 'entrypoint', 'label');
    trial.see(`the label is set ${(patched.at - find(log, 'entrypoint', 'error').at).toFixed(1)} s after the first refusal`);
  },
};

const cold: Check = {
  name: 'label-service-cold',
  promise: 'Through the Service no request is answered by an asynchronous pod, and none fails: by a deletion, cold moves both ways, a rollout.',
  pods: 4,
  seconds: 300,
  run: trial => disturb(trial, props(trial, 'gently'), 1),
};

const warm: Check = {
  name: 'label-service-warm',
  promise: 'The same with warm moves.',
  pods: 4,
  seconds: 240,
  run: trial => disturb(trial, { ...props(trial, 'gently'), sharedProcesses: [program('model')] }, 3),
};

const atOnce: Check = {
  name: 'label-service-at-once',
  promise: 'The same with a server that ends all its connections at TERM: new ones do not fail.',
  pods: 4,
  seconds: 240,
  run: trial => disturb(trial, { ...props(trial, 'at-once'), sharedProcesses: [program('model')] }, 3, ['kept', 'grpc']),
};


export const LABELS = [forbidden, cold, warm, atOnce];
