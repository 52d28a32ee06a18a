import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { AsyncScalerOptions, Check, Gpu, QueueTrigger, Restart, Split, SyncAsyncDeployments, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';

export interface OcrChartProps {
  /** Built by service/Dockerfile. */
  readonly image: string;

  /** HOST:PORT of etcd, the service registry. */
  readonly etcd: string;

  /** URL of RabbitMQ, which holds the jobs and takes the answers. */
  readonly broker: string;

  /** @default - 4, or as many as `scaler` says */
  readonly replicas?: number;

  /**
   * Let KEDA decide how many workers there are, by the length of the queue. `management` is the URL of RabbitMQ's management plugin.
   *
   * @default - a fixed number of pods.
   */
  readonly scaler?: Omit<AsyncScalerOptions, 'queue'> & { readonly management: string };

  /**
   * Which of the pods are synchronous.
   *
   * @default Split.count(2)
   */
  readonly split?: Split;

  /**
   * Let clients find the servers by the name of a Service too, `<id>-sync`. Connections to a server are then closed after 2 s, so that they lead to another one before it ends.
   *
   * @default false - by etcd alone.
   */
  readonly service?: boolean;

  /**
   * A Deployment for each role, with as many pods as the split gives it, in the place of the StatefulSet.
   *
   * @default false
   */
  readonly deployments?: boolean;

  /** @default Gpu.nvidia(1) */
  readonly gpu?: Gpu;

  /**
   * What reads the images: `rapidocr`, or `sleep:SECONDS`, which only takes its time.
   *
   * @default rapidocr
   */
  readonly model?: string;
}

/**
 * A service that reads text on images: over gRPC, found through etcd, and as Celery jobs, through RabbitMQ. The model is a process that both roles share,
 * so that a pod which changes its role does not load it again.
 */
export class OcrChart extends Chart {
  public constructor(scope: Construct, id: string, props: OcrChartProps) {
    super(scope, id, { disableResourceNameHashes: true });
    // Without the search for installed packages, of which it needs none, Python starts faster; every pod does this every 5 s.
    const check = (process: string) => Check.command(['python', '-I', '-S', 'check.py', process]);

    const pods = {
      image: props.image,
      gpu: props.gpu,
      ports: [{ name: 'grpc', number: 50051 }],
      envVariables: {
        POD_IP: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IP),
        ETCD: kplus.EnvValue.fromValue(props.etcd),
        BROKER_URL: kplus.EnvValue.fromValue(props.broker),
        MODEL: kplus.EnvValue.fromValue(props.model ?? 'rapidocr'),
        ...props.service ? { CONNECTION_SECONDS: kplus.EnvValue.fromValue('2') } : {},
      },
      sharedProcesses: [{
        name: 'model',
        command: ['python', 'model.py'],
        ready: check('model'),
        stopTimeout: Duration.seconds(30), // more than it gives its last requests
      }],
      syncRole: {
        processes: [
          {
            name: 'server',
            command: ['python', 'server.py'],
            ready: check('server'),
            stopDelay: Duration.seconds(5), // clients look into the registry every second
            stopTimeout: Duration.seconds(30), // more than the server gives its last requests
          },
          {
            name: 'registrar',
            command: ['python', 'register.py'],
            restart: Restart.ALWAYS,
            stopTimeout: Duration.seconds(15), // more than the time to live of its lease, which it waits for when etcd is away
          },
        ],
      },
      asyncRole: {
        processes: [{
          name: 'worker',
          command: ['celery', '--app=worker', 'worker', '--without-gossip', '--without-mingle', '--loglevel=INFO'],
          ready: check('worker'),
          stopTimeout: Duration.minutes(5), // more than the longest job
        }],
      },
    };

    const { replicas = 4, split = Split.count(2) } = props;
    const sync = split.syncOrdinals(replicas).length;
    const service = props.deployments ? new SyncAsyncDeployments(this, 'service', {
      ...pods,
      syncDeployment: { replicas: sync },
      asyncDeployment: { replicas: props.scaler ? undefined : replicas - sync },
    }) : new SyncAsyncStatefulSet(this, 'service', {
      ...pods,
      replicas: props.scaler ? undefined : replicas,
      split,
      roleLabel: props.service ? {} : undefined,
    });

    if (props.service) {
      service.exposeSyncViaService({ name: `${id}-sync` });
    }
    if (props.scaler) {
      const { management: host, ...options } = props.scaler;
      service.scaleAsync({ ...options, queue: QueueTrigger.rabbitmq({ queueName: 'ocr', host }) });
    }
  }
}
