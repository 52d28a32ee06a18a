import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from '../../../bench/day/books';
import { find } from '../../../util/shells';
import { sleep, until } from '../../../util/wait';

const PYTHON = find('python3');
if (!PYTHON) {
  console.warn('left out: the gateway of bench day, because there is no python3');
}
jest.setTimeout(60_000); // more than all that is waited for

const DAY = join(__dirname, '../../../bench/day');

/** A port that nobody has. */
async function free(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

(PYTHON ? describe : describe.skip)('The gateway', () => {
  let folder: string;
  let port: number;
  let log: string;
  const children: ChildProcess[] = [];

  const start = (...args: string[]) => {
    const child = spawn(PYTHON!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };

  /** A gateway of a day with so many GPUs. */
  const open = async (gpus: number, seconds: number, arrivals: number[]) => {
    writeFileSync(join(folder, 'arrivals'), arrivals.join('\n'));
    port = await free();
    log = '';
    start(join(DAY, 'gateway.py'), '127.0.0.1', `${port}`, `${gpus}`, `${seconds}`, join(folder, 'arrivals')).stdout!.on('data', data => log += data);
    await says('open');
  };
  const says = (event: string) => until(`the gateway says ${event}; it said\n${log}`, 10, () => new RegExp(` ${event}`).test(log), 0.02);
  const client = (role: string) => start(join(DAY, 'client.py'), '127.0.0.1', `${port}`, role);
  const demand = async () => {
    let said = '';
    const child = start(join(DAY, 'demand.py'), '127.0.0.1', `${port}`);
    child.stdout!.on('data', data => said += data);
    await once(child, 'close');
    return said;
  };

  beforeEach(() => folder = mkdtempSync(join(tmpdir(), 'day-')));
  afterEach(() => {
    children.splice(0).reverse().forEach(child => child.kill('SIGKILL'));
    rmSync(folder, { recursive: true });
  });

  test('begins when somebody is there for each GPU, gives each request to a server, and jobs without end', async () => {
    await open(2, 2.5, [0.1, 0.2, 1]);
    client('server');
    await says('join');
    await sleep(0.3);
    expect(log).not.toContain(' begin');
    client('worker');
    await says('over');
    const books = read(log);
    const seconds = books.requests.map(request => request.seconds);
    expect(books.requests.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(seconds[0]).toBeGreaterThanOrEqual(0.2);
    expect(seconds[1]).toBeGreaterThanOrEqual(0.29); // it waited for the first
    expect(books.jobs).toHaveLength(1);
    expect(books.seconds).toBeCloseTo(2.5, 1);
  });

  test('loses nothing when a server and a worker are asked to stop at work, and lets them go then', async () => {
    await open(2, 3, [0.1, 0.15, 0.2]);
    const [server, worker] = [client('server'), client('worker')];
    await says('begin');
    await until('the first request is at work', 5, async () => Number(await demand()) > 0, 0.02);
    server.kill();
    worker.kill();
    expect(await Promise.all([server, worker].map(child => once(child, 'exit')))).toEqual([[0, null], [0, null]]);
    expect(log).toMatch(/ answered [^]* job\n/);
    expect(log).not.toContain('failed');
    client('server'); // takes those that waited
    await says('over');
    expect(read(log).requests.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  test('lets a server that has nothing to do go at once', async () => {
    await open(2, 1, []);
    const server = client('server');
    await says('join');
    const asked = Date.now();
    server.kill();
    expect(await once(server, 'exit')).toEqual([0, null]);
    expect(Date.now() - asked).toBeLessThan(1000);
    await says('leave');
  });

  test('counts the request of a server that dies as failed', async () => {
    await open(1, 2, [1]);
    const server = client('server');
    await says('begin');
    server.kill('SIGSTOP'); // so that it is at work for as long as it takes to see it
    await until('it is at work', 5, async () => Number(await demand()) > 0, 0.01);
    server.kill('SIGKILL');
    await says('failed');
    await says('over');
    expect(read(log).requests.map(({ ok }) => ok)).toEqual([false]);
  });

  test('asks for as many servers as the requests in flight keep busy', async () => {
    await open(1, 3, [...Array(20).keys()].map(i => i / 20));
    expect(await demand()).toBe('0\n');
    client('server');
    await says('begin');
    await until('the requests wait', 5, async () => Number(await demand()) >= 6, 0.2);
  });
});
