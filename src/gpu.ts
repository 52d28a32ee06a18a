import { isDnsSubdomain, isLabelKey, isLabelValue, MAX_NUMBER, wholeNumber } from './private/checks';

/**
 * Options for `Gpu`.
 */
export interface GpuOptions {
  /**
   * Tolerate the taint that keeps other pods off the vendor's nodes: `nvidia.com/gpu` for whole NVIDIA GPUs and MIG slices, the resource's name
   * otherwise; any value, effect NoSchedule.
   *
   * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#example-use-cases
   * @default true
   */
  readonly tolerate?: boolean;

  /**
   * Name of the RuntimeClass that gives containers access to the GPU, where the cluster has one, for example `nvidia`.
   *
   * Refused: what is no DNS name.
   *
   * @see https://kubernetes.io/docs/concepts/containers/runtime-class/
   * @default - the default runtime of the node.
   */
  readonly runtimeClassName?: string;

  /**
   * Labels that a node must have, all of them, for example `{ 'nvidia.com/gpu.product': 'NVIDIA-L4' }`.
   *
   * Refused: what is no key or no value of a label.
   *
   * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodeselector
   * @default - any node that has the GPU.
   */
  readonly nodeSelector?: { [label: string]: string };
}

/**
 * The GPU, or another extended resource, that every pod gets. In a StatefulSet both roles get the same one, because they share one pod template.
 *
 * @see https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
 */
export class Gpu {
  /**
   * Whole NVIDIA GPUs, the resource `nvidia.com/gpu`.
   *
   * @param count Number of GPUs of each pod, a whole number of at least 1. Defaults to 1.
   * @param options Where and how the pods run.
   */
  public static nvidia(count: number = 1, options: GpuOptions = {}): Gpu {
    return new Gpu('nvidia.com/gpu', count, 'nvidia.com/gpu', options);
  }

  /**
   * Slices of an NVIDIA GPU, a resource such as `nvidia.com/mig-1g.5gb`.
   *
   * Refused: a profile that is not written as in a resource's name, for example `1g.5gb+me` instead of `1g.5gb.me`.
   *
   * @see https://docs.nvidia.com/datacenter/tesla/mig-user-guide/
   * @param profile The slice, for example `1g.5gb`.
   * @param count Number of slices of each pod, a whole number of at least 1. Defaults to 1.
   * @param options Where and how the pods run.
   */
  public static mig(profile: string, count: number = 1, options: GpuOptions = {}): Gpu {
    if (!/^(\d+c\.)?\d+g\.\d+gb([.-][a-z]+)*$/.test(profile) || !isLabelValue(`mig-${profile}`)) {
      throw new Error(`'profile' (${profile}) must be written as in the name of a resource, such as 1g.5gb or 1g.5gb.me, in order to name a MIG slice.`);
    }
    return new Gpu(`nvidia.com/mig-${profile}`, count, 'nvidia.com/gpu', options);
  }

  /**
   * Another extended resource, for example `amd.com/gpu`.
   *
   * Refused: a name without a domain (CPU and memory are `resources`), and a domain that begins with `requests.`, which Kubernetes keeps for quotas.
   *
   * @param resource Name of the resource as the nodes offer it.
   * @param count Number of each pod, a whole number of at least 1. Defaults to 1.
   * @param options Where and how the pods run.
   */
  public static of(resource: string, count: number = 1, options: GpuOptions = {}): Gpu {
    if (!/^(?!requests\.).+\//.test(resource) || !isLabelKey(resource)) {
      throw new Error(`'resource' (${resource}) must be a domain, a slash and a name, such as amd.com/gpu, in order to name an extended resource.`);
    }
    return new Gpu(resource, count, resource, options);
  }

  /**
   * No GPU: for tests, and for services that need none.
   */
  public static none(): Gpu {
    return new Gpu(undefined, 0, undefined, { tolerate: false });
  }

  /**
   * Name of the resource, for example `nvidia.com/gpu`; undefined for `Gpu.none()`.
   */
  public readonly resource?: string;

  /**
   * Number of it that every pod gets.
   */
  public readonly count: number;

  /**
   * Key of the taint that the pods tolerate.
   *
   * @internal
   */
  public readonly _taint?: string;

  /**
   * @internal
   */
  public readonly _options: GpuOptions;

  private constructor(resource: string | undefined, count: number, taint: string | undefined, options: GpuOptions) {
    if (resource !== undefined) {
      wholeNumber('count', count, 1, MAX_NUMBER, `to ask for ${resource}; Gpu.none() asks for none`);
    }
    const { runtimeClassName, nodeSelector = {} } = options;
    if (runtimeClassName !== undefined && !isDnsSubdomain(runtimeClassName)) {
      throw new Error(`'runtimeClassName' (${runtimeClassName}) must be a DNS name in order to name a RuntimeClass.`);
    }
    const label = Object.entries(nodeSelector).find(([key, value]) => !isLabelKey(key) || !isLabelValue(value));
    if (label) {
      throw new Error(`'nodeSelector' (${label.join(': ')}) must be the key and the value of a label in order for a node to have it.`);
    }
    this.resource = resource;
    this.count = count;
    this._taint = options.tolerate ?? true ? taint : undefined;
    this._options = { ...options, nodeSelector: options.nodeSelector && { ...options.nodeSelector } };
  }
}
