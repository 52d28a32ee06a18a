import { Settings } from '../settings';

/** What every container of the service gets, whichever way it is run. */
export function container(name: string, { image, etcd, broker, requestSeconds, loadSeconds }: Settings, command: string[], env: any[] = []): any {
  return {
    name,
    image,
    imagePullPolicy: 'Always', // a node may have an older one of this name
    command,
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'ETCD', value: etcd },
      { name: 'BROKER_URL', value: broker },
      { name: 'MODEL', value: `sleep:${requestSeconds}` },
      { name: 'MODEL_LOAD_SECONDS', value: String(loadSeconds) },
      ...env,
    ],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

/** A pod that the Pod Security Standard `restricted` lets in. */
export function podSpec(containers: any[], volumes: any[] = [], sidecars: any[] = []): any {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: sidecars,
    containers,
    volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
  };
}

/**
 * The model of a pod, which its server or worker asks over /tmp: a sidecar, which Kubernetes starts before the other containers and stops after them. It needs 1.29.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
export function model(settings: Settings): any {
  return {
    ...container('model', settings, ['python', 'model.py']),
    restartPolicy: 'Always',
    startupProbe: { exec: { command: check('model') }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 600 },
  };
}

export function check(process: string): string[] {
  return ['python', '-I', '-S', 'check.py', process];
}

export const WORKER = ['celery', '--app=worker', 'worker', '--without-gossip', '--without-mingle', '--loglevel=INFO'];

/** Asked as often as the library asks. */
export function readiness(command: string[]): any {
  return { exec: { command }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 1 };
}
