import { Check as Command, ProcessProps, RoleLabelOptions, Split } from 'cdk8s-sync-async';
import { Trial } from './check';
import { Deployment } from './deployment';
import { Event, parseLog } from './log';
import { probes, ServiceProps } from './service';
import { until } from '../../util/wait';

export const LABEL = 'cdk8s-sync-async/role';

export type WebProps = ServiceProps & { readonly replicas: number };

/** The web server in either role: an asynchronous pod that is asked says so, instead of refusing. */
export function web(ending: string): ProcessProps {
  return {
    name: 'web',
    command: ['python', '/probe/web.py', 'serve', ending],
    ready: Command.command(['sh', '/probe/program.sh', 'ready', 'web']),
  };
}

/** A service of web servers, whose synchronous pods have a Service. It ends its connections as `ending` says. */
export function webProps(trial: Trial, ending: string, roleLabel: RoleLabelOptions = {}): WebProps {
  return {
    image: `${trial.cluster.ocrImages}ocr:1`,
    split: Split.count(2),
    replicas: 4,
    probes,
    roleLabel,
    ports: [{ name: 'http', number: 8080 }, { name: 'grpc', number: 50051 }],
    syncRole: { processes: [web(ending)] },
    asyncRole: { processes: [{ ...web(ending), name: 'worker' }] },
  };
}

/** A pod with clients that know only the name of the Service. */
function clients(objects: any[], name: string, image: string): void {
  const programs = objects.find(object => object.kind === 'ConfigMap' && object.data['web.py']).metadata.name;
  objects.push({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-clients` },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      terminationGracePeriodSeconds: 15,
      volumes: [{ name: 'programs', configMap: { name: programs } }],
      containers: [{
        name: 'clients',
        image,
        command: ['python', '/probe/web.py', 'ask', `${name}-web`],
        volumeMounts: [{ name: 'programs', mountPath: '/probe' }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      }],
    },
  });
}

/** Brings up the service, and clients beside it; what is returned ends them and gives their log. */
export async function withClients(trial: Trial, deployment: Deployment, given: WebProps): Promise<() => Promise<Event[]>> {
  await deployment.apply(given);
  await deployment.ready(given.replicas, 240);
  await deployment.apply(given, objects => clients(objects, deployment.name, given.image!));
  await until('the clients run', 60, () => trial.cluster.pods.get(`${deployment.name}-clients`)?.status.phase === 'Running');
  const lines: string[] = [];
  const end = trial.cluster.kubectl.follow(['logs', `${deployment.name}-clients`, '--follow', '--timestamps'], line => lines.push(line));
  await until('the clients get answers', 60, () => lines.filter(line => line.includes('event=answer')).length > 100);
  return async () => {
    await deployment.kubectl('delete', 'pod', `${deployment.name}-clients`, '--wait=false');
    await end;
    return parseLog(lines.join('\n'));
  };
}

