import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface BackendsChartProps {
  /** @default - of the makers of etcd */
  readonly etcdImage?: string;

  /** @default - Docker's official one */
  readonly rabbitmqImage?: string;

  /**
   * Switch on RabbitMQ's management plugin, which KEDA asks for the length of the queue.
   *
   * @default false
   */
  readonly management?: boolean;
}

/** One etcd and one RabbitMQ to try the service with. They keep nothing when their pods go, and let everybody in. */
export class BackendsChart extends Chart {
  /** HOST:PORT */
  public readonly etcd: string;

  /** The URL, with the user. */
  public readonly broker: string;

  /** HOST of the management plugin, if it is on. */
  private readonly plugin?: string;

  public constructor(scope: Construct, id: string, props: BackendsChartProps = {}) {
    super(scope, id, { disableResourceNameHashes: true });

    const etcd = this.backend('etcd', 2379, {
      image: props.etcdImage ?? 'quay.io/coreos/etcd:v3.5.21',
      command: ['etcd', '--data-dir=/data', '--listen-client-urls=http://0.0.0.0:2379', '--advertise-client-urls=http://localhost:2379'],
    });
    this.etcd = `${etcd.exposeViaService().name}:2379`;

    const settings = new kplus.ConfigMap(this, 'settings', {
      data: {
        'rabbitmq.conf': 'default_user = ocr\ndefault_pass = ocr\nlog.console = true\n',
        ...props.management && { plugins: '[rabbitmq_management].\n' },
      },
    });
    const rabbitmq = this.backend('rabbitmq', 5672, {
      image: props.rabbitmqImage ?? 'rabbitmq:3.13.7',
      command: ['rabbitmq-server'],
      envVariables: {
        // Whatever it writes goes into an empty directory.
        HOME: kplus.EnvValue.fromValue('/data'),
        RABBITMQ_NODENAME: kplus.EnvValue.fromValue('rabbit@localhost'),
        RABBITMQ_CONFIG_FILE: kplus.EnvValue.fromValue('/settings/rabbitmq.conf'),
        RABBITMQ_LOG_BASE: kplus.EnvValue.fromValue('/data/log'),
        RABBITMQ_MNESIA_BASE: kplus.EnvValue.fromValue('/data/mnesia'),
        RABBITMQ_ENABLED_PLUGINS_FILE: kplus.EnvValue.fromValue(props.management ? '/settings/plugins' : '/data/plugins'),
        RABBITMQ_LOGS: kplus.EnvValue.fromValue('-'),
      },
      volumeMounts: [{ path: '/settings', volume: kplus.Volume.fromConfigMap(this, 'settings-volume', settings) }],
    });
    this.broker = `amqp://ocr:ocr@${rabbitmq.exposeViaService().name}:5672//`;
    if (props.management) {
      this.plugin = new kplus.Service(this, 'management', { selector: rabbitmq, ports: [{ port: 15672 }] }).name;
    }
  }

  /** The URL of the management plugin, also for who asks from another namespace. */
  public management(namespace: string): string {
    return `http://ocr:ocr@${this.plugin}.${namespace}.svc:15672/`;
  }

  private backend(name: string, port: number, container: kplus.ContainerProps): kplus.Deployment {
    const data = kplus.Volume.fromEmptyDir(this, `${name}-data`, 'data');
    const deployment = new kplus.Deployment(this, name, {
      replicas: 1,
      strategy: kplus.DeploymentStrategy.recreate(),
      securityContext: { user: 65532, group: 65532, fsGroup: 65532 },
      containers: [{
        ...container,
        name,
        portNumber: port,
        resources: {},
        readiness: kplus.Probe.fromTcpSocket({ periodSeconds: Duration.seconds(2) }),
        startup: kplus.Probe.fromTcpSocket({ periodSeconds: Duration.seconds(2), failureThreshold: 150 }), // 5 minutes, for a small machine
        volumeMounts: [...container.volumeMounts ?? [], { path: '/data', volume: data }],
      }],
    });
    // The Pod Security Standard restricted wants these said, and cdk8s-plus has no words for them.
    ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/securityContext/seccompProfile', { type: 'RuntimeDefault' }),
      JsonPatch.add('/spec/template/spec/containers/0/securityContext/capabilities', { drop: ['ALL'] }),
    );
    return deployment;
  }
}
