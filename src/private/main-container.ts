import { Size, SizeRoundingBehavior } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { COMMAND, mountEntrypoint, SCRIPT_SHA256 } from '../entrypoint';
import { Gpu } from '../gpu';
import { SyncAsyncWorkloadProps } from '../sync-async-workload-props';

/** Name of the container in which the processes run. */
export const MAIN = 'main';

/** How the entrypoint is started and asked, and what it is given. */
export interface Entrypoint {
  readonly args: string[];
  readonly readiness: kplus.Probe;
  readonly liveness: kplus.Probe;
  /** The library's own variables. */
  readonly env: { [name: string]: kplus.EnvValue };
  readonly script: kplus.IConfigMap;
  /** What it watches, if anything. */
  readonly values?: kplus.IConfigMap;
}

/** The container in which the processes run, and what in it is the library's own. */
export interface Main {
  readonly container: kplus.Container;
  readonly env: { [name: string]: kplus.EnvValue };
  readonly mounts: kplus.VolumeMount[];
  readonly volumes: kplus.Volume[];
  /** A writable place for temporary files. */
  readonly tmp: kplus.Volume;
}

/** Adds the container in which the processes run to the pods of a workload. */
export function addMain(pods: kplus.Workload, props: SyncAsyncWorkloadProps, entrypoint: Entrypoint): Main {
  const { args, readiness, liveness, env, script, values } = entrypoint;
  const container = pods.addContainer({
    name: MAIN,
    image: props.image,
    command: COMMAND,
    args,
    readiness,
    liveness,
    ports: props.ports?.map(port => ({ ...port })),
    envVariables: { ...env, ...withoutUndefined(props.envVariables ?? {}) },
    envFrom: props.envFrom && [...props.envFrom],
    resources: props.resources,
    imagePullPolicy: props.imagePullPolicy ?? kplus.ImagePullPolicy.IF_NOT_PRESENT,
    workingDir: props.workingDir,
    lifecycle: props.lifecycle,
    securityContext: { ensureNonRoot: !props.runAsRoot, ...props.containerSecurityContext },
  });
  mountEntrypoint(pods, container, script, values);
  const mounts = [...container.mounts];
  const tmp = kplus.Volume.fromEmptyDir(pods, 'TmpVolume', 'sync-async-tmp');
  if (props.sharedMemory) {
    mountSharedMemory(pods, container, props.sharedMemory);
  }
  const volumes = [...container.mounts.map(mount => mount.volume), tmp];
  container.mounts.push(...props.volumeMounts ?? []);
  return { container, env, mounts, volumes, tmp };
}

/** Lets pods onto the nodes that have their GPU, and lets their template change with the script. */
export function fit(pods: kplus.Workload, { _taint: taint }: Gpu): void {
  if (taint !== undefined) {
    pods.scheduling.tolerate(kplus.Node.tainted(kplus.NodeTaintQuery.exists(taint, { effect: kplus.TaintEffect.NO_SCHEDULE })));
  }
  pods.podMetadata.addAnnotation('cdk8s-sync-async/script-sha256', SCRIPT_SHA256);
}

/** Without keys whose value is undefined, as `{ A: condition ? value : undefined }` makes them. */
function withoutUndefined<T>(values: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function mountSharedMemory(pods: kplus.Workload, container: kplus.Container, size: Size): void {
  if (!(size instanceof Size)) {
    throw new Error(`'sharedMemory' (${size}) must be a Size, such as Size.gibibytes(8), in order to have a unit.`);
  }
  const mebibytes = size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(mebibytes) || mebibytes < 1) {
    throw new Error(`'sharedMemory' (${mebibytes} MiB) must be whole mebibytes in order to be the size of /dev/shm.`);
  }
  container.mount('/dev/shm', kplus.Volume.fromEmptyDir(pods, 'SharedMemoryVolume', 'sync-async-shm', { medium: kplus.EmptyDirMedium.MEMORY, sizeLimit: size }));
}
