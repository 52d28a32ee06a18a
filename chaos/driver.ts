import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger, Note } from './ledger';
import { LOAD, Settings } from './settings';
import { container, model, podSpec } from './systems/plain';
import { Kubectl } from '../cluster/kubectl';
import { isReady, Pods } from '../cluster/pods';
import { sleep, until } from '../util/wait';

const PROGRAMS = 'driver';

/** A driver that says nothing for longer has died, or nobody hears it: the API server may be away for a while. */
const SILENT_SECONDS = 120;

/** The server that nobody disturbs, and the driver's program. */
export function driverObjects(settings: Settings, node: any): any[] {
  const server = container('server', settings, ['python', 'server.py']);
  server.readinessProbe = { tcpSocket: { port: 50051 } };
  const program = readFileSync(join(__dirname, 'driver', 'driver.py'), 'utf8');
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PROGRAMS }, data: { 'driver.py': program } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'control' }, spec: { ...podSpec([server], [], [model(settings)]), ...node } },
  ];
}

/** As the registrar writes it. */
export function address(ip: string): string {
  return ip.includes(':') ? `[${ip}]:50051` : `${ip}:50051`;
}

/**
 * The pod that sends requests and jobs, and what it has written so far.
 */
export class Driver {
  public readonly ledger = new Ledger();
  private following = true;
  private read = 0;
  /** This machine's clock less the driver's; the line that took least time on its way tells it best. */
  private skew = Infinity;

  constructor(private readonly kubectl: Kubectl, private readonly pods: Pods, private readonly name: string) {}

  public async start(settings: Settings, node: any, service?: string): Promise<void> {
    const { kubectl, pods, name } = this;
    const main = container('driver', settings, ['python', '/chaos/driver.py'], Object.entries({
      PYTHONPATH: '/srv',
      CONTROL: address(pods.get('control')!.status.podIP!),
      PLAIN_RATE: LOAD.plainRate,
      TRANSPARENT_RATE: LOAD.transparentRate,
      RETRY_RATE: LOAD.retryRate,
      JOB_EVERY_SECONDS: LOAD.jobEverySeconds,
      JOB_SECONDS: LOAD.jobSeconds,
      ...service && { SERVICE: service },
    }).map(([variable, value]) => ({ name: variable, value: String(value) })));
    main.volumeMounts.push({ name: 'programs', mountPath: '/chaos' });
    await kubectl.apply([{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { ...podSpec([main], [{ name: 'programs', configMap: { name: PROGRAMS } }]), ...node, restartPolicy: 'Never', terminationGracePeriodSeconds: 1 },
    }]);
    await until(`${name} runs`, 90, () => pods.get(name) !== undefined && isReady(pods.get(name)!), 0.2);
    void this.follow();
    await until(`${name} sends requests`, 60, () => this.ledger.lastTick, 0.2);
  }

  /**
   * The time by the driver's clock, in seconds.
   */
  public now(): number {
    return Date.now() / 1000 - this.skew;
  }

  /**
   * Whether it still says something every second.
   */
  public get isAlive(): boolean {
    return (this.ledger.lastTick?.at ?? 0) > this.now() - SILENT_SECONDS;
  }

  /**
   * Sends nothing more, which it has to hear within so many seconds, and waits for what is still under way.
   */
  public async stop(seconds: number = 60): Promise<void> {
    try {
      await until(`${this.name} can be asked to end`, seconds, async () => (await this.kubectl.run(['exec', this.name, '--', 'touch', '/tmp/stop'])).status === 0);
      // More than the deadlines of driver.py together: 60 s for a server, 30 s for its answer, 120 s for the jobs.
      await until(`${this.name} has ended`, 240, () => this.ledger.ended, 0.2);
    } finally {
      this.following = false;
      await this.kubectl.run(['delete', 'pod', this.name, '--ignore-not-found', '--wait=false']);
    }
  }

  // From where the last connection ended: the API server may be away for a while.
  private async follow(): Promise<void> {
    while (this.following && this.pods.isWatching) {
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
