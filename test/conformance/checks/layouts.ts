import { Duration } from 'cdk8s';
import { SyncAsyncDeploymentsProps } from 'cdk8s-sync-async';
import { isReady, Pod } from '../../../cluster/pods';
import { until } from '../../../util/wait';
import { Check, Trial } from '../check';
import { Event, find, parseLog } from '../log';
import { deployments, program } from '../service';
import { LABEL, web, webProps, withClients } from '../web';

/** How long the server of a pod that is to go answers on, so that everyone has heard of it. */
const STOP_DELAY = 5;

/** The web service in two Deployments, of two pods each. */
class Two {
  private readonly objects: any[];

  constructor(private readonly trial: Trial, private readonly name: string) {
    const { split, replicas, roleLabel, ...pods } = webProps(trial, 'gently');
    const props: Partial<SyncAsyncDeploymentsProps> = {
      ...pods,
      syncRole: { processes: [{ ...web('gently'), stopDelay: Duration.seconds(STOP_DELAY) }, program('registrar')] },
      syncDeployment: { replicas: 2 },
      asyncDeployment: { replicas: 2 },
    };
    this.objects = deployments(name, trial.cluster, props);
  }

  public get workloads(): string[] {
    return ['sync', 'async'].map(role => `deployment/${this.name}-${role}`);
  }

  public get pods(): Pod[] {
    return this.trial.cluster.pods.all.filter(({ metadata }) => ['sync', 'async'].some(role => metadata.name.startsWith(`${this.name}-${role}-`)));
  }

  public roleOf({ metadata }: Pod): string {
    return metadata.name.startsWith(`${this.name}-sync-`) ? 'sync' : 'async';
  }

  /** What there is beside the Service, which comes when its pods are ready. */
  public async apply(): Promise<void> {
    await this.trial.cluster.kubectl.apply(this.objects.filter(({ kind }) => kind !== 'Service'));
    for (const workload of this.workloads) await this.trial.cluster.kubectl.print(['rollout', 'status', workload, '--timeout=240s']);
  }

  /** Its own pods only, unless other labels are said. */
  public async applyService(labels?: { [key: string]: string }): Promise<void> {
    const { spec, ...service } = this.objects.find(({ kind }) => kind === 'Service');
    await this.trial.cluster.kubectl.apply([{ ...service, spec: { ...spec, selector: labels ?? spec.selector } }]);
  }

  public async log(pod: Pod): Promise<Event[]> {
    return parseLog(await this.trial.cluster.kubectl.print(['logs', pod.metadata.name, '--timestamps']));
  }

  /** Everything goes; what of it belongs to the other layout too is told by whoever calls. */
  public async remove(...kept: string[]): Promise<void> {
    await this.trial.cluster.kubectl.delete(this.objects.filter(({ kind }) => !kept.includes(kind)));
    await until(`the pods of ${this.name} are gone`, 120, () => this.pods.length === 0, 0.5);
  }
}

/** The addresses that a Service leads to. */
async function addresses({ cluster: { kubectl } }: Trial, name: string): Promise<string[]> {
  const { items } = await kubectl.json(['get', 'endpointslices', `--selector=kubernetes.io/service-name=${name}`]);
  const endpoints: any[] = items.flatMap((slice: any) => slice.endpoints ?? []);
  return endpoints.filter(({ conditions }) => conditions.ready).flatMap(each => each.addresses).sort();
}

async function roles(trial: Trial): Promise<void> {
  const { kubectl, pods } = trial.cluster;
  const two = new Two(trial, trial.name);
  try {
    await two.apply();
    await two.applyService();
    for (const pod of two.pods) {
      const { fields } = find(await two.log(pod), 'entrypoint', 'start');
      trial.same(`${pod.metadata.name} is`, [fields.role, fields.ordinal ?? 'no ordinal', pod.metadata.labels[LABEL]], [two.roleOf(pod), 'no ordinal', two.roleOf(pod)]);
    }
    const sync = two.pods.filter(pod => two.roleOf(pod) === 'sync');
    trial.same('the Service leads to', await addresses(trial, `${trial.name}-web`), sync.map(pod => pod.status.podIP!).sort());

    const { metadata: { name, uid } } = sync[0];
    const lines: string[] = [];
    const end = kubectl.follow(['logs', name, '--follow', '--timestamps'], line => lines.push(line));
    await until('the log begins', 20, () => lines.length > 0, 0.1);
    await kubectl.print(['delete', 'pod', name, '--wait=false']);
    await end;
    await until(`${name} is gone`, 60, () => pods.get(name)?.metadata.uid !== uid, 0.2);
    const asked = parseLog(lines.join('\n')).filter(({ event }) => event === 'stop-signal');
    trial.same('a synchronous pod that is deleted asks', asked.map(({ fields }) => fields.process), ['registrar', 'web']);
    trial.expect(asked[1].at - asked[0].at >= STOP_DELAY, `the server ${(asked[1].at - asked[0].at).toFixed(1)} s after the registrar`);
    trial.same('and ends with', pods.history(uid).at(-1)!.status.containerStatuses?.[0].state.terminated?.exitCode, 0);
    await until('another one is there', 120, () => two.pods.length === 4 && two.pods.every(isReady));
  } finally {
    await two.remove();
  }
}

/** As docs/deployments.md says, both ways. */
async function change(trial: Trial): Promise<void> {
  const { kubectl } = trial.cluster;
  const set = trial.deployment();
  const given = webProps(trial, 'gently');
  const end = await withClients(trial, set, given);
  const two = new Two(trial, set.name);
  /** One Service for both layouts, before the old one goes. */
  const widen = async () => {
    await two.applyService({ 'app.kubernetes.io/instance': set.name, [LABEL]: 'sync' });
    const ready = () => [...set.pods, ...two.pods].filter(pod => isReady(pod) && pod.metadata.labels[LABEL] === 'sync').map(pod => pod.status.podIP!).sort();
    await until(() => `the Service leads to both layouts, ${ready()}`, 30, async () => (await addresses(trial, `${set.name}-web`)).join() === ready().join(), 0.2);
    trial.same('synchronous pods of both layouts', ready().length, 4);
  };
  try {
    await two.apply();
    await widen();
    await kubectl.print(['delete', `statefulset/${set.name}`, '--cascade=foreground']);
    await until('the pods of the StatefulSet are gone', 120, () => set.pods.length === 0, 0.5);
    await two.applyService();
    trial.see(`two Deployments: ${two.pods.map(({ metadata }) => metadata.name)}`);

    await set.apply(given, objects => objects.splice(0, objects.length, ...objects.filter(({ metadata }) => metadata.name !== `${set.name}-web`)));
    await set.ready(given.replicas, 240);
    await widen();
    await kubectl.print(['delete', ...two.workloads, '--cascade=foreground']);
    await until('the pods of the Deployments are gone', 120, () => two.pods.length === 0, 0.5);
    await set.apply(given);
  } finally {
    await two.remove('ConfigMap', 'Service');
  }

  const log = await end();
  const [answers, failures] = ['answer', 'failure'].map(what => log.filter(({ event }) => event === what));
  for (const kind of ['fresh', 'kept', 'grpc']) {
    const [own, failed] = [answers, failures].map(events => events.filter(({ fields }) => fields.kind === kind));
    trial.expect(own.length > 200 && failed.length === 0, `${kind}: ${own.length} answers, ${failed.length} failures${failed.map(({ fields }) => ` ${fields.error}`).slice(0, 4)}`);
    trial.same(`${kind}: answers by asynchronous pods`, own.filter(({ fields }) => fields.role !== 'sync').length, 0);
  }
  const by = (prefix: RegExp) => answers.filter(({ fields }) => prefix.test(fields.pod)).length;
  const [inSet, inTwo] = [by(new RegExp(`^${set.name}-\\d$`)), by(new RegExp(`^${set.name}-sync-`))];
  trial.expect(inSet > 100 && inTwo > 100, `${inSet} answers by the StatefulSet, ${inTwo} by the Deployment`);
}

const two: Check = {
  name: 'two-deployments',
  promise: 'In two Deployments each pod has its Deployment\'s role and label, without an ordinal; the Service leads to synchronous ones only; a stop is in order and ends with 0.',
  pods: 5,
  seconds: 120,
  run: roles,
};

const layouts: Check = {
  name: 'change-of-layout',
  promise: 'From a StatefulSet to two Deployments and back no request fails by the Service, and none is answered by an asynchronous pod.',
  pods: 8,
  seconds: 170,
  run: change,
};

export const LAYOUTS = [two, layouts];
