import { Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, Restart, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';

/** How long Triton waits at its end for requests that it has. */
const EXIT_TIMEOUT = Duration.seconds(60);

/** NVIDIA's Triton in every pod, with a registrar beside it, for callers, or a worker, for a queue. It goes on when the one makes way for the other. */
export class TritonChart extends Chart {
  public constructor(scope: Construct, id: string) {
    super(scope, id, { disableResourceNameHashes: true });
    const models = kplus.PersistentVolumeClaim.fromClaimName(this, 'Models', 'triton-models');
    const queue = kplus.Secret.fromSecretName(this, 'Queue', 'triton-queue');

    const ocr = new SyncAsyncStatefulSet(this, 'ocr', {
      image: 'registry.example.com/triton-ocr:25.06', // built by service/Dockerfile
      replicas: 6,
      split: Split.count(4),
      ports: [
        { name: 'http', number: 8000 },
        { name: 'grpc', number: 8001 },
        { name: 'metrics', number: 8002 },
      ],
      securityContext: { user: 1000 }, // triton-server, the user for this in NVIDIA's image
      workingDir: '/app',
      sharedMemory: Size.gibibytes(1), // the models in Python hand their tensors over in it
      volumeMounts: [{ path: '/models', volume: kplus.Volume.fromPersistentVolumeClaim(this, 'Repository', models, { readOnly: true }), readOnly: true }],
      volumeClaims: [{ name: 'cache', size: Size.gibibytes(20), path: '/cache' }], // of each pod, and there again for the next one with its name
      envVariables: {
        HOME: kplus.EnvValue.fromValue('/cache'), // for libraries that keep one, and engines that are compiled for this GPU
        POD_IP: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IP), // what the registrar registers
        ETCD_URL: kplus.EnvValue.fromValue('http://etcd:2379'),
        BROKER_URL: queue.envValue('broker'),
        RESULTS_URL: queue.envValue('results'),
      },
      sharedProcesses: [{
        name: 'triton',
        command: ['tritonserver', '--model-repository=/models', `--exit-timeout-secs=${EXIT_TIMEOUT.toSeconds()}`],
        // Succeeds when all models are loaded.
        ready: Check.command(['curl', '--fail', '--silent', '--output', '/dev/null', 'http://127.0.0.1:8000/v2/health/ready']),
        startTimeout: Duration.minutes(20),
        stopDelay: Duration.seconds(10), // from the end of the registrar to TERM, and to the first job in a move: clients look into the registry more often
        stopTimeout: Duration.seconds(EXIT_TIMEOUT.toSeconds() + 15), // to unload the models, after the last request
      }],
      syncRole: { processes: [{ name: 'registrar', command: ['python3', 'register.py'], restart: Restart.ALWAYS }] },
      asyncRole: {
        processes: [{
          name: 'worker',
          command: ['python3', '-m', 'celery', '-A', 'worker', 'worker', '--concurrency=4', '--loglevel=INFO'],
          stopTimeout: Duration.minutes(5), // more than worker.py's limit for a job
        }],
      },
    });
    ocr.addDisruptionBudgets({ syncMinAvailable: 3 });
  }
}
