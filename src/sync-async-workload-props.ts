import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from './gpu';
import { ProbeTiming } from './probe-timing';
import { ProcessProps } from './process';

/**
 * Properties of the pods of both roles, in either layout.
 *
 * Besides those listed here, everything that workloads of cdk8s-plus take is passed on: init containers, volumes, service account, registry
 * credentials, pod metadata, the pod's security context, DNS, host aliases, spread and so on. Some mean something special here:
 *
 * - `containers` are more containers beside the library's own, called `main`. Each needs a name of its own. The processes of the roles are not
 *   among them.
 * - `terminationGracePeriod` is by default what the stop of a pod needs, in a StatefulSet that of the slower role: the stop delays and stop timeouts of all its processes, and 5 seconds. Less is
 *   refused, with a `preStop` hook also no more than that.
 * - `restartPolicy` can only be ALWAYS, as in every workload that keeps its pods running.
 * - `select: false` is refused unless `select()` is called.
 */
export interface SyncAsyncWorkloadProps extends kplus.WorkloadProps {
  /**
   * Container image of both roles. It needs `/bin/sh` (dash, bash or busybox ash), `sleep`, `cat` and `mv`.
   *
   * Its ENTRYPOINT and CMD are not used: the roles' processes say what runs.
   */
  readonly image: string;

  /**
   * Processes of both roles, the model server above all, in the order in which they are started. They are started before those of a role and stopped after them.
   *
   * **In a StatefulSet they go on when the split moves a pod to the other role.** Only the role's own processes are stopped, in order; then those of the other role are started. So a GPU changes
   * its job without loading its model again. The container, its restart count and the shared processes' pids stay. When a synchronous pod moves, the stop delay of the last
   * of them passes in between, for clients that talk to it directly. (Such a warm move is one of a split that is moved in place. It turns cold, which means that the container is started
   * again, when a process of the old role has to be killed or something of it stays, when a shared process ends for good, and with `shareProcessNamespace`.)
   *
   * They see neither SYNC_ASYNC_ROLE nor SYNC_INSTANCE, which would be wrong after a move. Their `ready` checks are part of both roles' readiness.
   *
   * Refused: a list without processes, the name of a role's process, and `$(SYNC_INSTANCE)`.
   *
   * @default - none; a move starts the container again.
   */
  readonly sharedProcesses?: ProcessProps[];

  /**
   * The GPU of every pod.
   *
   * @default Gpu.nvidia(1)
   */
  readonly gpu?: Gpu;

  /**
   * Ports of the image. They become ports of the container, and of the Services that are made for it.
   *
   * A port is no promise that something listens: asynchronous pods have the same ports. No probe is made of it.
   *
   * Refused: ports without a name where there are several, names, numbers and protocols that Kubernetes does not take, and the same name or number twice.
   *
   * @default - none.
   */
  readonly ports?: kplus.ContainerPort[];

  /**
   * Environment variables of the processes. Besides these they get POD_NAME, SYNC_ASYNC_ROLE (`sync` or `async`; not the shared ones), SYNC_ASYNC_SPAWN (the entrypoint's own mark), and in a
   * StatefulSet POD_ORDINAL, INSTANCE (the number of pods, for information, as it was when the container started) and, with a count, SYNC_INSTANCE (not the shared ones).
   *
   * Refused, also when they are added later: those names; names that are not letters, digits and underscores, since some shells drop others (those of `envFrom`
   * too, which nothing here can see), or that begin with an underscore and a lower case letter; values made of `$(POD_ORDINAL)`, `$(SYNC_ASYNC_ROLE)` or `$(SYNC_ASYNC_SPAWN)`, which the
   * kubelet does not know; a PATH with a `$` that nothing replaces, such as `/opt/venv/bin:$PATH`: no shell reads it, so write the whole path out. (`$(NAME)` of a
   * variable before it is replaced; whether there is one is known at synth.) A variable whose value is undefined is left out.
   *
   * @see https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
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
   * Unlike in cdk8s-plus, no container of the pod has a limit that nobody asked for: its 2 GiB of memory are too few to load many a model.
   *
   * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
   * @default - no requests and no limits but the GPU.
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * When the image is pulled.
   *
   * @default ImagePullPolicy.IF_NOT_PRESENT - a container that is restarted in its pod, as by a move of the split, then needs no registry.
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
   * How often the checks are run, and how often they may fail.
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
   * Refused: user 0 (here or in `securityContext`) without `runAsRoot`, `privileged` without `allowPrivilegeEscalation`, and for root the
   * capability SETUID without KILL. Root can then signal only root's processes, see kill(2), so that a program that changes its user (gosu, su-exec) could not
   * be stopped: every stop would take the whole stop timeout and end with status 70. Add KILL, or let the container start as that user.
   *
   * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
   * @default - not as root (see `runAsRoot`), not privileged, no escalation, no capabilities, read-only root file system.
   */
  readonly containerSecurityContext?: kplus.ContainerSecurityContextProps;

  // #if cdk8s-plus < 29
  /**
   * Let the containers of a pod see each other's processes.
   *
   * The pod's pause process is PID 1 then, not the entrypoint. So orphans go to it, and the entrypoint cannot wait for what a process leaves behind
   * (see `ProcessProps`).
   *
   * @see https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
   * @default false
   */
  readonly shareProcessNamespace?: boolean;
  // #endif

  /**
   * How long a pod must have been ready before a rollout goes on to the next.
   *
   * @default Duration.seconds(0)
   */
  readonly minReady?: Duration;
}
