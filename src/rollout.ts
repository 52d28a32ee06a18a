import * as kplus from 'cdk8s-plus-27';
import { MAX_NUMBER, wholeNumber } from './private/checks';
import { Split } from './split';

/**
 * Options for `Rollout`.
 */
export interface RolloutOptions {
  /**
   * The most pods, of both roles together, that may be unavailable at a time while a new template is rolled out: so many are replaced at once. A pod that is unavailable for another reason counts
   * too.
   *
   * **Clusters honor it from Kubernetes 1.37 on.** Where the feature gate MaxUnavailableStatefulSet is off, as by default in 1.35.4 and 1.36, the API server drops it and pods are replaced one after
   * another. In 1.35.0 to 1.35.3 it is on. Where it is on in 1.35 a rollout with `PodManagementPolicy.PARALLEL` does not replace broken pods, whether this is given or not: they have to be deleted.
   * So a warning is printed unless `maxUnavailableEnabled` says that all is well.
   *
   * Refused: what is no whole number from 1 to 999999. A percentage would be one of all pods, and is rounded up in one place of Kubernetes' documentation, and down in another.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#maximum-unavailable-pods
   * @default - 1, as in every cluster.
   */
  readonly maxUnavailable?: number;

  /**
   * Whether the cluster honors `maxUnavailable`: it has Kubernetes 1.37 or newer, or the feature gate MaxUnavailableStatefulSet is on. Then no warning is printed.
   *
   * @default false
   */
  readonly maxUnavailableEnabled?: boolean;
}

/**
 * Which pods a new template reaches, and how many at a time. From the highest ordinal on, so that with a count asynchronous pods are first.
 *
 * Pods that it does not reach stay as they are, and are created from the old template again when they are lost. To go on with them, synthesize with another `Rollout`, usually `toAll`. To go back,
 * synthesize with the old image or commands.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions
 */
export class Rollout {
  /**
   * Every pod.
   *
   * @param options How many at a time.
   */
  public static toAll(options: RolloutOptions = {}): Rollout {
    return new Rollout(() => 0, options);
  }

  /**
   * Only the pods that are always asynchronous: workers are the canary, since a job that fails can be done again. Synchronous pods keep the old template until the next synthesis with `toAll`.
   *
   * Where the number of synchronous pods follows a demand, these are the pods from `max` on. A count that somebody has moved in the cluster is not known here: it is the count of the code.
   *
   * Refused: without a split, with a share, whose synchronous pods are spread over all ordinals, and where no pod is always asynchronous.
   *
   * @param options How many at a time.
   */
  public static asyncFirst(options: RolloutOptions = {}): Rollout {
    const name = 'Rollout.asyncFirst()';
    return new Rollout((split, _replicas, most) => {
      if (split?._most === undefined) {
        const why = split ? `${split._name} spreads the roles over all of them; use Rollout.canary(1)` : '\'split\' is none, every pod is synchronous';
        return `'rollout' (${name}) must come with a split by count, or between two, in order for asynchronous pods to be those with the highest ordinals: ${why}.`;
      }
      if (most !== undefined && split._most >= Math.max(1, most)) {
        return `'rollout' (${name}) must leave some of the ${most} pods always asynchronous in order to reach any: 'split' is ${split._name}.`;
      }
      return split._most;
    }, options);
  }

  /**
   * Only the last pods, those with the highest ordinals: with a count these are asynchronous ones, if there are that many. All others keep the old template until the next synthesis with `toAll`.
   *
   * Refused: what is no whole number of at least 1, as many pods as there are or more, and where an autoscaler decides how many there are.
   *
   * @param pods Number of pods that get the new template.
   * @param options How many at a time.
   */
  public static canary(pods: number, options: RolloutOptions = {}): Rollout {
    wholeNumber('pods', pods, 1, MAX_NUMBER, 'to be the number of pods that get the new template');
    const name = `Rollout.canary(${pods})`;
    return new Rollout((_split, replicas) => {
      if (replicas === undefined) {
        return `'rollout' (${name}) must come with fixed 'replicas' in order to know which pods are the last.`;
      }
      if (pods >= replicas) {
        return `'rollout' (${name}) must be fewer pods than 'replicas' (${replicas}) in order to be a canary.`;
      }
      return replicas - pods;
    }, options);
  }

  private readonly maxUnavailable?: number;
  private readonly enabled: boolean;

  private constructor(
    /** Or why there is none. */
    private readonly partition: (split?: Split, replicas?: number, most?: number) => number | string, options: RolloutOptions,
  ) {
    this.maxUnavailable = options.maxUnavailable;
    this.enabled = options.maxUnavailableEnabled ?? false;
    if (this.maxUnavailable !== undefined) {
      wholeNumber('maxUnavailable', this.maxUnavailable, 1, MAX_NUMBER, 'to be a number of pods that are replaced at a time');
    }
  }

  /**
   * What does not go together with so many pods, which are undefined where an autoscaler decides. How many it lets there be at most is known at synth, if at all.
   *
   * @internal
   */
  public _problems(split: Split | undefined, replicas: number | undefined, most: number | undefined = replicas): string[] {
    return [this.partition(split, replicas, most)].filter(each => typeof each === 'string');
  }

  /**
   * The rollout as Kubernetes reads it, where there is no problem.
   *
   * @internal
   */
  public _strategy(split: Split | undefined, replicas: number | undefined): kplus.k8s.StatefulSetUpdateStrategy {
    const maxUnavailable = this.maxUnavailable === undefined ? undefined : kplus.k8s.IntOrString.fromNumber(this.maxUnavailable);
    return { type: 'RollingUpdate', rollingUpdate: { partition: this.partition(split, replicas) as number, maxUnavailable } };
  }

  /**
   * What may not come out as it is meant.
   *
   * @internal
   */
  public get _warning(): string | undefined {
    return this.maxUnavailable === undefined || this.maxUnavailable === 1 || this.enabled ? undefined :
      `'maxUnavailable' (${this.maxUnavailable}) is honored from Kubernetes 1.37 on, or with the feature gate MaxUnavailableStatefulSet; elsewhere pods are replaced one after another. Say 'maxUnavailableEnabled: true' if your cluster honors it.`;
  }
}
