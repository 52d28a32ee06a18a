import { Duration } from 'cdk8s';
import { commandWords, MAX_NUMBER, oneOf, wholeNumber, wholeSeconds } from './private/checks';
import { countedWords } from './process';
import { scheduleCommand, ScheduleWindow, SplitScheduleOptions } from './schedule';

/**
 * How a new number of synchronous pods reaches pods that run already.
 */
export enum SplitMove {
  /**
   * The number is a value in a ConfigMap that the pods watch. A pod whose role changes stops its processes in order, and starts those of the other role, while
   * `sharedProcesses` go on; without those its container starts again in the other role. The pod, its GPU and its volumes stay, and no other pod notices. Anyone may
   * change the value, at any time and without a rollout, to any number; so both roles have to be given.
   */
  IN_PLACE = 'in-place',

  /**
   * The number is a part of the pod template. A new one replaces every pod, one after another, at the pace of the StatefulSet's update strategy.
   */
  ROLLOUT = 'rollout',
}

/**
 * Options for `Split.count`.
 */
export interface SplitCountOptions {
  /**
   * How a new number reaches pods that run already.
   *
   * @default SplitMove.IN_PLACE
   */
  readonly move?: SplitMove;
}

/**
 * Options for `Split.between`.
 */
export interface SplitBetweenOptions {
  /**
   * A command that prints the number of synchronous pods that is asked for: the length of a queue divided by what one pod does, the answer to a Prometheus query, the clock.
   * The first line that it prints is the number, and it has to end with 0. It is run in the pods between `min` and `max`, and only there, without a shell of its own, and
   * sees POD_NAME, POD_ORDINAL, SYNC_ASYNC_ROLE and SYNC_INSTANCE, the number as it is.
   *
   * Numbers below `min` and above `max` count as those. Anything else changes nothing: no answer in time, a status other than 0, `3.7`. The log says so once, and again when it
   * works. When it has no answer at the start of a pod, the pod is asynchronous; when only its container starts again, it stays what it was. A status of 64 then says
   * that it can never answer, and ends the container. What it leaves running is killed, and it may write at most 64 KiB to a file.
   *
   * Refused: what `command` of a process refuses, and at synth `$(SYNC_INSTANCE)`.
   */
  readonly demand: string[];

  /**
   * How often the demand is run, in whole seconds, at least 1.
   *
   * @default Duration.seconds(15)
   */
  readonly period?: Duration;

  /**
   * Time for the demand to answer, in whole seconds, at least 1. After it the demand is killed.
   *
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;

  /**
   * How long every answer has to be lower before the number becomes lower, in whole seconds, at most an hour: the highest answer in this time is the number. A higher answer is
   * followed at once, because callers wait and jobs can.
   *
   * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window
   * @default Duration.minutes(5)
   */
  readonly stabilizationWindow?: Duration;
}

/** A number that follows a demand. */
interface Between {
  readonly max: number;
  readonly name: string;
  readonly command: string[];
  readonly arguments: string[];
}

/**
 * The rule that gives every ordinal of a StatefulSet one of two roles, synchronous or asynchronous.
 */
export class Split {
  /**
   * The first `sync` pods are synchronous, all others asynchronous.
   *
   * Low ordinals are the last to go when a StatefulSet is made smaller and the last to be updated.
   *
   * Refused: what is no whole number from 0 to 999999, and more than a fixed number of replicas.
   *
   * @param sync Number of synchronous pods. With 0 all pods are asynchronous.
   * @param options How the number is moved later.
   */
  public static count(sync: number, options: SplitCountOptions = {}): Split {
    wholeNumber('sync', sync, 0, MAX_NUMBER, 'to count synchronous pods');
    const move = options.move ?? SplitMove.IN_PLACE;
    oneOf('move', move, SplitMove, 'to reach pods that run already');
    return new Split(sync, undefined, move);
  }

  /**
   * `sync` of every `of` pods are synchronous, spread evenly and exact at every number of replicas: of the first N pods `ceil(N * sync / of)` are
   * synchronous. The rule to use when an autoscaler moves the number of replicas.
   *
   * The share is a part of the pod template: another one replaces every pod. (Moved in place it would flip more pods than it has to: from 40 % to
   * 41 % of 100 pods are 47.)
   *
   * Refused: what is no whole number, a `sync` below 1 or above `of` (`Split.count(0)` makes every pod asynchronous), and an `of` above 1000, whose
   * products a 32-bit shell could not hold.
   *
   * @param sync Number of synchronous pods among `of`.
   * @param of Number of pods that the share is a part of.
   */
  public static share(sync: number, of: number): Split {
    wholeNumber('of', of, 1, 1000, 'to be what a share is a part of');
    wholeNumber('sync', sync, 1, of, `to be a share of ${of} pods`);
    return new Split(sync, of, SplitMove.ROLLOUT);
  }

  /**
   * The number of synchronous pods follows a demand: pods below `min` are always synchronous, pods from `max` on always asynchronous, and those between go by the number that a
   * command prints. So a fixed number of GPUs does by itself what callers and queue need, without a controller and without rights in the cluster. Give the model to
   * `sharedProcesses`, or every move loads it again.
   *
   * Each of the pods between asks by itself, so two of them may differ for one period.
   *
   * A SYNC_INSTANCE in the values' ConfigMap, which is not there by default, pins the number for as long as it is there, also below `min` and above `max`: people win over programs.
   *
   * Refused: what is no whole number from 0 to 999999, a `min` that is not below `max`, and a `max` above a fixed number of replicas.
   *
   * @param min The fewest synchronous pods.
   * @param max The most synchronous pods.
   * @param options The demand, and how it is followed.
   */
  public static between(min: number, max: number, options: SplitBetweenOptions): Split {
    return Split.following(`Split.between(${min}, ${max})`, min, max, options);
  }

  /**
   * The number of synchronous pods follows the clock: another way to write a demand. The first window that the time is in counts.
   *
   * The image needs `date`, and the data of the time zone.
   *
   * Refused: what `ScheduleWindow` and `SplitScheduleOptions` refuse.
   *
   * @param windows Times with a number.
   * @param options The number at all other times, and the time zone.
   */
  public static schedule(windows: ScheduleWindow[], options: SplitScheduleOptions): Split {
    const demand = scheduleCommand(windows, options);
    const numbers = [options.otherwise, ...windows.map(({ sync }) => sync)];
    const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
    if (min === max) {
      throw new Error(`'otherwise' (${min}) must be another number than that of some window in order for the number to change; use Split.count(${min}).`);
    }
    // A clock is no load: what it says is meant.
    return Split.following('Split.schedule', min, max, { demand, stabilizationWindow: Duration.seconds(0) });
  }

  private static following(name: string, min: number, max: number, options: SplitBetweenOptions): Split {
    wholeNumber('max', max, 1, MAX_NUMBER, 'to be the most synchronous pods');
    wholeNumber('min', min, 0, max - 1, `to be fewer than the most synchronous pods (${max})`);
    const command = commandWords('demand', options?.demand);
    const period = wholeSeconds('period', options.period ?? Duration.seconds(15), 1);
    const timeout = wholeSeconds('timeout', options.timeout ?? Duration.seconds(10), 1);
    const window = wholeSeconds('stabilizationWindow', options.stabilizationWindow ?? Duration.minutes(5), 0);
    wholeNumber('stabilizationWindow', window, 0, 3600, 'to be at most an hour of seconds');
    const timing = [`demand-period=${period}`, `demand-timeout=${timeout}`, `stabilization-window=${window}`];
    return new Split(min, undefined, SplitMove.IN_PLACE, { max, name, command, arguments: [...timing, ...countedWords('demand', command)] });
  }

  private constructor(
    private readonly sync: number, private readonly of: number | undefined, private readonly move: SplitMove, private readonly following?: Between,
  ) {}

  /**
   * Whether the pod with this ordinal is synchronous. Where a number follows a demand: whether it always is.
   *
   * Refused: what is no whole number from 0 to 999999.
   *
   * @param ordinal The number at the end of the pod's name.
   */
  public isSync(ordinal: number): boolean {
    wholeNumber('ordinal', ordinal, 0, MAX_NUMBER, 'to be the ordinal of a pod');
    return this.of === undefined ? ordinal < this.sync : this.syncAmong(ordinal + 1, this.of) > this.syncAmong(ordinal, this.of);
  }

  /**
   * The ordinals of the synchronous pods among the first `replicas` pods, in rising order.
   *
   * Refused: what is no whole number from 0 to 999999.
   *
   * @param replicas Number of pods.
   */
  public syncOrdinals(replicas: number): number[] {
    wholeNumber('replicas', replicas, 0, MAX_NUMBER, 'to be a number of pods');
    return [...Array(replicas).keys()].filter(ordinal => this.isSync(ordinal));
  }

  /**
   * The number of pods that are synchronous whatever the number of replicas is; undefined for a share.
   *
   * @internal
   */
  public get _count(): number | undefined {
    return this.of === undefined ? this.sync : undefined;
  }

  /**
   * The most pods that this can be; undefined for a share.
   *
   * @internal
   */
  public get _most(): number | undefined {
    return this.following?.max ?? this._count;
  }

  /**
   * Whether running pods watch the values' ConfigMap; else the split lives in the template.
   *
   * @internal
   */
  public get _watches(): boolean {
    return this.move === SplitMove.IN_PLACE;
  }

  /**
   * The number in the ConfigMap that running pods watch; undefined when there is none.
   *
   * @internal
   */
  public get _watched(): number | undefined {
    return this._watches && !this.following ? this.sync : undefined;
  }

  /**
   * The command whose number is followed.
   *
   * @internal
   */
  public get _demand(): string[] {
    return this.following?.command ?? [];
  }

  /**
   * Whether some pod can be synchronous.
   *
   * @internal
   */
  public get _needsSync(): boolean {
    return this.sync > 0 || this._watches;
  }

  /**
   * Whether some pod can be asynchronous.
   *
   * @internal
   */
  public _needsAsync(replicas: number | undefined): boolean {
    if (this._watches) {
      return true;
    }
    return this.of === undefined ? replicas === undefined || this.sync < replicas : this.sync < this.of;
  }

  /**
   * The split as the entrypoint reads it.
   *
   * @internal
   */
  public get _arguments(): string[] {
    if (this.following) {
      return [`split=between:${this.sync}/${this.following.max}`, ...this.following.arguments];
    }
    if (this.of !== undefined) {
      return [`split=share:${this.sync}/${this.of}`];
    }
    return [this._watches ? 'split=count' : `split=count:${this.sync}`];
  }

  /**
   * How the split is called in messages.
   *
   * @internal
   */
  public get _name(): string {
    return this.following?.name ?? (this.of === undefined ? `Split.count(${this.sync})` : `Split.share(${this.sync}, ${this.of})`);
  }

  private syncAmong(pods: number, of: number): number {
    return Math.ceil(pods * this.sync / of);
  }
}
