import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, container, podSpec, readiness } from './plain';
import { NOT_IN_CONTROLS, System } from './system';
import { ordinal } from '../../cluster/pods';

const NAME = 'script';

/** One StatefulSet too, with the script that most people would write. The readiness probe is already more than many have. */
export const SCRIPT: System = {
  name: NAME,
  about: 'the same StatefulSet, with the usual bash script: start both, trap TERM, kill both, wait',
  promised: false,
  cannot: [...NOT_IN_CONTROLS, 'demand', 'KILL to model of a worker'], // that worker would stay, and give every job back
  workloads: [`statefulset/${NAME}`],
  objects: settings => {
    const labels = { app: NAME };
    const main = container('main', settings, ['bash', '/script/start.sh'], [
      { name: 'SYNC_INSTANCE', value: String(settings.sync) },
    ]);
    main.readinessProbe = readiness(['sh', '-c', `[ "\${POD_NAME##*-}" -ge "$SYNC_INSTANCE" ] || exec ${check('server').join(' ')}`]);
    main.volumeMounts.push({ name: 'script', mountPath: '/script' });
    return [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data: { 'start.sh': readFileSync(join(__dirname, 'script.sh'), 'utf8') } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: NAME }, spec: { clusterIP: 'None', selector: labels } },
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: NAME },
        spec: {
          replicas: settings.replicas,
          serviceName: NAME,
          podManagementPolicy: 'Parallel',
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec([main], [{ name: 'script', configMap: { name: NAME } }]) },
        },
      },
    ];
  },
  owns: pod => pod.metadata.name.startsWith(`${NAME}-`),
  isSync: (pod, { sync }) => ordinal(pod) < sync,
};
