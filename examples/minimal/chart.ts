import { Chart, Duration } from 'cdk8s';
import { Check, Gpu, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';

/** A web server on the first of three pods, a worker on the two others; with nothing but busybox. */
export class MinimalChart extends Chart {
  public constructor(scope: Construct, id: string) {
    super(scope, id, { disableResourceNameHashes: true });
    new SyncAsyncStatefulSet(this, 'hello', {
      image: 'busybox:1.36',
      securityContext: { user: 65534 }, // the image names none but root
      gpu: Gpu.none(),
      replicas: 3,
      split: Split.count(1),
      ports: [{ name: 'http', number: 8080 }],
      syncRole: {
        processes: [{
          name: 'server',
          command: ['sh', '-c', 'echo "Hello from $POD_NAME" >/tmp/index.html && exec httpd -f -p 8080 -h /tmp'],
          ready: Check.command(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/']),
          stopDelay: Duration.seconds(2),
        }],
      },
      asyncRole: {
        processes: [{
          name: 'worker',
          command: ['sh', '-c', 'trap "last=yes" TERM; until [ "$last" ]; do echo "job begun"; sleep 5 & wait; wait; echo "job done"; done'],
        }],
      },
    });
  }
}
