import { App, Chart, Duration } from 'cdk8s';
import { Check, Restart, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';

/** So many services in one chart, made with the library. */
export function byLibrary(app: App, services: number): void {
  const chart = new Chart(app, 'bench', { disableResourceNameHashes: true });
  for (let i = 0; i < services; i++) {
    new SyncAsyncStatefulSet(chart, `ocr${i}`, {
      image: 'registry.example.com/ocr:1.4.2',
      replicas: 10,
      split: Split.count(4),
      ports: [{ name: 'grpc', number: 50051 }],
      syncRole: {
        processes: [
          {
            name: 'server',
            command: ['python', 'server.py'],
            ready: Check.command(['grpc_health_probe', '-addr=:50051']),
            stopDelay: Duration.seconds(5),
          },
          { name: 'registrar', command: ['python', 'register.py'], restart: Restart.ALWAYS },
        ],
      },
      asyncRole: {
        processes: [{ name: 'worker', command: ['celery', '-A', 'app', 'worker'], stopTimeout: Duration.minutes(5) }],
      },
    });
  }
}
