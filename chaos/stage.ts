import { ask } from './demand';
import { Driver } from './driver';
import { Owner } from './owner';
import { LOAD, Settings } from './settings';
import { System } from './systems/system';
import { Kubectl } from '../cluster/kubectl';
import { isReady, Pod, Pods, restarts } from '../cluster/pods';
import { sleep, until } from '../util/wait';

/** Jobs that are older wait in a queue that has not been worked off. */
const OLD_JOB_SECONDS = 15;
/** More than four times the usual is a crowd that has waited for servers, and makes the next disruption look slow. */
const CROWD = 4 * (LOAD.plainRate + LOAD.transparentRate + LOAD.retryRate) * LOAD.requestSeconds;
/** How long all has to be well before it is believed. */
const WELL_SECONDS = 3;

/** What the run can do to the cluster beyond its own namespace. */
export interface Means {
  /** The label that closes a node to the pods of this run, and to no others. */
  readonly closed: string;
  /** The node on which driver, registry and queue are. */
  readonly home: string;
  readonly etcd: string;
  readonly rabbitmq: string;
  readonly etcdDownSeconds: number;
  /** How many nodes there are. */
  readonly nodes: number;
  readonly owner: Owner;
}

/**
 * The disruption itself could not be done, which says nothing about the system.
 */
export class Undone extends Error {}

/**
 * Something that is done to the system, and that the system has no part in.
 */
export function done<T>(doing: Promise<T>): Promise<T> {
  return doing.catch(({ message }) => { throw new Undone(message); });
}

/**
 * A system under load, and what can be done to it.
 */
export class Stage {
  constructor(
    public readonly kubectl: Kubectl,
    private readonly seen: Pods,
    public system: System,
    public readonly driver: Driver,
    public settings: Settings,
    public readonly base: Settings,
    public readonly means: Means,
    public readonly random: () => number,
  ) {}

  /**
   * Somebody has ended the run, and it is being cleaned up.
   */
  public get isOver(): boolean {
    return !this.seen.isWatching;
  }

  public get pods(): Pod[] {
    return this.seen.all.filter(pod => this.system.owns(pod) && pod.status.phase !== 'Failed'); // a Deployment keeps those that were evicted
  }

  public get syncPods(): Pod[] {
    return this.pods.filter(pod => this.system.isSync(pod, this.settings));
  }

  public get asyncPods(): Pod[] {
    return this.pods.filter(pod => !this.system.isSync(pod, this.settings));
  }

  /**
   * Applies the system with some other settings, the way a user does, and waits until the rollout is over where there is one.
   */
  public async change(settings: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    await this.apply();
    if (this.pods.length > 0) {
      // Mounted files are looked at about once a minute; an annotation makes the kubelet look now.
      await this.kubectl.run(['annotate', 'pods', ...this.pods.map(pod => pod.metadata.name), `chaos/hurried=${Date.now()}`, '--overwrite']);
    }
    await this.rolledOut();
  }

  public async apply(): Promise<void> {
    if (this.system.asks) {
      await done(ask(this.kubectl, this.settings.sync));
    }
    const objects = this.system.objects(this.settings);
    for (const { spec } of objects.filter(object => object.spec?.template)) {
      const { affinity = {} } = spec.template.spec;
      const open = { matchExpressions: [{ key: this.means.closed, operator: 'DoesNotExist' }] };
      spec.template.spec.affinity = { ...affinity, nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [open] } } };
    }
    await this.kubectl.apply(objects);
  }

  /**
   * Runs the service another way from now on: beside the old one until that is up, then the old one is deleted.
   */
  public async become(system: System): Promise<void> {
    const old = this.system;
    this.system = system;
    await this.apply();
    await this.rolledOut();
    await this.kubectl.print(['delete', ...old.workloads, '--cascade=foreground', '--timeout=300s']);
    await this.kubectl.delete(old.objects(this.settings));
  }

  /**
   * Scales by hand, which also allows what the library refuses in code: fewer pods than synchronous ones.
   */
  public async scale(replicas: number): Promise<void> {
    this.settings = { ...this.settings, replicas };
    await this.kubectl.print(['scale', ...this.system.workloads, `--replicas=${replicas}`]);
    await this.rolledOut();
  }

  public async rolledOut(): Promise<void> {
    for (const workload of this.system.workloads) {
      await this.kubectl.print(['rollout', 'status', workload, '--timeout=600s']);
    }
  }

  public async restart(): Promise<void> {
    await this.kubectl.print(['rollout', 'restart', ...this.system.workloads]);
    await this.rolledOut();
  }

  public delete(pod: Pod): Promise<string> {
    return this.kubectl.print(['delete', 'pod', pod.metadata.name, '--timeout=120s']);
  }

  /**
   * Sends a signal to a process in a pod, the oldest one where a pool has several, and waits until Kubernetes has noticed, if it does. Returns the moment
   * just before, by the clock of the pod's node.
   */
  public async kill(pod: Pod, process: string, signal: string): Promise<number> {
    const container = pod.spec.containers.find((each: any) => each.name === process) ?? pod.spec.containers[0];
    const before = restarts(pod);
    const { stdout, stderr } = await this.kubectl.run(['exec', pod.metadata.name, '--container', container.name, '--', 'sh', '-c', KILL, 'kill', PROGRAM[process], signal]);
    // The status says nothing: with the process the whole container may end, and this command with it.
    const [, at] = /^killing \d+ at (\d+\.\d+)$/m.exec(stdout) ?? [];
    if (at === undefined) {
      throw new Undone(`there is no ${process} to kill in ${pod.metadata.name} ${stderr}`.trim());
    }
    if (process !== 'registrar') { // that is started again in its container, of which Kubernetes hears nothing
      await until('noticed', 10, () => {
        const now = this.pods.find(({ metadata }) => metadata.uid === pod.metadata.uid);
        return !now || !isReady(now) || restarts(now) > before;
      }, 0.2).catch(() => {});
    }
    return Number(at);
  }

  /**
   * Job that a worker has begun last, and not ended.
   */
  public async jobOf(pod: Pod): Promise<string | undefined> {
    const { stdout } = await this.kubectl.run(['logs', pod.metadata.name, '--tail=5']);
    const [last = ''] = stdout.split('\n').filter(line => /event=job(-done)? /.test(line)).reverse();
    return /event=job id="(.*?)"/.exec(last)?.[1];
  }

  /**
   * Waits until all is as it should be, and returns since when it has been so, by the driver's clock; undefined when it does not come to that.
   */
  public async steady(seconds: number, wellSeconds: number = WELL_SECONDS): Promise<number | undefined> {
    const end = this.driver.now() + seconds;
    let since: number | undefined;
    while (this.driver.now() < end + wellSeconds) {
      const now = this.driver.now();
      since = this.trouble === undefined ? since ?? now : undefined;
      if (since === undefined && now > end) {
        return undefined;
      }
      if (since !== undefined && now >= since + wellSeconds) {
        return since;
      }
      await sleep(0.2);
    }
    return undefined;
  }

  /**
   * What is not as it should be.
   */
  public get trouble(): string | undefined {
    const { pods, settings: { replicas }, driver: { ledger } } = this;
    const sync = this.syncPods.map(pod => pod.metadata.name).sort();
    const notReady = pods.filter(pod => !isReady(pod)).map(pod => pod.metadata.name);
    if (pods.length !== replicas || notReady.length > 0) {
      return `${pods.length} pods, not ${replicas}; not ready: ${notReady.join() || 'none'}`;
    }
    if (ledger.servers.join() !== sync.join()) {
      return `the registry has ${ledger.servers.join() || 'nobody'}, not ${sync.join()}`;
    }
    const now = this.driver.now();
    for (let i = ledger.requests.length - 1; i >= 0 && ledger.requests[i].end > now - WELL_SECONDS; i--) {
      if (!ledger.requests[i].ok) {
        return `requests fail: ${ledger.requests[i].why}`;
      }
    }
    const requests = ledger.lastTick?.requests ?? 0;
    if (requests > CROWD) {
      return `${requests} requests in flight`;
    }
    const old = this.asyncPods.length > 0 ? ledger.open(now - OLD_JOB_SECONDS) : []; // without workers they wait, as they should
    return old.length > 0 ? `${old.length} old jobs, the oldest ${old[0].id}` : undefined;
  }
}

/** What the command line of each process holds. */
const PROGRAM: { [process: string]: string } = { model: 'model.py', server: 'server.py', registrar: 'register.py', worker: 'celery' };

// Shells are left out: their own command lines hold the names of programs too.
const KILL = `
pid=
for each in /proc/[0-9]*; do
  line=$(tr '\\0' ' ' <"$each/cmdline") 2>/dev/null
  case "\${line%% *}" in *python*) ;; *) continue ;; esac
  case "$line" in *" $1 "* | *"/$1 "*) ;; *) continue ;; esac
  each=\${each#/proc/}
  if [ -z "$pid" ] || [ "$each" -lt "$pid" ]; then pid=$each; fi
done
[ "$pid" ] && kill -0 "$pid" && echo "killing $pid at $(date +%s.%N)" && kill -s "$2" "$pid"
`;
