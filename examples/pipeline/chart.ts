import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, Restart, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';
import { Environment } from './environments';

/** The service, in one of its environments. */
export class PipelineChart extends Chart {
  public constructor(scope: Construct, id: string, image: string, environment: Environment) {
    super(scope, id, { namespace: environment.namespace, disableResourceNameHashes: true });
    const { pods, model, gpu, split, rollout, longestJob } = environment;
    const broker = kplus.Secret.fromSecretName(this, 'Broker', 'ocr-broker');

    const ocr = new SyncAsyncStatefulSet(this, 'ocr', {
      image,
      gpu,
      split,
      rollout,
      replicas: typeof pods === 'number' ? pods : undefined,
      ports: [{ name: 'grpc', number: 50051 }],
      envVariables: { MODEL: kplus.EnvValue.fromValue(model), BROKER_URL: broker.envValue('url') },
      syncRole: {
        processes: [
          {
            name: 'server',
            command: ['python', 'server.py'],
            ready: Check.command(['python', 'ping.py']),
            stopDelay: Duration.seconds(5),
          },
          { name: 'registrar', command: ['python', 'register.py'], restart: Restart.ALWAYS },
        ],
      },
      asyncRole: {
        processes: [{ name: 'worker', command: ['python', 'worker.py'], stopTimeout: longestJob }],
      },
    });

    if (typeof pods !== 'number') {
      new kplus.HorizontalPodAutoscaler(this, 'scaler', {
        target: ocr,
        minReplicas: pods.min,
        maxReplicas: pods.max,
        metrics: [kplus.Metric.external({ name: 'ocr_queue_length', target: kplus.MetricTarget.averageValue(20) })],
      });
    }
  }
}
