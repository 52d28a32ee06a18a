import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, Chart, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';

const SCRIPT = readFileSync(join(__dirname, '../../src/entrypoint.sh'), 'utf8');
const CHECKSUM = createHash('sha256').update(SCRIPT).digest('hex');

const PROBES = { periodSeconds: Duration.seconds(5), timeoutSeconds: Duration.seconds(5) };

/** So many services in one chart, the same as the library's, written with cdk8s-plus alone. */
export function byHand(app: App, services: number): void {
  const chart = new Chart(app, 'bench', { disableResourceNameHashes: true });
  const labels = { 'app.kubernetes.io/name': 'cdk8s-sync-async', 'app.kubernetes.io/managed-by': 'cdk8s' };
  const script = new kplus.ConfigMap(chart, 'sync-async-script', { metadata: { labels }, data: { 'entrypoint.sh': SCRIPT } });
  for (let i = 0; i < services; i++) {
    service(chart, `ocr${i}`, script);
  }
}

function service(chart: Chart, id: string, script: kplus.ConfigMap): void {
  const labels = { 'app.kubernetes.io/name': id, 'app.kubernetes.io/instance': `bench-${id}`, 'app.kubernetes.io/managed-by': 'cdk8s' };
  const headless = new kplus.Service(chart, `${id}-service`, {
    metadata: { labels },
    clusterIP: 'None',
    ports: [{ name: 'grpc', port: 50051, targetPort: 50051 }],
  });
  const values = new kplus.ConfigMap(chart, `${id}-values`, { metadata: { labels }, data: { SYNC_INSTANCE: '4', INSTANCE: '10' } });
  const value = (key: string) => kplus.EnvValue.fromConfigMap(values, key, { optional: true });
  const set = new kplus.StatefulSet(chart, id, {
    metadata: { labels },
    podMetadata: { labels, annotations: { 'cdk8s-sync-async/script-sha256': CHECKSUM } },
    service: headless,
    replicas: 10,
    podManagementPolicy: kplus.PodManagementPolicy.PARALLEL,
    terminationGracePeriod: Duration.seconds(305),
    containers: [{
      name: 'main',
      image: 'registry.example.com/ocr:1.4.2',
      imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
      resources: {},
      command: ['/bin/sh', '/etc/sync-async/script/entrypoint.sh'],
      args: [
        'run', 'dir=/run/sync-async', 'split=count', 'values=/etc/sync-async/values', 'settle=10', 'check-timeout=5',
        'role=sync',
        'process=server', 'start-timeout=600', 'stop-delay=5', 'stop-signal=TERM', 'stop-timeout=30', 'restart=never',
        'ready=2', 'grpc_health_probe', '-addr=:50051', 'command=2', 'python', 'server.py',
        'process=registrar', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=30', 'restart=always', 'command=2', 'python', 'register.py',
        'role=async',
        'process=worker', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=300', 'restart=never', 'command=4', 'celery', '-A', 'app', 'worker',
      ],
      ports: [{ name: 'grpc', number: 50051 }],
      envVariables: {
        POD_NAME: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAME),
        INSTANCE: value('INSTANCE'),
        SYNC_INSTANCE: value('SYNC_INSTANCE'),
      },
      readiness: kplus.Probe.fromCommand([
        '/bin/sh', '/run/sync-async/entrypoint.sh', 'ready', 'dir=/run/sync-async', 'check-timeout=5',
        'role=sync', 'check=2', 'grpc_health_probe', '-addr=:50051', 'role=async',
      ], { ...PROBES, failureThreshold: 1 }),
      liveness: kplus.Probe.fromCommand([
        '/bin/sh', '-c', '[ ! -e "$0" ] || exec /bin/sh "$0" "$@"',
        '/run/sync-async/entrypoint.sh', 'alive', 'dir=/run/sync-async', 'check-timeout=5', 'role=sync', 'role=async',
      ], { ...PROBES, failureThreshold: 3 }),
      volumeMounts: [
        {
          path: '/etc/sync-async/script',
          readOnly: true,
          volume: kplus.Volume.fromConfigMap(chart, `${id}-script-volume`, script, { name: 'sync-async-script', defaultMode: 0o555 }),
        },
        {
          path: '/etc/sync-async/values',
          readOnly: true,
          volume: kplus.Volume.fromConfigMap(chart, `${id}-values-volume`, values, { name: 'sync-async-values', optional: true }),
        },
        {
          path: '/run/sync-async',
          volume: kplus.Volume.fromEmptyDir(chart, `${id}-run-volume`, 'sync-async-run', {
            medium: kplus.EmptyDirMedium.MEMORY,
            sizeLimit: Size.mebibytes(4),
          }),
        },
        { path: '/tmp', volume: kplus.Volume.fromEmptyDir(chart, `${id}-tmp-volume`, 'sync-async-tmp') },
      ],
    }],
  });
  set.scheduling.tolerate(kplus.Node.tainted(kplus.NodeTaintQuery.exists('nvidia.com/gpu', { effect: kplus.TaintEffect.NO_SCHEDULE })));
  // What cdk8s-plus has no words for. A quantity has to have this shape, or it becomes null.
  const spec = '/spec/template/spec';
  ApiObject.of(set).addJsonPatch(
    JsonPatch.add(`${spec}/enableServiceLinks`, false),
    JsonPatch.add(`${spec}/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    JsonPatch.add(`${spec}/containers/0/resources`, { limits: { 'nvidia.com/gpu': { value: 1 } } }),
    JsonPatch.add(`${spec}/containers/0/securityContext/capabilities`, { drop: ['ALL'] }),
  );
}
