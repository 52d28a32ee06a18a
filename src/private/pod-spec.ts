import { posix } from 'node:path';
import * as kplus from 'cdk8s-plus-27';
import { Gpu } from '../gpu';
import { toCapabilities } from './capabilities';
import { API_DIR } from './directories';

/** What cdk8s-plus has no words for. */
export interface PodExtras {
  readonly gpu: Gpu;
  readonly shareProcessNamespace?: boolean;
  /** Name of the container that the entrypoint runs in. */
  readonly main: string;
  /** A writable place for temporary files. */
  readonly tmp: kplus.Volume;
  /** Names of volumes that Kubernetes adds by itself, one for each claim. */
  readonly claims: string[];
  /** Whether the entrypoint's container may ask the API server. */
  readonly asksApi: boolean;
}

/**
 * What it takes to ask the API server as this pod: in one container, and not where clients of Kubernetes look by themselves. The kubelet replaces the token before it expires.
 *
 * @see https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
const API: kplus.k8s.Volume = {
  name: 'sync-async-api',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardApi: {
          items: [
            { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } },
            { path: 'uid', fieldRef: { fieldPath: 'metadata.uid' } },
          ],
        },
      },
    ],
  },
};

/** A pod spec of cdk8s-plus, and what it has no words for. */
export function withExtras(spec: kplus.k8s.PodSpec, extras: PodExtras): kplus.k8s.PodSpec {
  const { gpu, main, tmp, claims, asksApi } = extras;
  const withOwn = (container: kplus.k8s.Container) => withTmp(withGpu(asksApi ? withApi(container) : container, gpu), tmp);
  const containers = spec.containers.map(container => container.name === main ? withOwn(container) : container);
  const usesTmp = containers.some(container => container.volumeMounts?.some(mount => mount.name === tmp.name));
  return {
    ...spec,
    containers: containers.map(withCapabilities),
    initContainers: spec.initContainers?.map(withCapabilities),
    volumes: [...(spec.volumes ?? []).filter(({ name }) => !claims.includes(name)), ...asksApi ? [API] : [], ...usesTmp ? [tmp._toKube()] : []],
    securityContext: { ...spec.securityContext, seccompProfile: { type: 'RuntimeDefault' } },
    nodeSelector: gpu._options.nodeSelector,
    runtimeClassName: gpu._options.runtimeClassName,
    shareProcessNamespace: extras.shareProcessNamespace,
    // A variable for every Service of the namespace would let strangers' names into this container's environment.
    enableServiceLinks: false,
  };
}

/** Whether two paths are the same, however they are written. */
export function samePath(a: string, b: string): boolean {
  return posix.join('/', a, '/') === posix.join('/', b, '/');
}

/** An extended resource is asked for by its limit. A patch could not do it: what renders the object keeps only values of type Quantity. */
function withGpu(container: kplus.k8s.Container, gpu: Gpu): kplus.k8s.Container {
  if (gpu.resource === undefined) {
    return container;
  }
  const limits = { ...container.resources?.limits, [gpu.resource]: kplus.k8s.Quantity.fromNumber(gpu.count) };
  return { ...container, resources: { ...container.resources, limits } };
}

function withApi(container: kplus.k8s.Container): kplus.k8s.Container {
  return { ...container, volumeMounts: [...container.volumeMounts ?? [], { name: API.name, mountPath: API_DIR, readOnly: true }] };
}

/** Most programs want a place for temporary files, also where the rest of the file system is read-only. */
function withTmp(container: kplus.k8s.Container, tmp: kplus.Volume): kplus.k8s.Container {
  const mounts = container.volumeMounts ?? [];
  if (!container.securityContext?.readOnlyRootFilesystem || mounts.some(mount => samePath(mount.mountPath, '/tmp'))) {
    return container;
  }
  return { ...container, volumeMounts: [...mounts, { name: tmp.name, mountPath: '/tmp' }] };
}

function withCapabilities(container: kplus.k8s.Container): kplus.k8s.Container {
  const context = container.securityContext;
  return context?.privileged ? container : { ...container, securityContext: { ...context, capabilities: toCapabilities(context?.capabilities) } };
}
