import { check, container, model, podSpec, readiness, WORKER } from './plain';
import { NOT_IN_CONTROLS, System } from './system';

const [SYNC, ASYNC] = ['plain-sync', 'plain-async'];

function deployment(name: string, replicas: number, spec: any): any {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** Kubernetes alone: a container for every process. They share their process namespace so that one can be killed, which nobody can do to a process 1. */
export const DEPLOYMENTS: System = {
  name: 'deployments',
  about: 'two Deployments without any entrypoint: server and registrar in two containers of a pod, the worker in another; the model is a sidecar of both',
  promised: false,
  cannot: NOT_IN_CONTROLS,
  workloads: [`deployment/${SYNC}`, `deployment/${ASYNC}`],
  objects: settings => {
    const server = { ...container('server', settings, ['python', 'server.py']), readinessProbe: readiness(check('server')) };
    const registrar = container('registrar', settings, ['sh', '-c', `until ${check('server').join(' ')}; do sleep 1; done; exec python register.py`]);
    const worker = { ...container('worker', settings, WORKER), readinessProbe: readiness(check('worker')) };
    return [
      deployment(SYNC, settings.sync, { ...podSpec([server, registrar], [], [model(settings)]), shareProcessNamespace: true }),
      deployment(ASYNC, settings.replicas - settings.sync, { ...podSpec([worker], [], [model(settings)]), shareProcessNamespace: true }),
    ];
  },
  owns: pod => [SYNC, ASYNC].some(name => pod.metadata.name.startsWith(`${name}-`)),
  isSync: pod => pod.metadata.name.startsWith(`${SYNC}-`),
};
