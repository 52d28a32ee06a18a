import { ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Init } from './inits';
import { memory, program, switches, tree } from './processes';
import { sleep, until } from '../../util/wait';

const NAMES = ['server', 'registrar'];

/** As root, or as root of a user namespace. */
const AS_ROOT = process.getuid!() === 0 ? [] : ['unshare', '--user', '--map-root-user'];

/** A moment by the monotonic clock, in milliseconds. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

/** What one life took, in milliseconds. */
export interface Stop {
  readonly start: number;
  readonly term: number;
  readonly gone: number;
  /** CPU, for everything from the start to the end. */
  readonly cpu: number;
}

export interface Size {
  readonly processes: number;
  readonly rss: number;
  readonly pss: number;
}

/**
 * One life of an init as process 1, and of the services it supervises.
 */
export class Life {
  private readonly directory: string;
  private readonly child: ChildProcess;
  private readonly over: Promise<void>;
  private output = '';

  constructor(private readonly init: Init, private readonly helper: string, place: string) {
    this.directory = mkdtempSync(join(place, 'life-'));
    const work = join(this.directory, 'work');
    mkdirSync(work);
    const services = NAMES.slice(0, init.services).map(name => ({ name, command: [helper, 'serve', this.eventsFile, name] }));
    const command = [...AS_ROOT, helper, 'begin', this.eventsFile, ...init.command(work, services)];
    const env = { PATH: process.env.PATH, POD_NAME: 'ocr-0' };
    this.child = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child.stdout!.on('data', data => this.output += data);
    this.child.stderr!.on('data', data => this.output += data);
    this.over = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', () => resolve());
    });
    this.over.catch(() => {});
  }

  /** Waits until every service runs. */
  public async begun(): Promise<void> {
    await until('every service runs', 20, () => this.all('main').length === this.init.services, 0.01).catch(error => this.explain(error));
  }

  /** Sends TERM to process 1, waits for its end, and tells how long everything took. */
  public async stop(): Promise<Stop> {
    const sent = now();
    process.kill(this.pid, 'SIGTERM');
    let timer: NodeJS.Timeout;
    const limit = new Promise<never>((_, reject) => timer = setTimeout(() => reject(new Error('not gone 20 s after TERM')), 20_000));
    await Promise.race([this.over, limit]).catch(error => this.explain(error)).finally(() => clearTimeout(timer));
    const [terms, exits, mains, gone] = ['term', 'exit', 'main', 'gone'].map(what => this.all(what));
    if (terms.length !== this.init.services || gone.length !== 1) {
      this.explain(new Error(`${terms.length} of ${this.init.services} services got TERM`));
    }
    const cpu = this.events().find(event => event.what === 'gone')!.value / 1000;
    return { start: Math.max(...mains) - this.all('exec')[0], term: Math.max(...terms) - sent, gone: gone[0] - Math.max(...exits), cpu };
  }

  /** The processes of the init itself, without the services. */
  public own(): number[] {
    return tree(this.pid).filter(pid => program(pid) !== undefined && program(pid) !== this.helper);
  }

  public size(): Size {
    const own = this.own();
    const sum = (kind: 'Rss' | 'Pss') => own.reduce((total, pid) => total + memory(pid, kind), 0);
    return { processes: own.length, rss: sum('Rss'), pss: sum('Pss') };
  }

  /** How often its own processes wake up in so many seconds, those included that come and go. */
  public async wakeUps(seconds: number): Promise<number> {
    const before = new Map(this.own().map(pid => [pid, switches(pid)]));
    const after = new Map(before);
    for (const end = now() + seconds * 1000; now() < end;) {
      await sleep(0.1);
      this.own().forEach(pid => after.set(pid, switches(pid)));
    }
    const own = this.own();
    const ended = [...after.keys()].filter(pid => !own.includes(pid)).length; // each woke once more, to end
    return [...after].reduce((sum, [pid, count]) => sum + count - (before.get(pid) ?? 0), ended);
  }

  /** Ends it by force if it is still there. */
  public async dispose(): Promise<void> {
    this.child.kill('SIGKILL'); // and process 1 with it
    await this.over.catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get eventsFile(): string {
    return join(this.directory, 'events');
  }

  private get pid(): number {
    return this.events().find(event => event.what === 'pid')!.value;
  }

  /** The moments of an event, in milliseconds. */
  private all(what: string): number[] {
    return this.events().filter(event => event.what === what).map(event => event.at);
  }

  private events(): { what: string; at: number; value: number }[] {
    const text = existsSync(this.eventsFile) ? readFileSync(this.eventsFile, 'utf8') : '';
    return text.split('\n').slice(0, -1).map(line => line.split(' ')).map(([what, at, value]) => ({ what, at: Number(at) / 1e6, value: Number(value) }));
  }

  private explain(error: Error): never {
    throw new Error(`${this.init.name}: ${error.message}; events: ${JSON.stringify(this.events())}; output: ${this.output}`);
  }
}
