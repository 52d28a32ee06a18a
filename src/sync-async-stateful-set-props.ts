import * as kplus from 'cdk8s-plus-27';
import { RoleProps } from './role';
import { RoleLabelOptions } from './role-label';
import { Rollout } from './rollout';
import { Split } from './split';
import { SyncAsyncWorkloadProps } from './sync-async-workload-props';
import { VolumeClaimProps, VolumeClaimRetentionPolicy } from './volume-claim';

/**
 * Properties for `SyncAsyncStatefulSet`.
 *
 * Refused at synth: a `metadata.name` that is no DNS label of at most 52 characters.
 */
export interface SyncAsyncStatefulSetProps extends SyncAsyncWorkloadProps {
  /**
   * Number of pods, of both roles together.
   *
   * Leave it out when an autoscaler decides: `scaleAsync` and a `kplus.HorizontalPodAutoscaler` say so by themselves, for any other call `markHasAutoscaler()`. The
   * manifest has no replicas then, and the values' ConfigMap no INSTANCE.
   *
   * Refused: what is no whole number from 0 to 999999, and fewer than a counted split asks for.
   *
   * @default 1
   */
  readonly replicas?: number;

  /**
   * Which pods are synchronous.
   *
   * @default - all pods are synchronous.
   */
  readonly split?: Split;

  /**
   * What synchronous pods do: those that answer requests, over gRPC or HTTP.
   *
   * Refused when it is left out although a pod can be synchronous. (A count that is moved in place can make any pod synchronous, also if it is 0 now.)
   *
   * @default - none; only for a split in which no pod can be synchronous, or beside `sharedProcesses`.
   */
  readonly syncRole?: RoleProps;

  /**
   * What asynchronous pods do: those that take jobs from a queue.
   *
   * Refused when it is left out although a pod can be asynchronous (a count that is moved in place can make any pod
   * asynchronous; at synth also one that is rolled out, when an autoscaler decides the replicas), and when it is
   * given without a `split`, which would never use it.
   *
   * @default - none; only for a split in which no pod can be asynchronous, or beside `sharedProcesses`.
   */
  readonly asyncRole?: RoleProps;

  /**
   * Let every pod tell its role by a label, `cdk8s-sync-async/role: sync` or `async`, which follows every kind of move: for a Service that reaches synchronous pods only (see
   * `exposeSyncViaService`), and for all else in Kubernetes that knows pods by labels. With `{}` it is kept as the defaults say.
   *
   * A small program of the library's does it, one more process of each role. The image needs curl, or python3. A synchronous pod gets its label when all its processes are ready, and
   * loses it as the first act of a stop or a move; an asynchronous one gets it before its worker starts. No pod is ready before its label is that of its role. While the API server is away
   * labels and readiness wait for it, and so does a synchronous pod that leaves its role or whose server has died, for 30 seconds; nothing else does. The grace period becomes longer by 60
   * seconds and the label's stop delay, for a stop in such a time.
   *
   * **Only this needs rights in the cluster**: a Role that lets the set's pods be patched, and no others, bound to the service account (an own one, unless `serviceAccount` is given).
   * The token is mounted into the container of the processes, and nowhere else.
   *
   * Refused: a process called `role-label`, and at synth the label in `podMetadata` or in the selector.
   *
   * @default - no label, no rights.
   */
  readonly roleLabel?: RoleLabelOptions;

  /**
   * Volumes that every pod has for itself, and that outlive it: caches of models, for example. A pod that is replaced finds its own again.
   *
   * They belong to the group in `securityContext.fsGroup`, with 65532 as the default then, so that any user can write to a new one; `securityContext.fsGroupChangePolicy` is ON_ROOT_MISMATCH by
   * default then, so that Kubernetes does not walk through all of a volume at each start.
   *
   * **Kubernetes never changes them.** A claim that is added, taken away or changed later is refused by it until the StatefulSet is made anew: docs/volume-claims.md says how.
   *
   * Refused: what `VolumeClaimProps` refuses, and two with one name.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates
   * @default - none.
   */
  readonly volumeClaims?: VolumeClaimProps[];

  /**
   * What becomes of `volumeClaims`, and of what is on the volumes, when the StatefulSet is deleted or has fewer replicas.
   *
   * Refused: without `volumeClaims`.
   *
   * @default - they stay.
   */
  readonly volumeClaimRetention?: VolumeClaimRetentionPolicy;

  /**
   * Service that names the pods, instead of the library's.
   *
   * Refused: one that is not headless, by which pods would have no DNS names.
   *
   * @default - a new headless Service, which also exists without ports. Pods that are not ready are not in it.
   */
  readonly service?: kplus.Service;

  /**
   * Whether pods are created and removed one after another or all at once.
   *
   * @default PodManagementPolicy.PARALLEL - loading a model takes long, and no pod needs another to start.
   */
  readonly podManagementPolicy?: kplus.PodManagementPolicy;

  /**
   * Which pods a new template reaches, and how many at a time: asynchronous ones first, as a canary.
   *
   * Refused: what `Rollout` refuses, and together with `strategy`.
   *
   * @default Rollout.toAll()
   */
  readonly rollout?: Rollout;

  /**
   * How new templates reach the pods, in the words of cdk8s-plus, for what `rollout` does not say: `StatefulSetUpdateStrategy.onDelete()`, or a partition of your own.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
   * @default - rolling update, from the highest ordinal to the lowest, so asynchronous pods of a count are first.
   */
  readonly strategy?: kplus.StatefulSetUpdateStrategy;
}
