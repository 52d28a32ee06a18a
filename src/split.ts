import { MAX_NUMBER, oneOf, wholeNumber } from './private/checks';

/**
 * How a new number of synchronous pods reaches pods that run already.
 */
export enum SplitMove {
  /**
   * The number is a value in a ConfigMap that the pods watch. A pod whose role changes stops its processes in order, and its container starts again in
   * the other role: the pod, its GPU and its volumes stay, and no other pod notices. Anyone may change the value, at any time and without a rollout,
   * to any number; so both roles have to be given.
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

  private constructor(private readonly sync: number, private readonly of: number | undefined, private readonly move: SplitMove) {}

  /**
   * Whether the pod with this ordinal is synchronous.
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
   * The number of synchronous pods that is asked for whatever the number of replicas is; undefined for a share.
   *
   * @internal
   */
  public get _count(): number | undefined {
    return this.of === undefined ? this.sync : undefined;
  }

  /**
   * The number in the ConfigMap that running pods watch; undefined when the split lives in the template.
   *
   * @internal
   */
  public get _watched(): number | undefined {
    return this.move === SplitMove.IN_PLACE ? this.sync : undefined;
  }

  /**
   * Whether some pod can be synchronous.
   *
   * @internal
   */
  public get _needsSync(): boolean {
    return this.sync > 0 || this.move === SplitMove.IN_PLACE;
  }

  /**
   * Whether some pod can be asynchronous.
   *
   * @internal
   */
  public _needsAsync(replicas: number | undefined): boolean {
    if (this.move === SplitMove.IN_PLACE) {
      return true;
    }
    return this.of === undefined ? replicas === undefined || this.sync < replicas : this.sync < this.of;
  }

  /**
   * The split as the entrypoint reads it.
   *
   * @internal
   */
  public get _argument(): string {
    if (this.of !== undefined) {
      return `share:${this.sync}/${this.of}`;
    }
    return this.move === SplitMove.IN_PLACE ? 'count' : `count:${this.sync}`;
  }

  /**
   * How the split is called in messages.
   *
   * @internal
   */
  public get _name(): string {
    return this.of === undefined ? `Split.count(${this.sync})` : `Split.share(${this.sync}, ${this.of})`;
  }

  private syncAmong(pods: number, of: number): number {
    return Math.ceil(pods * this.sync / of);
  }
}
