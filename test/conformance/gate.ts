import { EnvValue } from 'cdk8s-plus-27';
import { Trial } from './check';
import { Deployment } from './deployment';
import { ServiceProps } from './service';
import { until } from '../../util/wait';

const CONNECTS = 'python3 -c "import os, socket; socket.create_connection((os.environ[\'KUBERNETES_SERVICE_HOST\'], 443), 1)" 2>/dev/null && echo yes || echo no';

/**
 * A way to the API server that can be closed: a Service with the endpoints of the real one. Pods take it by a name that its certificate has.
 */
export class Gate {
  /** It is closed at first. */
  public static async make(trial: Trial): Promise<Gate> {
    const { kubectl } = trial.cluster;
    const name = `${trial.name}-api`;
    await kubectl.apply([{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ name: 'https', port: 443 }] } }]);
    const address = await kubectl.print(['get', 'service', name, '--output=jsonpath={.spec.clusterIP}']);
    const real = JSON.parse(await kubectl.print(['get', 'endpointslices', '--namespace=default', '--selector=kubernetes.io/service-name=kubernetes', '--output=json'])).items;
    const slices = real.map(({ addressType, endpoints, ports }: any, index: number) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-${index}`, labels: { 'kubernetes.io/service-name': name } },
      addressType,
      endpoints: endpoints.map(({ addresses, conditions }: any) => ({ addresses, conditions })),
      ports,
    }));
    return new Gate(trial, name, slices, address);
  }

  public readonly props: Partial<ServiceProps>;

  private constructor(private readonly trial: Trial, private readonly name: string, private readonly slices: any[], address: string) {
    const host = 'kubernetes.default.svc';
    this.props = {
      hostAliases: [{ ip: address, hostnames: [host] }],
      envVariables: { KUBERNETES_SERVICE_HOST: EnvValue.fromValue(host), KUBERNETES_SERVICE_PORT: EnvValue.fromValue('443'), KUBERNETES_SERVICE_PORT_HTTPS: EnvValue.fromValue('443') },
    };
  }

  public async open(): Promise<void> {
    await this.trial.cluster.kubectl.apply(this.slices);
  }

  /** Closes it to all pods, which the nodes' proxies do a little later. Connections that there are live on; the program makes a new one each time. */
  public async close(deployment: Deployment): Promise<void> {
    await this.trial.cluster.kubectl.print(['delete', 'endpointslices', `--selector=kubernetes.io/service-name=${this.name}`]);
    await Promise.all(deployment.pods.map((_, index) => until(`the gate is closed to pod ${index}`, 60, async () => (await deployment.exec(index, CONNECTS)).trim() === 'no')));
  }
}
