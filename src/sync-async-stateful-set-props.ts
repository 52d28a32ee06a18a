import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from './gpu';
import { ProbeTiming } from './probe-timing';
import { RoleProps } from './role';
import { Split } from './split';

/**
 * Properties for `SyncAsyncStatefulSet`.
 *
 * Besides those listed here, everything that workloads of cdk8s-plus take is passed on: init containers, volumes, service account, registry
 * credentials, pod metadata, the pod's security context, DNS, host aliases, spread and so on. Some mean something special here:
 *
 * - `containers` are more containers beside the library's own, called `main`. Each needs a name of its own. The processes of the roles are not
 *   among them.
 * - `terminationGracePeriod` is by default what the slower role needs: the stop delays and stop timeouts of all its processes, and 5 seconds. Less is refused,
 *   with a `preStop` hook also no more than that.
 * - `restartPolicy` can only be ALWAYS, as in every StatefulSet.
 * - `select: false` is refused unless `select()` is called, and a `metadata.name` unless it is a DNS label of at most 52 characters.
 */
export interface SyncAsyncStatefulSetProps extends kplus.WorkloadProps {
  /**
   * Container image of both roles. It needs `/bin/sh` (POSIX), `sleep`, `cat` and `mv`.
   *
   * Its ENTRYPOINT and CMD are not used: the roles' processes say what runs.
   */
  readonly image: string;

  /**
   * Number of pods, of both roles together.
   *
   * Leave it out when an autoscaler decides: a `kplus.HorizontalPodAutoscaler` says so by itself, for any other call `markHasAutoscaler()`. The
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
   * What synchronous pods do: those that answer requests.
   *
   * Refused when it is left out although a pod can be synchronous. (A count that is moved in place can make any pod synchronous, also if it is 0 now.)
   *
   * @default - none; only for a split in which no pod can be synchronous.
   */
  readonly syncRole?: RoleProps;

  /**
   * What asynchronous pods do: those that take jobs from a queue.
   *
   * Refused when it is left out although a pod can be asynchronous (a count that is moved in place can make any pod
   * asynchronous; at synth also one that is rolled out, when an autoscaler decides the replicas), and when it is
   * given without a `split`, which would never use it.
   *
   * @default - none; only for a split in which no pod can be asynchronous.
   */
  readonly asyncRole?: RoleProps;

  /**
   * The GPU of every pod.
   *
   * @default Gpu.nvidia(1)
   */
  readonly gpu?: Gpu;

  /**
   * Ports of the image. They become ports of the container and of the headless Service.
   *
   * A port is no promise that something listens: asynchronous pods have the same ports. No probe is made of it.
   *
   * Refused: ports without a name where there are several, names, numbers and protocols that Kubernetes does not take, and the same name or number twice.
   *
   * @default - none.
   */
  readonly ports?: kplus.ContainerPort[];

  /**
   * Environment variables of the processes. Besides these they get POD_NAME, POD_ORDINAL, SYNC_ASYNC_ROLE (`sync` or `async`), INSTANCE (the number of pods, for
   * information, as it was when the container started) and, with a count, SYNC_INSTANCE.
   *
   * Refused, also when they are added later: those names; names that are not letters, digits and underscores, since some shells drop others (those of `envFrom`
   * too, which nothing here can see), or that begin with an underscore and a lower case letter; values made of `$(POD_ORDINAL)` or `$(SYNC_ASYNC_ROLE)`, which the
   * kubelet does not know. A variable whose value is undefined is left out.
   *
   * @default - none.
   */
  readonly envVariables?: { [name: string]: kplus.EnvValue };

  /**
   * ConfigMaps and Secrets whose keys become environment variables of the processes.
   *
   * @default - none.
   */
  readonly envFrom?: kplus.EnvFrom[];

  /**
   * Volumes in the file system of the processes, for example a cache of models.
   *
   * Refused: mounts in /etc/sync-async, /run/sync-async and /var/run/sync-async, at /, /proc, /dev and /dev/termination-log, two mounts at one path, an empty path,
   * and one with a colon. At synth also
   * volumes whose name begins with `sync-async-`, here, in `volumes` and in other containers.
   *
   * @default - none but the library's own, and an empty directory on /tmp while the root file system is read-only.
   */
  readonly volumeMounts?: kplus.VolumeMount[];

  /**
   * Size of a memory-backed /dev/shm, in whole mebibytes. Container runtimes give 64 MiB, too little for programs that share tensors between
   * processes. What is used of it counts as memory of the container.
   *
   * @default - what the container runtime gives.
   */
  readonly sharedMemory?: Size;

  /**
   * CPU, memory and ephemeral storage of the processes. The GPU is added to it.
   *
   * Unlike in cdk8s-plus, no container of the pod has a limit that nobody asked for: its 2 GiB of memory would end many a model's loading.
   *
   * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
   * @default - no requests and no limits but the GPU.
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * When the image is pulled.
   *
   * @default ImagePullPolicy.IF_NOT_PRESENT - a container that starts again in its pod, as in a move of the split, then needs no registry.
   */
  readonly imagePullPolicy?: kplus.ImagePullPolicy;

  /**
   * Directory in which the processes are started, an absolute path.
   *
   * @default - that of the image.
   */
  readonly workingDir?: string;

  /**
   * What the kubelet does after the start of the container, and before its stop.
   *
   * Refused: a `preStop` without an explicit `terminationGracePeriod` of more than the default, because the hook's time is a part of it.
   *
   * @default - nothing. A role's processes have their own order of starting and stopping.
   */
  readonly lifecycle?: kplus.ContainerLifecycle;

  /**
   * When the checks are asked, and how often they may fail.
   *
   * @default - every 5 seconds, for 5 seconds; not ready after 1 failure, not alive after 3.
   */
  readonly probes?: ProbeTiming;

  /**
   * Let the image run as root. By default the kubelet refuses to start a container as user 0; an image that names no other user needs this, or a `user` in
   * `securityContext`. Nothing else is loosened.
   *
   * @default false
   */
  readonly runAsRoot?: boolean;

  /**
   * Security settings of the container in which the processes run.
   *
   * All defaults together satisfy the Pod Security Standard "restricted". The root file system is read-only, /tmp is not.
   * Capabilities that are not added are dropped.
   *
   * Refused: user 0 (here or in `securityContext`) without `runAsRoot`, and `privileged` without `allowPrivilegeEscalation`.
   *
   * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
   * @default - not as root (see `runAsRoot`), not privileged, no escalation, no capabilities, read-only root file system.
   */
  readonly containerSecurityContext?: kplus.ContainerSecurityContextProps;

  /**
   * Let the containers of a pod see each other's processes.
   *
   * @see https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
   * @default false
   */
  readonly shareProcessNamespace?: boolean;

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
   * How new templates reach the pods, for example one half of the pods after the other, by a partition.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
   * @default - rolling update, from the highest ordinal to the lowest, so asynchronous pods of a count are first.
   */
  readonly strategy?: kplus.StatefulSetUpdateStrategy;

  /**
   * How long a pod must have been ready before a rollout goes on to the next.
   *
   * @default Duration.seconds(0)
   */
  readonly minReady?: Duration;
}
