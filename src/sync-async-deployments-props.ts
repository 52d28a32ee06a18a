import * as kplus from 'cdk8s-plus-27';
import { Gpu } from './gpu';
import { RoleProps } from './role';
import { SyncAsyncWorkloadProps } from './sync-async-workload-props';

/**
 * What is another thing for the pods of one role.
 *
 * Node selection, tolerations, spread, more containers, labels of the pods and autoscalers have no option here: they are added to the Deployment itself, which is
 * `syncDeployment` or `asyncDeployment` of the construct.
 */
export interface RoleDeploymentOptions {
  /**
   * Number of pods.
   *
   * Leave it out when an autoscaler decides: `scaleAsync` and a `kplus.HorizontalPodAutoscaler` say so by themselves, for any other call `markHasAutoscaler()` of the Deployment.
   *
   * Refused: what is no whole number from 0 to 999999.
   *
   * @default 1
   */
  readonly replicas?: number;

  /**
   * The GPU of every pod of the role.
   *
   * @default - that of both roles.
   */
  readonly gpu?: Gpu;

  /**
   * CPU, memory and ephemeral storage of the processes of the role, all of it: nothing is taken from that of both roles.
   *
   * @default - those of both roles.
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * Environment variables of the role's processes, beside those of both roles. One of the same name takes its place; one whose value is undefined, which only TypeScript can say, takes it away.
   *
   * Refused: what `envVariables` of both roles refuses.
   *
   * @default - those of both roles.
   */
  readonly envVariables?: { [name: string]: kplus.EnvValue };

  /**
   * How new templates reach the pods.
   *
   * The default starts a new pod before it stops an old one, and so needs a GPU to spare: where there is none a rollout with few pods waits for ever. There take
   * `rollingUpdate({ maxSurge: PercentOrAbsolute.absolute(0), maxUnavailable: PercentOrAbsolute.absolute(1) })`.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
   * @default - rolling update; a quarter of the pods may be too many, and a quarter too few.
   */
  readonly strategy?: kplus.DeploymentStrategy;
}

/**
 * Properties for `SyncAsyncDeployments`.
 *
 * `metadata` is that of both Deployments. Its `name` gets `-sync` and `-async` behind it.
 *
 * Kubernetes calls a rollout failed when no pod has become available for 10 minutes, the start timeouts of a pod's processes and `minReady` together (`progressDeadlineSeconds`).
 *
 * Refused: a `metadata.name` that is no DNS label of at most 57 characters, options that only a `SyncAsyncStatefulSet` has, and at synth the label `cdk8s-sync-async/role` in `podMetadata`.
 */
export interface SyncAsyncDeploymentsProps extends SyncAsyncWorkloadProps {
  /**
   * What synchronous pods do: those that answer requests, over gRPC or HTTP.
   *
   * Refused when it is left out without `sharedProcesses`.
   *
   * @default - none; only beside `sharedProcesses`.
   */
  readonly syncRole?: RoleProps;

  /**
   * What asynchronous pods do: those that take jobs from a queue.
   *
   * Refused when it is left out without `sharedProcesses`.
   *
   * @default - none; only beside `sharedProcesses`.
   */
  readonly asyncRole?: RoleProps;

  /**
   * What is another thing for synchronous pods.
   *
   * Refused: an option that no role has.
   *
   * @default - one pod, as the rest says.
   */
  readonly syncDeployment?: RoleDeploymentOptions;

  /**
   * What is another thing for asynchronous pods.
   *
   * Refused: the same.
   *
   * @default - one pod, as the rest says.
   */
  readonly asyncDeployment?: RoleDeploymentOptions;
}
