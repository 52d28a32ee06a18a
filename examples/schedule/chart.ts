import { Chart, Duration } from 'cdk8s';
import { Check, Gpu, ScheduleWindow, Split, SyncAsyncStatefulSet, Weekday } from 'cdk8s-sync-async';
import { Construct } from 'constructs';

const { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY } = Weekday;

/** When people call. */
export const OFFICE_HOURS: ScheduleWindow = { from: '08:00', to: '18:00', sync: 4, days: [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY] };

/** Six pods, of which four answer callers in the window and one at all other times; the others work off the queue. With nothing but busybox. */
export class ScheduleChart extends Chart {
  public constructor(scope: Construct, id: string, window: ScheduleWindow = OFFICE_HOURS) {
    super(scope, id, { disableResourceNameHashes: true });
    new SyncAsyncStatefulSet(this, 'hello', {
      image: 'busybox:1.36',
      securityContext: { user: 65534 }, // the image names none but root
      gpu: Gpu.none(),
      replicas: 6,
      split: Split.schedule([window], { otherwise: 1 }), // in UTC: busybox has no data of time zones
      ports: [{ name: 'http', number: 8080 }],
      sharedProcesses: [{
        name: 'model',
        command: ['sh', '-c', 'sleep 20; echo "Hello from $POD_NAME" >/tmp/index.html; exec httpd -f -p 127.0.0.1:9000 -h /tmp'], // takes 20 s to load
        ready: Check.command(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:9000/']),
      }],
      syncRole: {
        processes: [{
          name: 'server',
          command: ['nc', '-ll', '-p', '8080', '-e', 'nc', '127.0.0.1', '9000'], // loads nothing, and passes every request on to the model
          ready: Check.command(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/']),
          stopDelay: Duration.seconds(2),
        }],
      },
      asyncRole: {
        processes: [{
          name: 'worker',
          command: ['sh', '-c', 'trap "last=yes" TERM; until [ "$last" ]; do sleep 5 & wait; wait; wget -q -O - http://127.0.0.1:9000/; done'],
        }],
      },
    });
  }
}
