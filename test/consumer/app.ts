import { App, Chart, Duration } from 'cdk8s';
import { Check, Restart, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';

const app = new App();
const chart = new Chart(app, 'consumer');
new SyncAsyncStatefulSet(chart, 'ocr', {
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
app.synth();
