import { count, Event, parseLog } from './log';
import { service, ServiceProps } from './service';
import { Kubectl } from '../../cluster/kubectl';
import { container, isReady, ordinal, Pod, Pods, restarts } from '../../cluster/pods';
import { until } from '../../util/wait';

export interface Cluster {
  readonly kubectl: Kubectl;
  readonly pods: Pods;
  readonly image: string;
  /** Whole GPUs that the nodes offer; 0 where there is none. */
  readonly gpus: number;
  /** A script to run in the place of the library's. */
  readonly script?: string;
  /** What the names of the OCR example's images begin with, where there are any. */
  readonly ocrImages?: string;
}

/**
 * A kubelet no longer knows how a container ended that it has started again. It keeps one dead container of each; when it cleans up between the creation
 * and the start of the next one, it takes that for dead too, and keeps it in the other's place.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/kuberuntime/kuberuntime_gc.go#L192
 */
export class Forgotten extends Error {}

/**
 * A probe service on the cluster.
 */
export class Deployment {
  private applied: any[] = [];

  constructor(private readonly cluster: Cluster, public readonly name: string) {}

  /**
   * Synthesizes the service and applies it, the first time and every time after. `alter` may change the objects in between.
   */
  public async apply(props: ServiceProps, alter: (objects: any[]) => void = () => {}): Promise<void> {
    const objects = service(this.name, this.cluster, props);
    alter(objects);
    await this.applyObjects(objects);
  }

  public async applyObjects(objects: any[]): Promise<void> {
    this.applied = objects;
    await this.cluster.kubectl.apply(objects);
  }

  /**
   * The name of the ConfigMap that holds the split.
   */
  public get values(): string {
    return this.applied.find(object => object.kind === 'ConfigMap' && object.data.INSTANCE !== undefined).metadata.name;
  }

  public get pods(): Pod[] {
    return this.cluster.pods.of(this.name);
  }

  public pod(index: number): Pod {
    const found = this.pods.find(pod => ordinal(pod) === index);
    if (!found) {
      throw new Error(`there is no pod ${this.name}-${index}`);
    }
    return found;
  }

  public get uids(): string {
    return this.pods.map(pod => pod.metadata.uid).join();
  }

  public get restarts(): string {
    return this.pods.map(restarts).join();
  }

  /**
   * Every pod in a few words, for errors.
   */
  public get brief(): string {
    return this.pods.map(describeBriefly).join(', ');
  }

  /**
   * Waits until there are exactly so many pods, and every one is ready.
   */
  public async ready(pods: number, seconds: number = 90): Promise<void> {
    await until(() => `${pods} ready pods of ${this.name}; ${this.brief}`, seconds, () => this.pods.length === pods && this.pods.every(isReady), 0.2);
  }

  /**
   * Waits until the container of a pod has been started again so many times, and the pod is ready.
   */
  public async restarted(index: number, times: number, seconds: number = 90): Promise<void> {
    await until(() => `${this.name}-${index} ready after restart ${times}; ${this.brief}`, seconds,
      () => restarts(this.pod(index)) >= times && isReady(this.pod(index)), 0.2);
  }

  /**
   * Waits until the container of a pod has come to run so many times, by its start and by warm moves, and the pod is ready.
   */
  public async moved(index: number, times: number, seconds: number = 90): Promise<void> {
    await until(() => `${this.name}-${index} runs for the ${times}. time; ${this.brief}`, seconds,
      async () => isReady(this.pod(index)) && count(await this.log(index), 'entrypoint', 'running') === times, 0.5);
  }

  /**
   * What the container of a pod has logged, or its predecessor in the same pod, which the kubelet may find a little later.
   */
  public async log(index: number, options: { previous?: boolean } = {}): Promise<Event[]> {
    const args = [...this.logOf(index), ...options.previous ? ['--previous'] : []];
    let refusal = '';
    const { stdout } = await until(`${this.name}-${index} has a log`, options.previous ? 15 : 60, async () => { // a container may still be made
      const output = await this.cluster.kubectl.run(args);
      refusal = output.stderr.trim();
      return output.status === 0 ? output : undefined;
    }).catch(error => {
      throw options.previous && /previous terminated container .* not found/.test(refusal) ? new Forgotten(refusal) : new Error(`${error.message}: ${refusal}`);
    });
    return parseLog(stdout);
  }

  /**
   * Waits for a line of the log.
   */
  public logged(index: number, by: string, event: string, seconds: number): Promise<Event> {
    return until(`${this.name}-${index} logs ${event} by ${by}`, seconds, async () => (await this.log(index)).find(e => e.by === by && e.event === event));
  }

  /**
   * Follows the log of a pod, whatever happens to the pod. What is returned, once it has begun, waits for its end.
   */
  public async follow(index: number): Promise<() => Promise<Event[]>> {
    const lines: string[] = [];
    const end = this.cluster.kubectl.follow([...this.logOf(index), '--follow'], line => lines.push(line));
    await until('the log begins', 20, () => lines.length > 0, 0.1);
    return async () => {
      await end;
      return parseLog(lines.join('\n'));
    };
  }

  /**
   * Deletes a pod, and returns its log from the beginning to the end, and the last that was seen of it.
   */
  public async delete(index: number): Promise<{ log: Event[]; pod: Pod; seconds: number }> {
    const uid = this.pod(index).metadata.uid;
    const begin = Date.now();
    const end = await this.follow(index);
    await this.kubectl('delete', 'pod', `${this.name}-${index}`, '--wait=false');
    const log = await end();
    await until(`${this.name}-${index} is gone`, 60, () => this.cluster.pods.get(`${this.name}-${index}`)?.metadata.uid !== uid, 0.2);
    return { log, pod: this.cluster.pods.history(uid).at(-1)!, seconds: (Date.now() - begin) / 1000 };
  }

  /**
   * Runs a line of shell beside the entrypoint.
   */
  public exec(index: number, line: string): Promise<string> {
    return this.kubectl('exec', `${this.name}-${index}`, `--container=${this.mainContainer(index)}`, '--', 'sh', '-c', line);
  }

  /**
   * Sends a signal to a process of the probe service.
   */
  public signal(index: number, process: string, signal: string): Promise<string> {
    return this.exec(index, `sh /probe/program.sh kill ${process} ${signal}`);
  }

  /**
   * Makes the kubelets look at every pod at once, and so at the mounted files too, which they do otherwise about once a minute.
   */
  public hurry(): Promise<string> {
    return this.kubectl('annotate', 'pods', ...this.pods.map(pod => pod.metadata.name), `conformance/hurried=${Date.now()}`, '--overwrite');
  }

  /**
   * Writes a value of the split's ConfigMap by hand; null takes it away.
   */
  public async setSplit(value: string | null): Promise<void> {
    await this.kubectl('patch', 'configmap', this.values, '--patch', JSON.stringify({ data: { SYNC_INSTANCE: value } }));
    await this.hurry();
  }

  /**
   * The part of `kubectl describe pod` about the last end of the container.
   */
  public async describeLastEnd(index: number): Promise<{ exitCode: number; message: string }> {
    const text = await this.kubectl('describe', 'pod', `${this.name}-${index}`);
    const part = /Last State:\s+Terminated([\s\S]*?)Finished:/.exec(text)?.[1];
    if (part === undefined) {
      throw new Forgotten(`${this.name}-${index} has no last state`);
    }
    return {
      exitCode: Number(/Exit Code:\s+(\d+)/.exec(part)?.[1] ?? -1),
      message: /Message:\s+([\s\S]*?)\n\s+Exit Code:/.exec(part)?.[1].trim() ?? '',
    };
  }

  public kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl.print(args);
  }

  /**
   * Takes everything away, so that the next check finds its GPUs free.
   */
  public async remove(): Promise<void> {
    if (this.applied.length > 0) {
      await this.cluster.kubectl.delete(this.applied);
      await until(`the pods of ${this.name} are gone`, 120, () => this.pods.length === 0, 0.5);
    }
  }

  private logOf(index: number): string[] {
    return ['logs', `${this.name}-${index}`, `--container=${this.mainContainer(index)}`, '--timestamps'];
  }

  private mainContainer(index: number): string {
    return this.pod(index).spec.containers[0].name;
  }
}

function describeBriefly(pod: Pod): string {
  const status = container(pod);
  return `${pod.metadata.name} ${isReady(pod) ? 'ready' : 'not ready'}, ${restarts(pod)} restarts, now ${JSON.stringify(status?.state)}, before ${JSON.stringify(status?.lastState)}`;
}
