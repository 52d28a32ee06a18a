import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { check, Entrypoint, Life, Line, SERVICE, service, stubborn } from './harness';
import { lookThrough } from './prove';

/** Numbers from 0 to 1, the same ones for the same seed. */
export type Random = () => number;

/**
 * A life, something that happens to it at a moment that nobody chose, and what must be true afterwards.
 */
export interface Scenario {
  readonly name: string;
  readonly life: Life;
  /** Lives it, and waits for its end. A moment counts from when the kernel shows handlers for signals: earlier ones it drops by itself. */
  readonly act: (life: Entrypoint, random: Random, seed: number) => Promise<void>;
  /** Acts before anyone has waited for the shell to begin. */
  readonly atOnce?: true;
  /** What must be true beside what is true of every life that was stopped (see `judge`). */
  readonly expect: (life: Entrypoint) => void;
}

// Long enough that a signal that never arrived shows as a KILL, or as a life that does not end.
const PATIENT = { stopTimeout: 12 };
const LIMIT = 20;

const server = (words: string[] = [], more = {}) => service('server', words, { ...PATIENT, ...more });
const registrar = (words: string[] = [], more = {}) => service('registrar', words, { ...PATIENT, ...more });
const waiting = (up: number) => server([`up=${up}`], { ready: check('server') });

// Not a wrapper in bash, which ignores QUIT.
const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';

const milliseconds = (time: number) => new Promise(resolve => setTimeout(resolve, time));

/** Any moment of a life that takes `start` seconds to be running, and two more. */
async function moment(life: Entrypoint, random: Random, start = 0.4, signal = 'TERM'): Promise<void> {
  await life.listening(signal);
  await milliseconds(random() * (start + 2) * 1000);
}

/** Two things within 0.6 ms of each other, in an order that nobody chose. */
function together(random: Random, ...two: [() => void, () => void]): void {
  const [first, second] = random() < 0.5 ? two : [two[1], two[0]];
  const gap = BigInt(Math.floor(random() * 600_000));
  first();
  for (const begun = process.hrtime.bigint(); process.hrtime.bigint() - begun < gap;);
  second();
}

const stop = (life: Entrypoint, signal = 'TERM') => life.kill(life.pid, signal);

/** Waits for something unless the life ends before. */
const unlessEnded = (waited: Promise<unknown>) => waited.catch(error => {
  if (!/has ended/.test(error.message)) throw error;
});

async function termAtAnyMoment(life: Entrypoint, random: Random): Promise<void> {
  await moment(life, random);
  stop(life);
  await life.ended();
}

const asked = (life: Entrypoint, process: string) => life.linesLike({ event: 'stop-signal', process }).length > 0;
const status = (...allowed: number[]) => (life: Entrypoint) => assert.ok(allowed.includes(life.end!.status!), `status ${life.end!.status}, not ${allowed}`);
const signalled = (life: Entrypoint, signal = 'TERM') => assert.equal(life.linesLike({ event: 'signal', signal }).length, 1, 'the signal is taken, once');

/** The lines of the log for each role that it had, one after another. */
function roles(life: Entrypoint): Line[][] {
  const starts = life.lines.flatMap((line, index) => line.event === 'start' ? [index] : []);
  return starts.map((start, index) => life.lines.slice(start, starts[index + 1]));
}

/** What is true of every life that was stopped. */
export function judge(life: Entrypoint): void {
  lookThrough(life);
  const begun = life.linesLike({ event: 'process-start' });
  assert.equal(life.linesLike({ event: 'exit' }).length, begun.length, 'the end of every process is told');

  const stopped = life.lines.findIndex(line => line.event === 'signal' || line.event === 'stop');
  assert.ok(!life.lines.some((line, index) => index > stopped && line.event === 'process-start'), 'nothing is started after the stop');
  for (const role of roles(life)) {
    const order = role.filter(line => line.event === 'stop-signal').map(line => begun.findIndex(other => other.process === line.process));
    assert.deepEqual(order, [...order].sort((a, b) => b - a), 'the stop signals come in reverse order');
  }

  for (const { process, signal } of life.linesLike({ event: 'stop-signal' })) {
    // One that had not begun to listen has ended by the signal itself, and one that was killed meanwhile has heard nothing.
    const killed = life.linesLike({ event: 'exit', process, status: '137' }).length > 0;
    if (!killed && life.eventsLike(process, 'started').length > 0) assert.ok(life.eventsLike(process, `got ${signal}`).length > 0, `${process} gets ${signal}`);
  }
}

const noKill = (life: Entrypoint) => assert.equal(life.linesLike({ event: 'kill' }).length, 0, 'nothing is killed');

/** An ordinary stop: taken, in time, nothing killed. */
function stoppedWell(life: Entrypoint): void {
  status(0)(life);
  signalled(life);
  noKill(life);
}

/** A pod that moves warm, from synchronous to asynchronous and back. A process that the role can do without is started again. */
const WARM: Life = {
  split: 'count',
  value: '1',
  settle: 1,
  shared: [service('model', ['up=0.2'], { ...PATIENT, ready: check('model') })],
  sync: [server(['after=0.2']), registrar([], { restart: 'always' })],
  async: [service('worker', ['after=0.3'], PATIENT)],
  limit: 40,
};

/** What is true of every life with warm moves. */
function movedWell(life: Entrypoint): void {
  const running = new Map<string, string>();
  for (const [index, role] of roles(life).entries()) {
    const name = role[0].role;
    for (const { event, process } of role) {
      if (event === 'exit') running.delete(process);
      if (event === 'process-start' && process !== 'model') running.set(process, `${name} ${index}`);
      assert.ok([...running.values()].every(each => each === `${name} ${index}`), `never both roles at once: ${[...running.keys()]}`);
    }
  }
  assert.equal(life.linesLike({ event: 'process-start', process: 'model' }).length, 1, 'what is shared is started once');
  assert.ok(life.linesLike({ event: 'move' }).filter(line => line.kind === 'cold').length <= 1, 'a cold move is the last');
}

/** Changes the number now and then, for so many seconds. */
async function flip(life: Entrypoint, random: Random, seconds: number): Promise<void> {
  for (let left = seconds * 1000, value = 0; left > 0; value = 1 - value) {
    if (!life.end) life.putValue(`${value}`);
    const pause = 20 + random() * 2500;
    await milliseconds(Math.min(pause, left));
    left -= pause;
  }
}

export const SCENARIOS: Scenario[] = [
  {
    name: 'TERM during start',
    life: { sync: [waiting(0.3), registrar()], limit: LIMIT },
    act: termAtAnyMoment,
    expect: stoppedWell,
  },
  {
    name: 'TERM as early as it can be heard',
    life: { sync: [server(), registrar()], limit: LIMIT },
    act: async (life, random) => {
      await life.listening('TERM');
      for (const until = process.hrtime.bigint() + BigInt(Math.floor(random() * 3_000_000)); process.hrtime.bigint() < until;);
      stop(life);
      await life.ended();
    },
    expect: stoppedWell,
  },
  {
    name: 'TERM at each of the first 20 ms, in steps of 0.05 ms',
    life: { sync: [server(), registrar()], limit: LIMIT },
    atOnce: true,
    act: async (life, _random, seed) => {
      life.listeningAtOnce('TERM');
      const after = BigInt(seed % 400 * 50_000); // one after the other, not by chance
      for (const begun = process.hrtime.bigint(); process.hrtime.bigint() - begun < after;);
      stop(life);
      await life.ended();
    },
    expect: stoppedWell,
  },
  {
    name: 'TERM between two processes',
    life: { sync: [server(), service('cache', [], PATIENT), registrar()], limit: LIMIT },
    act: async (life, random) => {
      await life.listening('TERM');
      await milliseconds(random() * 40);
      stop(life);
      await life.ended();
    },
    expect: stoppedWell,
  },
  {
    name: 'a death and TERM at once',
    life: { sync: [server(), registrar()], limit: LIMIT },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      await life.event('server', 'started');
      await life.event('registrar', 'started');
      await milliseconds(random() * 500);
      const victim = life.pidOf(random() < 0.5 ? 'server' : 'registrar');
      together(random, () => stop(life), () => life.kill(victim, 'KILL'));
      await life.ended();
    },
    // Its own status if it died before it was asked to stop: a fault is told, stop or not.
    expect: life => {
      const dead = life.linesLike({ event: 'exit', status: '137' })[0];
      noKill(life);
      if (!dead) return stoppedWell(life); // it had ended by TERM just before
      const before = life.lines.indexOf(dead) < life.lines.findIndex(line => line.event === 'stop-signal' && line.process === dead.process);
      status(before || !asked(life, dead.process) ? 137 : 0)(life);
    },
  },
  {
    name: 'two TERMs',
    life: { sync: [waiting(0.3), registrar(['after=0.1'])], limit: LIMIT },
    act: async (life, random) => {
      await moment(life, random);
      stop(life);
      await milliseconds(random() * 120);
      if (!life.end) stop(life);
      await life.ended();
    },
    expect: life => {
      stoppedWell(life);
      assert.ok(life.eventsLike('server', 'got TERM').length <= 1, 'a second TERM changes nothing');
    },
  },
  {
    name: 'a death during the stop',
    life: { sync: [server([], { stopDelay: 5 }), registrar(['after=0.3'])], limit: LIMIT },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      await life.event('server', 'started');
      await life.event('registrar', 'started');
      const victim = life.pidOf('server');
      stop(life);
      await milliseconds(random() * 600);
      life.kill(victim, 'KILL');
      await life.ended();
    },
    expect: life => {
      status(137)(life);
      signalled(life);
      assert.ok(Number(life.lines.at(-1)!.t) - Number(life.linesLike({ event: 'signal' })[0].t) < 4, 'the delay of a dead process is not waited for');
    },
  },
  {
    name: 'TERM during a ready check',
    life: { sync: [server([], { ready: check('server', '', ['hang']) }), registrar()], checkTimeout: 9, limit: LIMIT },
    act: termAtAnyMoment,
    expect: life => {
      stoppedWell(life);
      assert.equal(life.linesLike({ event: 'process-start', process: 'registrar' }).length, 0);
      assert.ok(Number(life.lines.at(-1)!.t) - Number(life.linesLike({ event: 'signal' })[0].t) < 4, 'the check is not waited for');
    },
  },
  {
    name: 'a hanging ready',
    life: { sync: [server([], { ready: check('server', '', ['hang']), startTimeout: 1 })], checkTimeout: 1, limit: LIMIT },
    act: async (life, random) => {
      await unlessEnded(moment(life, random, 0));
      if (!life.end) stop(life);
      await life.ended();
    },
    expect: life => {
      const late = life.lines.at(-1)!.reason.includes('was not ready within 1 s');
      status(late ? 70 : 0)(life);
      noKill(life);
    },
  },
  {
    name: 'a process ignores TERM',
    life: { sync: [server(), stubborn('mule', { stopTimeout: 1 })], limit: LIMIT },
    act: async (life, random) => {
      await life.until('the ignorance', () => life.stdout.includes('mule'));
      await milliseconds(random() * 2000);
      stop(life);
      await life.ended();
    },
    expect: life => {
      status(70)(life);
      signalled(life);
      assert.equal(life.linesLike({ event: 'exit', process: 'mule', status: '137' }).length, 1);
      assert.equal(life.linesLike({ event: 'kill' }).length, 1);
    },
  },
  ...['INT', 'QUIT'].map((signal): Scenario => ({
    name: `${signal} as the stop signal of python`,
    life: {
      sync: [
        server(),
        { name: 'python', command: [PYTHON, '-c', 'import time; print("up", flush=True); time.sleep(1000)'], stopSignal: signal, ...PATIENT },
      ],
      foreign: /^/, // python's traceback
      limit: LIMIT,
    },
    act: async (life, random) => {
      await moment(life, random, 0.1);
      stop(life);
      await life.ended();
    },
    expect: life => {
      status(0)(life);
      signalled(life);
      noKill(life);
    },
  })),
  {
    name: 'a restarted process dies during the stop',
    life: { sync: [server(), registrar([], { restart: 'always' })], limit: LIMIT },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      await life.event('registrar', 'started');
      await life.event('server', 'started');
      const victim = life.pidOf('registrar');
      // Its death can come before the stop, so that it is about to be started again, at the same instant, or after it.
      const kill = () => life.kill(victim, 'KILL');
      if (random() < 0.5) {
        together(random, () => stop(life), kill);
      } else {
        kill();
        await milliseconds(random() * 1200);
        stop(life);
      }
      await life.ended();
    },
    expect: stoppedWell,
  },
  {
    name: 'a wrapper without exec',
    life: { sync: [server(), { name: 'wrapper', command: ['/bin/sh', '-c', `/bin/sh ${SERVICE} worker after=0.2; true`], ...PATIENT }], limit: LIMIT },
    act: async (life, random) => {
      await moment(life, random, 0.1);
      stop(life);
      await life.ended();
    },
    expect: life => {
      stoppedWell(life);
      const begun = life.eventsLike('worker', 'started').length;
      assert.equal(life.eventsLike('worker', 'got TERM').length, begun, 'the program gets TERM, once');
      assert.equal(life.eventsLike('worker', 'ended').length, begun, 'and its time');
    },
  },
  {
    name: 'a restart with a leftover, and TERM',
    life: {
      sync: [server(), { name: 'registrar', command: ['/bin/sh', '-c', `/bin/sh ${SERVICE} child after=0.3 & exec /bin/sh ${SERVICE} registrar`], restart: 'always', ...PATIENT }],
      limit: LIMIT,
    },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      for (const name of ['server', 'registrar', 'child']) await life.event(name, 'started');
      life.kill(life.pidOf('registrar'), 'KILL');
      await milliseconds(random() * 1600);
      stop(life);
      await life.ended();
    },
    expect: life => {
      stoppedWell(life);
      for (const what of ['got TERM', 'ended']) assert.equal(life.eventsLike('child', what).length, life.eventsLike('child', 'started').length, `each child: ${what}`);
    },
  },
  {
    name: 'a move and TERM at once',
    life: { split: 'count', value: '1\n', settle: 1, sync: [server(), registrar()], async: [service('worker', [], PATIENT)], limit: 30 },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      if (random() < 0.5) {
        await milliseconds(random() * 500);
        together(random, () => life.putValue('0\n'), () => stop(life));
      } else {
        // The file is looked at every 5 s: TERM comes at about that moment, or while the move is under way.
        life.putValue('0\n');
        if (random() < 0.5) {
          await unlessEnded(life.line({ event: 'move' }));
          await milliseconds(random() * 1200);
        } else {
          await milliseconds(4900 + random() * 200);
        }
        stop(life);
      }
      await life.ended();
    },
    expect: life => {
      status(0)(life);
      noKill(life);
      assert.equal(life.eventsLike('worker', 'started').length, 0, 'a container has one role in its life');
      assert.ok(asked(life, 'registrar') && asked(life, 'server'), 'all are asked to stop');
    },
  },
  {
    name: 'a warm move and TERM at once',
    life: WARM,
    act: async (life, random) => {
      await life.line({ event: 'running' });
      life.putValue('0');
      if (random() < 0.3) {
        await milliseconds(random() * 1200);
      } else {
        await unlessEnded(life.line({ event: 'move' }));
        await milliseconds(random() * 2500);
      }
      stop(life);
      await life.ended();
    },
    expect: life => {
      movedWell(life);
      status(0)(life);
      noKill(life);
      assert.ok(asked(life, 'model'), 'what is shared is asked to stop');
    },
  },
  {
    name: 'numbers that change during warm moves',
    life: WARM,
    act: async (life, random) => {
      await life.listening('TERM');
      await flip(life, random, 6);
      stop(life);
      await life.ended();
    },
    expect: life => {
      movedWell(life);
      stoppedWell(life);
    },
  },
  {
    name: 'a death in a warm move',
    life: WARM,
    act: async (life, random) => {
      await life.line({ event: 'running' });
      for (const name of ['model', 'server', 'registrar']) await life.event(name, 'started');
      const victims = ['model', 'server', 'registrar'].map(name => life.pidOf(name));
      life.putValue('0');
      await life.line({ event: 'move' });
      await milliseconds(random() * 2000);
      life.kill(victims[Math.floor(random() * 3)], 'KILL');
      await milliseconds(random() * 2000);
      if (!life.end) stop(life);
      await life.ended();
    },
    // Its own status when nobody had asked it to end, and the role or the container cannot do without it.
    expect: life => {
      movedWell(life);
      noKill(life);
      const dead = life.linesLike({ event: 'exit', status: '137' })[0];
      const before = (line: Line) => life.lines.findIndex(other => other.event === 'stop-signal' && other.process === line.process);
      const unasked = dead && dead.process !== 'registrar' && (before(dead) < 0 || life.lines.indexOf(dead) < before(dead));
      status(unasked ? 137 : 0)(life);
    },
  },
  {
    name: 'a forwarded signal in a warm move',
    life: { ...WARM, shared: [service('model', [], { ...PATIENT, forward: ['USR1', 'HUP'] })] },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      await life.event('model', 'started');
      life.putValue('0');
      await life.line({ event: 'move' });
      await milliseconds(random() * 2500);
      const signal = random() < 0.5 ? 'USR1' : 'HUP';
      stop(life, signal);
      await life.until('its arrival', () => life.eventsLike('model', `got ${signal}`).length > 0);
      stop(life);
      await life.ended();
    },
    expect: life => {
      movedWell(life);
      status(0)(life);
      noKill(life);
      assert.equal(life.linesLike({ event: 'forward' }).length, 1, 'it is forwarded once');
    },
  },
  {
    name: 'what a role leaves behind in a warm move, and TERM',
    life: { ...WARM, sync: [{ name: 'server', command: ['/bin/sh', '-c', `/bin/sh ${SERVICE} child after=0.2; true`], ...PATIENT }] },
    act: async (life, random) => {
      await life.line({ event: 'running' });
      life.putValue('0');
      await life.line({ event: 'move' });
      await milliseconds(random() * 3000);
      stop(life);
      await life.ended();
    },
    expect: life => {
      movedWell(life);
      status(0)(life);
      noKill(life);
      for (const what of ['got TERM', 'ended']) assert.equal(life.eventsLike('child', what).length, life.eventsLike('child', 'started').length, `the child: ${what}`);
    },
  },
  {
    name: 'a forwarded signal',
    life: { sync: [server(), service('worker', [], { ...PATIENT, forward: ['USR1', 'HUP'] })], limit: LIMIT },
    act: async (life, random) => {
      await life.event('worker', 'started');
      const signal = random() < 0.5 ? 'USR1' : 'HUP';
      await milliseconds(random() * 2000);
      together(random, () => stop(life, signal), () => random() < 0.5 && life.kill(life.pidOf('server'), 'CONT'));
      await life.until('its arrival', () => life.eventsLike('worker', `got ${signal}`).length > 0);
      stop(life);
      await life.ended();
    },
    expect: life => {
      stoppedWell(life);
      assert.equal(life.linesLike({ event: 'forward' }).length, 1, 'it is forwarded once');
      assert.equal(life.eventsLike('worker', 'got').length, 2, 'it, and TERM, arrive once');
      assert.equal(life.eventsLike('server', 'got').length, life.eventsLike('server', 'got TERM').length, 'only the one that wants it gets it');
    },
  },
  {
    name: 'orphans',
    life: { sync: [server(['orphan=0.3']), registrar(['orphan=0.1'])], limit: LIMIT },
    act: async (life, random) => {
      await life.event('server.orphan', 'ended');
      await life.event('registrar.orphan', 'ended');
      await life.poll('no zombie', () => !life.alive().some(line => / Z /.test(line)));
      await milliseconds(random() * 200);
      stop(life);
      await life.ended();
    },
    expect: stoppedWell,
  },
  {
    name: 'not PID 1',
    life: { pid: 'other', sync: [waiting(0.3), registrar()], limit: LIMIT },
    act: termAtAnyMoment,
    expect: stoppedWell,
  },
];
