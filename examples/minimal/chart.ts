import { Chart } from 'cdk8s';
import { Check, Gpu, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';

/** A web server on the first of three pods, which everyone reaches by the name `hello`, and a worker on the two others; with nothing but Python and a shell. */
export class MinimalChart extends Chart {
  public constructor(scope: Construct, id: string) {
    super(scope, id, { disableResourceNameHashes: true });
    const set = new SyncAsyncStatefulSet(this, 'hello', {
      image: 'python:3.12-alpine',
      securityContext: { user: 65534 }, // the image names none but root
      gpu: Gpu.none(),
      replicas: 3,
      split: Split.count(1),
      roleLabel: {}, // so that a Service can tell who is synchronous
      ports: [{ name: 'http', number: 8080 }],
      syncRole: {
        processes: [{
          name: 'server',
          command: ['sh', '-c', 'echo "Hello from $POD_NAME" >/tmp/index.html && exec python3 -m http.server 8080 --directory /tmp'],
          ready: Check.command(['python3', '-c', 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8080/")']),
        }],
      },
      asyncRole: {
        processes: [{
          name: 'worker',
          command: ['sh', '-c', 'trap "last=yes" TERM; until [ "$last" ]; do echo "job begun"; sleep 5 & wait; wait; echo "job done"; done'],
        }],
      },
    });
    set.exposeSyncViaService({ name: 'hello' });
  }
}
