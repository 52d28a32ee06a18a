import { Size, SizeRoundingBehavior } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { isDnsLabel, isDnsSubdomain, Known, oneOf, onlyKnown } from './private/checks';

/**
 * A volume that every pod has for itself, and that outlives it: a cache of models, for example.
 *
 * Kubernetes makes a PersistentVolumeClaim for each pod, called `<name>-<pod>`, and never changes it: whatever stands here can be changed only by making the StatefulSet anew
 * (`kubectl delete statefulset … --cascade=orphan`, which leaves the pods running).
 *
 * Refused: props that have a value and are none of these.
 */
export interface VolumeClaimProps {
  /**
   * Name of the volume, with which those of the claims begin.
   *
   * Refused: what is no DNS label, the same name twice, `sync-async-` at its beginning, and at synth the name of another volume.
   */
  readonly name: string;

  /**
   * Size of each volume, in whole mebibytes.
   *
   * Refused: what is no `Size`, fractions, and less than one mebibyte.
   */
  readonly size: Size;

  /**
   * Where the processes find it. For other containers see `SyncAsyncStatefulSet.claimedVolume`.
   *
   * Refused: what is no absolute path, and at synth what `volumeMounts` refuses.
   */
  readonly path: string;

  /**
   * Class of the volume, which decides where it comes from, and whether it can follow its pod to another node.
   *
   * Refused: what is neither a name that Kubernetes takes nor empty. (Empty means a volume that somebody has made by hand, without a class.)
   *
   * @default - the cluster's default class.
   */
  readonly storageClassName?: string;

  /**
   * Ways in which a volume may be used.
   *
   * Refused: an empty list, and READ_WRITE_ONCE_POD together with others, as Kubernetes refuses it in the claim that it makes for a pod, which then waits for ever.
   *
   * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
   * @default [PersistentVolumeAccessMode.READ_WRITE_ONCE]
   */
  readonly accessModes?: kplus.PersistentVolumeAccessMode[];
}

/**
 * What becomes of a claim, and with it of what is on the volume.
 */
export enum VolumeClaimRetention {
  /** It stays. A pod that comes back with the same ordinal finds what it has left there. */
  RETAIN = 'Retain',

  /** It is deleted after its pod. */
  DELETE = 'Delete',
}

/**
 * What becomes of the claims when their pods go for good. (When a pod is replaced, they always stay.) Unlike the claims it may be changed at any time.
 *
 * Kubernetes 1.27 and newer know it; it is stable in 1.32.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */
export interface VolumeClaimRetentionPolicy {
  /**
   * When the StatefulSet is deleted.
   *
   * @default VolumeClaimRetention.RETAIN
   */
  readonly whenDeleted?: VolumeClaimRetention;

  /**
   * When there are fewer replicas, those of the ordinals that go.
   *
   * @default VolumeClaimRetention.RETAIN
   */
  readonly whenScaled?: VolumeClaimRetention;
}

/**
 * The claims of a set, checked.
 *
 * @internal
 */
export interface VolumeClaims {
  readonly claims: VolumeClaimProps[];
  readonly retention?: VolumeClaimRetentionPolicy;
}

/** The group that owns the volumes, if no other is given: any number will do, since every process of the pod is in it. It is the one of images without a distribution. */
const GROUP = 65532;

/**
 * @internal
 */
export function toVolumeClaims(claims: VolumeClaimProps[] = [], retention?: VolumeClaimRetentionPolicy): VolumeClaims {
  if (!Array.isArray(claims)) {
    throw new Error(`'volumeClaims' (${JSON.stringify(claims)}) must be a list of claims in order for each pod to have a volume for each.`);
  }
  claims.forEach((claim, i) => checkClaim(`volumeClaims[${i}]`, claim));
  const names = claims.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new Error(`'volumeClaims' (${names.join(', ')}) must have different names in order to tell two volumes called ${repeated} apart.`);
  }
  if (retention && claims.length === 0) {
    throw new Error(`'volumeClaimRetention' (${JSON.stringify(retention)}) must come with 'volumeClaims' in order to be about something.`);
  }
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    oneOf(`volumeClaimRetention.${when}`, retention?.[when] ?? VolumeClaimRetention.RETAIN, VolumeClaimRetention, 'to be done with a claim');
  }
  return { claims: claims.map(claim => ({ ...claim })), retention };
}

const PROPS: Known<VolumeClaimProps> = { name: true, size: true, path: true, storageClassName: true, accessModes: true };

function checkClaim(prop: string, claim: VolumeClaimProps): void {
  onlyKnown(prop, claim, PROPS);
  const { name, size, path, storageClassName, accessModes } = claim;
  if (!isDnsLabel(name)) {
    throw new Error(`'${prop}.name' (${name}) must be a DNS label (lower case letters, digits and inner dashes, at most 63) in order to name a volume.`);
  }
  if (name.startsWith('sync-async-')) {
    throw new Error(`'${prop}.name' (${name}) must not begin with sync-async- in order not to be mistaken for one of the library's own volumes.`);
  }
  if (!(size instanceof Size)) {
    throw new Error(`'${prop}.size' (${size}) must be a Size, such as Size.gibibytes(50), in order to have a unit.`);
  }
  const mebibytes = toMebibytes(size);
  if (!Number.isInteger(mebibytes) || mebibytes < 1) {
    throw new Error(`'${prop}.size' (${mebibytes} MiB) must be whole mebibytes, at least one, in order to be the size of a volume.`);
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new Error(`'${prop}.path' (${path}) must be an absolute path in order for processes to find the volume.`);
  }
  if (storageClassName !== undefined && storageClassName !== '' && !isDnsSubdomain(storageClassName)) {
    throw new Error(`'${prop}.storageClassName' (${storageClassName}) must be DNS labels between dots in order to be the name of a storage class.`);
  }
  if (accessModes !== undefined && (!Array.isArray(accessModes) || accessModes.length === 0)) {
    throw new Error(`'${prop}.accessModes' (${JSON.stringify(accessModes)}) must have at least one mode in order for the volume to be used.`);
  }
  if (accessModes && accessModes.length > 1 && accessModes.includes(kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE_POD)) {
    throw new Error(`'${prop}.accessModes' (${accessModes.join(', ')}) must have ReadWriteOncePod alone in order for Kubernetes to make the claims: it goes with no other.`);
  }
  accessModes?.forEach(mode => oneOf(`${prop}.accessModes`, mode, kplus.PersistentVolumeAccessMode, 'to be a way to use a volume'));
}

/**
 * Lets any user write to a new volume, which often belongs to root, and does not walk through all of a volume at each start: a cache can have many files.
 *
 * @internal
 */
export function withGroup({ claims }: VolumeClaims, context?: kplus.PodSecurityContextProps): kplus.PodSecurityContextProps | undefined {
  return claims.length === 0 ? context : {
    ...context,
    fsGroup: context?.fsGroup ?? GROUP,
    fsGroupChangePolicy: context?.fsGroupChangePolicy ?? kplus.FsGroupChangePolicy.ON_ROOT_MISMATCH,
  };
}

/**
 * The spec of a StatefulSet, with its claims, which cdk8s-plus-27 has no words for. Labels are left to Kubernetes, which gives the claims those that the set selects by: any other could
 * never be changed.
 *
 * @internal
 */
export function withVolumeClaims(spec: kplus.k8s.StatefulSetSpec, { claims, retention }: VolumeClaims): kplus.k8s.StatefulSetSpec {
  return claims.length === 0 ? spec : {
    ...spec,
    volumeClaimTemplates: claims.map(({ name, size, storageClassName, accessModes }) => ({
      metadata: { name },
      spec: {
        accessModes: accessModes ?? [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE],
        storageClassName,
        resources: { requests: { storage: kplus.k8s.Quantity.fromString(toQuantity(size)) } },
      },
    })),
    persistentVolumeClaimRetentionPolicy: retention,
  };
}

function toMebibytes(size: Size): number {
  return size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}

function toQuantity(size: Size): string {
  const mebibytes = toMebibytes(size);
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}
