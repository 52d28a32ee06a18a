import { Watch } from './watch';
import { ANSWERS, Numbers, Place, Way } from './ways';
import { Kubectl } from '../../cluster/kubectl';
import { isReady, Pod } from '../../cluster/pods';
import { since, until } from '../../util/wait';

/** What a change did. */
export interface Change {
  readonly created: number;
  readonly restarted: number;
  /** Seconds until so many pods answered as were wanted, by the clock of their logs, and until nothing was under way any more. */
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
    const last = await until(() => `${this.way.name} answers; ${this.watch.brief(this.way.name)}`, 420, async () => this.lastToAnswer(), 0.5);
    await this.until(420, () => this.isSettled);
    return {
      created: this.watch.everOf(this.way.name).length - before.uids.length - Math.max(0, numbers.pods - before.pods),
      restarted: this.watch.restartsOf(this.way.name) - before.restarts,
      answering: (last - begin) / 1000,
      settled: since(begin),
    };
  }

  public async end(): Promise<void> {
    await this.kubectl.delete(this.way.objects(this.place, this.numbers));
    await this.until(120, () => this.watch.of(this.way.name).length === 0);
  }

  /** All pods that are there and not ending. */
  public get pods(): Pod[] {
    return this.watch.of(this.way.name).filter(pod => !pod.metadata.deletionTimestamp);
  }

  /** When the last of the synchronous pods began to answer; nothing while one of them does not. */
  private async lastToAnswer(): Promise<number | undefined> {
    const pods = this.pods.filter(pod => this.way.isSync(pod, this.numbers));
    const times = await Promise.all(pods.map(async pod => {
      const { stdout } = await this.kubectl.run(['logs', pod.metadata.name, '--timestamps', '--tail=100']);
      const line = stdout.split('\n').find(each => each.endsWith(` ${ANSWERS}`));
      return line && Date.parse(line.split(' ')[0]);
    }));
    return times.length === this.numbers.sync && times.every(Boolean) ? Math.max(...times as number[]) : undefined;
  }

  /** Everyone is there and ready, and knows the numbers. */
  private get isSettled(): boolean {
    const all = this.watch.of(this.way.name);
    return all.length === this.numbers.pods && all.every(pod => isReady(pod) && this.way.isCurrent(pod, this.numbers));
  }

  private apply(numbers: Numbers): Promise<string> {
    return this.kubectl.apply(this.way.objects(this.place, numbers));
  }

  private until(seconds: number, condition: () => boolean): Promise<unknown> {
    return until(() => `${this.way.name} is as wanted; ${this.watch.brief(this.way.name)}`, seconds, condition, 0.05);
  }
}
