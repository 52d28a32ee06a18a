import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger, Note } from './ledger';
import { LOAD, Settings } from './settings';
import { container, podSpec } from './systems/plain';
import { Kubectl } from '../test/conformance/kubectl';
import { isReady, Pods } from '../test/conformance/pods';
import { sleep, until } from '../test/conformance/wait';

const PROGRAMS = 'driver';

/** The server that nobody disturbs, and the driver's program. */
export function driverObjects(settings: Settings, node: any): any[] {
  const server = container('server', settings, ['python', 'server.py']);
  server.readinessProbe = { tcpSocket: { port: 50051 } };
  const program = readFileSync(join(__dirname, 'driver', 'driver.py'), 'utf8');
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PROGRAMS }, data: { 'driver.py': program } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'control' }, spec: { ...podSpec([server]), ...node } },
  ];
}

/**
 * The pod that sends requests and jobs, and what it has written so far.
 */
export class Driver {
  public static async start(kubectl: Kubectl, pods: Pods, name: string, settings: Settings, node: any): Promise<Driver> {
    const driver = new Driver(kubectl, name);
    const main = container('driver', settings, ['python', '/chaos/driver.py'], Object.entries({
      PYTHONPATH: '/srv',
      CONTROL: `${pods.get('control')!.status.podIP}:50051`,
      PLAIN_RATE: LOAD.plainRate,
      RETRY_RATE: LOAD.retryRate,
      JOB_EVERY_SECONDS: LOAD.jobEverySeconds,
      JOB_SECONDS: LOAD.jobSeconds,
    }).map(([variable, value]) => ({ name: variable, value: String(value) })));
    main.volumeMounts.push({ name: 'programs', mountPath: '/chaos' });
    await kubectl.apply([{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { ...podSpec([main], [{ name: 'programs', configMap: { name: PROGRAMS } }]), ...node, restartPolicy: 'Never', terminationGracePeriodSeconds: 1 },
    }]);
    await until(`${name} runs`, 90, () => pods.get(name) !== undefined && isReady(pods.get(name)!), 0.2);
    void driver.follow();
    await until(`${name} sends requests`, 60, () => driver.ledger.lastTick, 0.2);
    return driver;
  }

  public readonly ledger = new Ledger();
  private following = true;
  private read = 0;
  /** This machine's clock less the driver's; the line that took least time on its way tells it best. */
  private skew = Infinity;

  private constructor(private readonly kubectl: Kubectl, private readonly name: string) {}

  /**
   * The time by the driver's clock, in seconds.
   */
  public now(): number {
    return Date.now() / 1000 - this.skew;
  }

  /**
   * Sends nothing more, and waits for what is still under way.
   */
  public async stop(): Promise<void> {
    await this.kubectl.print(['exec', this.name, '--', 'touch', '/tmp/stop']);
    await until(`${this.name} has ended`, 180, () => this.ledger.ended, 0.2);
    this.following = false;
    await this.kubectl.print(['delete', 'pod', this.name, '--wait=false']);
  }

  // From where the last connection ended: the API server may be away for a while.
  private async follow(): Promise<void> {
    while (this.following) {
      await this.kubectl.follow(['exec', this.name, '--', 'tail', '-c', `+${this.read + 1}`, '-f', '/tmp/events'], line => this.take(line));
      await sleep(0.5);
    }
  }

  private take(line: string): void {
    let note: Note;
    try {
      note = JSON.parse(line);
    } catch {
      return; // the connection has ended within a line, which is read again
    }
    this.read += Buffer.byteLength(line) + 1;
    const at = note.e === 'request' ? note.end : note.at;
    this.skew = Math.min(this.skew, Date.now() / 1000 - at);
    this.ledger.add(note);
  }
}
