import { Watch } from './watch';
import { Numbers, Place, Way } from './ways';
import { Kubectl } from '../../test/conformance/kubectl';
import { isReady, Pod } from '../../test/conformance/pods';
import { since, until } from '../../test/conformance/wait';

/** What a change did. */
export interface Change {
  readonly created: number;
  readonly restarted: number;
  /** Seconds until so many pods answered for the first time as were wanted, and until nothing was under way any more. */
  readonly answering: number;
  readonly settled: number;
}

/**
 * One way, tried on the cluster.
 */
export class Trial {
  private numbers: Numbers = { pods: 10, sync: 4 };

  constructor(private readonly kubectl: Kubectl, private readonly watch: Watch, private readonly way: Way, private readonly place: Place) {}

  public async begin(): Promise<void> {
    await this.apply(this.numbers);
    await this.until(90, () => this.isSettled);
  }

  /** Brings about other numbers, by `act` or else by applying what has them, and says what that did. */
  public async change(numbers: Numbers, act: () => Promise<unknown> = () => this.apply(numbers)): Promise<Change> {
    const before = { uids: this.watch.everOf(this.way.name), restarts: this.watch.restartsOf(this.way.name), pods: this.numbers.pods };
    this.numbers = numbers;
    const begin = Date.now();
    await act();
    await this.until(420, () => this.answering === numbers.sync);
    const answering = since(begin);
    await this.until(420, () => this.answering === numbers.sync && this.isSettled);
    return {
      created: this.watch.everOf(this.way.name).length - before.uids.length - Math.max(0, numbers.pods - before.pods),
      restarted: this.watch.restartsOf(this.way.name) - before.restarts,
      answering,
      settled: since(begin),
    };
  }

  public async end(): Promise<void> {
    await this.kubectl.print(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], this.list(this.numbers));
    await this.until(120, () => this.watch.of(this.way.name).length === 0);
  }

  /** All pods that are there and not ending. */
  public get pods(): Pod[] {
    return this.watch.of(this.way.name).filter(pod => !pod.metadata.deletionTimestamp);
  }

  private get answering(): number {
    return this.pods.filter(pod => isReady(pod) && this.way.isSync(pod, this.numbers)).length;
  }

  /** Everyone is there and ready, and knows the numbers. */
  private get isSettled(): boolean {
    const all = this.watch.of(this.way.name);
    return all.length === this.numbers.pods && all.every(pod => isReady(pod) && this.way.isCurrent(pod, this.numbers));
  }

  private apply(numbers: Numbers): Promise<string> {
    return this.kubectl.apply(this.way.objects(this.place, numbers));
  }

  private list(numbers: Numbers): string {
    return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: this.way.objects(this.place, numbers) });
  }

  private until(seconds: number, condition: () => boolean): Promise<unknown> {
    return until(`${this.way.name} is as wanted`, seconds, condition, 0.05).catch(error => {
      throw new Error(`${error.message}; ${this.watch.brief(this.way.name)}`);
    });
  }
}
