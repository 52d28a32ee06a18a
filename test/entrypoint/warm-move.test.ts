import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, Entrypoint, instead, Life, Line, Process, PYTHON, SERVICE, service, stubborn, uptime } from './harness';
import { assertOrder, assertSeconds, each, prove } from './prove';

const MODEL = service('model', ['after=0.1']);
const BOTH = { shared: [MODEL], sync: [service('server', ['after=0.1']), service('registrar')], async: [service('worker', ['after=0.1'])] };

/** A pod that is synchronous while the number is 1. */
const SYNC: Life = { split: 'count', value: '1', settle: 0, limit: 60, ...BOTH };
const ASYNC: Life = { ...SYNC, value: '0' };

/** A shell that starts a program in the background and stays until TERM, of which it dies. */
const wrapper = (program: string, more: Partial<Process> = {}): Process => ({ name: 'wrapper', command: ['/bin/sh', '-c', `${program} & wait; true`], ...more });

/** It runs, and so does every service in it: one that is told to stop before it has said that it began would be waited for in vain. */
async function running(life: Entrypoint, nth = 1): Promise<void> {
  await life.line({ event: 'running' }, nth);
  const { shared = [], sync = [], async = [] } = life.life;
  const services = [...shared, ...sync, ...async].filter(({ name, command }) => command.join(' ').includes(`${SERVICE} ${name}`)).map(({ name }) => name);
  await begun(life, ...services.filter(name => life.linesLike({ event: 'process-start', process: name }).length > 0));
}

/** These processes, as often as they have begun, have written so. */
async function begun(life: Entrypoint, ...names: string[]): Promise<void> {
  for (const name of names) {
    await life.line({ event: 'process-start', process: name }); // which may be read later than what the process has written
    await life.event(name, 'started', life.linesLike({ event: 'process-start', process: name }).length);
  }
}

async function stopped(life: Entrypoint, status = 0): Promise<void> {
  await life.signal('TERM');
  assert.equal((await life.ended()).status, status);
}

/** The kinds that were told of the moves, in order. */
const kinds = (life: Entrypoint) => life.linesLike({ event: 'move' }).map(line => line.kind);

prove('A move stops and starts only what belongs to the roles; what they share goes on, and with it the container.', async start => {
  const life = await start(SYNC);
  await running(life);
  const model = life.pidOf('model');
  life.putValue('0');
  await running(life, 2);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended', 'worker started');
  life.putValue('1\n');
  await running(life, 3);
  assert.equal(life.pidOf('model'), model);
  assert.deepEqual(life.linesLike({ event: 'move' }).map(line => [line.from, line.to, line.sync_instance, line.kind]), [['sync', 'async', '0', 'warm'], ['async', 'sync', '1', 'warm']]);
  assert.deepEqual(life.linesLike({ event: 'start' }).map(line => line.role), ['sync', 'async', 'sync']);
  assert.equal(life.terminationLog(), '');
  const before = life.events.length;
  await stopped(life);
  assert.deepEqual(life.events.slice(before).map(event => event.what.replace(/ .*/, '') + ' ' + event.name),
    ['got registrar', 'ended registrar', 'got server', 'ended server', 'got model', 'ended model']);
  assert.equal(life.eventsLike('model', 'started').length, 1);
});

prove('It can move again and again.', async start => {
  const life = await start(SYNC);
  await running(life);
  for (const move of Array.from({ length: 6 }, (_, index) => index + 1)) {
    life.putValue(`${(move + 1) % 2}`);
    await running(life, move + 1);
  }
  assert.deepEqual(kinds(life), Array(6).fill('warm'));
  assert.equal(life.linesLike({ event: 'process-start', process: 'model' }).length, 1);
  await stopped(life);
});

prove('A role may have no process of its own.', start => each([true, false], async left => {
  const life = await start({ ...SYNC, async: left ? undefined : [] });
  await running(life);
  life.putValue('0');
  await running(life, 2);
  assert.equal(life.linesLike({ event: 'process-start' }).length, 3);
  assert.equal((await life.probe('ready').ended).status, 0);
  life.putValue('1');
  await running(life, 3);
  await stopped(life);
}));

prove('What is shared does not see the role, which changes while it runs, nor do its checks; what belongs to a role sees its own.', async start => {
  const print = (name: string) => ['/bin/sh', '-c', `echo "0 ${name} sees \${SYNC_ASYNC_ROLE-nothing} \${SYNC_INSTANCE-nothing} \${POD_ORDINAL-nothing}" >>"$EVENTS"`];
  const seen = (name: string): Process => ({ name, command: ['/bin/sh', '-c', `${print(name)[2]}; exec /bin/sh ${SERVICE} ${name}`], ready: print(`${name}-check`) });
  const life = await start({ ...SYNC, shared: [seen('model')], sync: [seen('server')], async: [seen('worker')], env: { SYNC_INSTANCE: '7' } });
  await running(life);
  life.putValue('0');
  await running(life, 2);
  const sees = (name: string) => life.eventsLike(name, 'sees').map(event => event.what.slice(5));
  assert.deepEqual(sees('model'), ['nothing nothing 0']);
  assert.deepEqual(sees('model-check'), ['nothing nothing 0']);
  assert.deepEqual(sees('server'), ['sync 1 0']);
  assert.deepEqual(sees('worker'), ['async 0 0']);
  assert.deepEqual(sees('worker-check'), ['async 0 0']);
  const checks = { shared: [print('model-probe')], sync: [print('never')], async: [print('worker-probe')] };
  for (const all of [checks, { ...checks, async: [] }]) assert.equal((await life.probe('ready', all).ended).status, 0);
  assert.deepEqual(sees('model-probe'), ['nothing nothing 0', 'nothing nothing 0']);
  assert.deepEqual(sees('worker-probe'), ['async 0 0']);
  assert.deepEqual(sees('never'), []);
  await stopped(life);
});

prove('A synchronous pod is first seen not ready; the clients of what is shared get its stop delay; an asynchronous one waits for neither.', async start => {
  const life = await start({ ...SYNC, settle: 3, shared: [service('model', [], { stopDelay: 4 })] });
  await running(life);
  life.putValue('0');
  const left = await life.line({ event: 'move' });
  assert.equal(life.state()!.phase, 'moving');
  const [ready, alive] = await Promise.all([life.probe('ready').ended, life.probe('alive', { sync: [['false']], async: [['false']] }).ended]);
  assert.deepEqual([ready.status, ready.output, alive.status], [1, 'moving\n', 0]);
  await running(life, 2);
  const at = (line: { t?: string }) => Number(line.t);
  assertSeconds(at(life.linesLike({ event: 'stop-signal', process: 'registrar' })[0]) - at(left), 3, 6, 'until the first is stopped');
  assertSeconds(at(life.linesLike({ event: 'process-start', process: 'worker' })[0]) - at(life.linesLike({ event: 'exit', process: 'server' })[0]), 4, 7, 'until the worker begins');
  await begun(life, 'worker');
  life.putValue('1');
  const back = await life.line({ event: 'move' }, 2);
  await running(life, 3);
  assertSeconds(at(life.linesLike({ event: 'process-start', process: 'server' })[1]) - at(back), 0, 2, 'until the server begins');
  await begun(life, 'server', 'registrar');
  await stopped(life);
});

prove('Where what is shared is all that a synchronous pod has, its clients get its stop delay too; while it starts it has none.', start => each([
  { ready: undefined, least: 4 },
  { ready: check('model'), least: 0 },
], async ({ ready, least }) => {
  const sync = ready ? [service('server')] : [];
  const life = await start({ ...SYNC, shared: [service('model', ['up=3'], { ready, stopDelay: 4 })], sync });
  if (ready) await life.event('model', 'asked');
  else await running(life);
  life.putValue('0');
  const left = await life.line({ event: 'move' });
  const role = await life.line({ event: 'start', role: 'async' });
  assertSeconds(Number(role.t) - Number(left.t), least, least + 2, 'until it has the other role');
  assert.deepEqual(kinds(life), ['warm']);
  await begun(life, 'worker');
  await life.line({ event: 'running' }, ready ? 1 : 2);
  await stopped(life);
}));

prove('A shared process that is not ready yet has its whole start timeout in the next role too, before its liveness fails.', async start => {
  const life = await start({ ...SYNC, shared: [service('model', [], { ready: check('model'), startTimeout: 100 })] });
  await life.event('model', 'asked');
  life.putValue('0');
  await life.line({ event: 'start', role: 'async' });
  await life.event('model', 'asked', 2);
  const { phase, until } = life.state()!;
  assert.equal(phase, 'starting');
  assertSeconds(until - uptime(), 100, 112, 'until the pod has been starting for too long');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A stop between the last look of a move and the next role is one in the move.', async start => {
  const life = await start({ ...SYNC, prepare: instead('await_no_remnant', '  await_no_remnant; kill -s TERM $$') });
  await running(life);
  life.putValue('0');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.linesLike({ event: 'move' }).map(line => [line.kind, line.reason]), [['warm', undefined], ['cold', 'stopped by TERM']]);
  assert.deepEqual(life.eventsLike('worker', 'started'), []);
});

prove('A pod that nobody has asked yet does not wait to be seen not ready.', async start => {
  const life = await start({ ...SYNC, settle: 30, sync: [service('server', [], { ready: check('server') })] });
  await life.event('server', 'asked');
  await begun(life, 'server');
  life.putValue('0');
  await running(life);
  assert.equal(life.eventsLike('server', 'got TERM').length, 1);
  await begun(life, 'worker');
  await stopped(life);
});

prove('While what is shared starts, a move changes only what comes after it.', async start => {
  const life = await start({ ...SYNC, settle: 30, shared: [service('model', ['up=4'], { ready: check('model') })] });
  await life.event('model', 'asked');
  life.putValue('0');
  await life.line({ event: 'start', role: 'async' });
  assert.equal(life.state()!.phase, 'starting');
  await running(life);
  assert.deepEqual(life.linesLike({ event: 'process-start' }).map(line => line.process), ['model', 'worker']);
  assert.equal(life.linesLike({ event: 'ready', process: 'model' }).length, 1);
  await begun(life, 'worker');
  await stopped(life);
});

prove('The time that what is shared has to be ready does not begin again with a move.', async start => {
  const life = await start({ ...SYNC, shared: [service('model', [], { ready: check('model'), startTimeout: 5 })] });
  const begins = await life.line({ event: 'process-start', process: 'model' });
  for (const [index, value] of ['0', '1', '0'].entries()) {
    life.putValue(value);
    await life.line({ event: 'start' }, index + 2);
  }
  assert.equal((await life.ended()).status, 70);
  assertSeconds(Number(life.lines.at(-1)!.t) - Number(begins.t), 5, 8, 'until it is given up');
  assert.match(life.terminationLog(), /model was not ready within 5 s/);
});

prove('A number that changes during a move: the newest wins when the move is over.', start => each([['1', 'sync'], ['0', 'async'], ['bad', 'async']], async ([newest, role]) => {
  const life = await start({ ...SYNC, sync: [service('server', ['after=3'])] });
  await running(life);
  life.putValue('0');
  await life.event('server', 'got TERM');
  life.putValue(newest);
  await running(life, 2);
  assert.equal(life.linesLike({ event: 'start' })[1].role, role);
  assert.equal(life.linesLike({ event: 'move' }).length, 1);
  assert.equal(life.linesLike({ event: 'refused' }).length, newest === 'bad' ? 1 : 0);
  await begun(life, role === 'sync' ? 'server' : 'worker');
  await stopped(life);
}));

prove('A number that changes back while the next role starts ends that start, also in a check that hangs.', async start => {
  const life = await start({ ...SYNC, checkTimeout: 100, async: [service('cache'), service('worker', [], { ready: check('worker', '', ['hang']) }), service('never')] });
  await running(life);
  life.putValue('0');
  await life.event('worker', 'asked');
  await begun(life, 'cache', 'worker');
  assert.equal(life.state()!.phase, 'starting');
  life.putValue('1');
  await running(life, 2);
  assertOrder(life, 'worker got TERM', 'worker ended', 'cache got TERM', 'cache ended');
  assert.deepEqual(life.eventsLike('never', 'started'), []);
  await begun(life, 'server', 'registrar');
  await stopped(life);
});

prove('A next role that does not become ready in time ends the container with 70, all in order.', async start => {
  const life = await start({ ...SYNC, async: [service('worker', [], { ready: check('worker'), startTimeout: 2 })] });
  await running(life);
  life.putValue('0');
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'model started', 'worker started', 'worker got TERM', 'worker ended', 'model got TERM', 'model ended');
  assert.match(life.terminationLog(), /worker was not ready within 2 s/);
});

/** Moments of a move at which something can come, by what is waited for. */
const MOMENTS: [string, Life, (life: Entrypoint) => Promise<unknown>][] = [
  ['while it is seen not ready', { settle: 20 }, life => life.line({ event: 'move' })],
  ['while the role stops', { sync: [service('server', ['after=2'])] }, life => life.event('server', 'got TERM')],
  ['while clients notice', { shared: [service('model', [], { stopDelay: 6 })] }, life => life.line({ event: 'exit', process: 'server' })],
  [
    'while the next role starts',
    { async: [service('worker', [], { ready: check('worker', '', ['hang']) })], checkTimeout: 100 },
    async life => {
      await life.line({ event: 'process-start', process: 'worker' });
      await life.event('worker', 'asked');
    },
  ],
];

prove('TERM at any moment of a move stops everything in order, once, and starts nothing more.', start => each(MOMENTS, async ([when, more, moment]) => {
  const life = await start({ ...SYNC, ...more });
  await running(life);
  life.putValue('0');
  await moment(life);
  await begun(life, ...life.linesLike({ event: 'process-start' }).map(line => line.process));
  const started = life.linesLike({ event: 'process-start' }).length;
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0, when);
  assert.equal(life.linesLike({ event: 'process-start' }).length, started, when);
  assert.deepEqual(life.eventsLike('model', 'got').map(event => event.what), ['got TERM'], when);
  assert.deepEqual(life.events.at(-1)!.name, 'model', when);
  for (const { process } of life.linesLike({ event: 'process-start' })) assert.equal(life.eventsLike(process, 'got TERM').length, 1, `${when}: ${process}`);
  assert.match(life.terminationLog(), /stopped by TERM$/m);
  assert.ok(Number(life.lines.at(-1)!.t) - Number(life.linesLike({ event: 'signal' })[0].t) < 12, `${when}: cut short`);
}));

prove('When what is shared dies, at any moment of a move, the rest stops in order, and the status is its own.', start => each(MOMENTS, async ([when, more, moment]) => {
  const life = await start({ ...SYNC, ...more });
  await running(life);
  life.putValue('0');
  await moment(life);
  await life.hit('model', 'KILL');
  assert.equal((await life.ended()).status, 137, when);
  assert.match(life.terminationLog(), /process model ended with status 137/, when);
  for (const { process } of life.linesLike({ event: 'process-start' }).filter(line => line.process !== 'model')) {
    assert.equal(life.linesLike({ event: 'exit', process }).length, 1, `${when}: ${process}`);
  }
}));

prove('What is shared and is to be restarted is restarted during a move too, and the move stays warm.', async start => {
  const life = await start({
    ...SYNC, shared: [service('model'), service('exporter', [], { restart: 'always' })], sync: [service('server', ['after=4'])],
  });
  await running(life);
  life.putValue('0');
  await life.event('server', 'got TERM');
  await life.hit('exporter', 'KILL');
  await life.line({ event: 'process-start', process: 'exporter' }, 2);
  assert.equal(life.eventsLike('server', 'ended').length, 0);
  await running(life, 2);
  assert.deepEqual(kinds(life), ['warm']);
  await begun(life, 'exporter', 'worker');
  await stopped(life);
});

prove('A process of the role that is about to be restarted is not started again in a move.', async start => {
  const life = await start({ ...SYNC, settle: 3, sync: [service('server'), service('registrar', [], { restart: 'always' })] });
  await running(life);
  life.putValue('0');
  await life.hit('registrar', 'KILL');
  await running(life, 2);
  assert.equal(life.linesLike({ event: 'process-start', process: 'registrar' }).filter(line => Number(line.t) > Number(life.linesLike({ event: 'move' })[0].t)).length, 0);
  await begun(life, 'worker');
  await stopped(life);
});

prove('A process of the role that ends by itself during a move: with a fault it ends the container, without one the move goes on.', start => each([3, 0], async status => {
  const life = await start({ ...SYNC, settle: 20, sync: [service('server', ['stop=USR1,TERM', `status=${status}`])] });
  await running(life);
  life.putValue('0');
  await life.line({ event: 'move' });
  await life.hit('server', 'USR1');
  if (status) {
    assert.equal((await life.ended()).status, status);
    assert.deepEqual(kinds(life), ['warm', 'cold']);
    assert.match(life.terminationLog(), /^moved from sync to async: SYNC_INSTANCE is 0; process server ended with status 3$/m);
  } else {
    await running(life, 2);
    assert.deepEqual(kinds(life), ['warm']);
    await begun(life, 'worker');
    await stopped(life);
  }
}));

prove('A move turns cold when a process of the role has to be killed: everything stops in order, with status 70.', async start => {
  const life = await start({ ...SYNC, sync: [service('server'), stubborn('mule', { stopTimeout: 1 })] });
  await running(life);
  await life.until('the ignorance', () => life.stdout.includes('mule'));
  await begun(life, 'model', 'server');
  life.putValue('0');
  assert.equal((await life.ended()).status, 70);
  assert.deepEqual(life.linesLike({ event: 'move' }).map(line => [line.kind, line.reason]), [['warm', undefined], ['cold', 'process mule was killed after 1 s']]);
  assertOrder(life, 'server got TERM', 'server ended', 'model got TERM', 'model ended');
  assert.deepEqual(life.eventsLike('worker', 'started'), []);
});

prove('What a process of the role leaves behind gets its time, and the move stays warm.', async start => {
  const life = await start({ ...SYNC, sync: [wrapper(`/bin/sh ${SERVICE} child after=1`)] });
  await running(life);
  await life.event('child', 'started');
  life.putValue('0');
  await running(life, 2);
  assertOrder(life, 'child started', 'child got TERM', 'child ended', 'worker started');
  assert.deepEqual(kinds(life), ['warm']);
  await stopped(life);
});

prove('What it leaves behind and does not end in its time is killed, and the move turns cold.', async start => {
  const life = await start({ ...SYNC, sync: [wrapper('trap "" TERM; echo deaf; sleep 1000', { stopTimeout: 2 })] });
  await running(life);
  await life.until('the ignorance', () => life.stdout.includes('deaf'));
  life.putValue('0');
  assert.equal((await life.ended()).status, 70);
  assert.deepEqual(kinds(life), ['warm', 'cold']);
  assert.deepEqual(life.eventsLike('worker', 'started'), []);
});

prove('Orphans that the role has had before are asked to end too: they would work beside the next one.', async start => {
  const life = await start({ ...SYNC, sync: [{ name: 'server', command: ['/bin/sh', '-c', `(/bin/sh ${SERVICE} daemon after=1 &); exec /bin/sh ${SERVICE} server`] }] });
  await running(life);
  await life.event('daemon', 'started');
  life.putValue('0');
  await running(life, 2);
  assertOrder(life, 'server got TERM', 'server ended', 'daemon got TERM', 'daemon ended', 'worker started');
  await stopped(life);
});

/** Starts a child that shows no sign of where it comes from: a program with these words, of which the first is its name. */
const stranger = (program: string, ...words: string[]) => service('server', [], {
  command: [PYTHON, '-c', `
import os, signal, sys, time
def leave(*_):
    if os.fork() == 0:
        os.setsid()
        os.execve(sys.argv[1], sys.argv[2:], {})
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('up', flush=True)
while True: time.sleep(1000)
`, program, ...words],
});

prove('What nobody knows, and was not there before, has two seconds to go; then the move turns cold.', start => each([
  { words: ['sleep', '1'], left: false },
  { words: ['sleep', '1000'], left: true },
  { words: ['sh', '-c', 'sleep 0.5; sleep 1000 &'], left: true }, // hands on to another one
], async ({ words, left }) => {
  const life = await start({ ...SYNC, sync: [stranger(`/bin/${words[0]}`, ...words)] });
  await running(life);
  await life.until('the handler', () => life.stdout.includes('up'));
  life.putValue('0');
  if (!left) {
    await running(life, 2);
    assert.deepEqual(kinds(life), ['warm']);
    await begun(life, 'worker');
    await stopped(life);
  } else {
    assert.equal((await life.ended()).status, 0);
    assert.deepEqual(kinds(life), ['warm', 'cold']);
    assert.match(life.linesLike({ event: 'move' })[1].reason, /^pid \d+ \(sleep\) is left of role sync$/);
    assert.deepEqual(life.eventsLike('worker', 'started'), []);
  }
}));

prove('A shared process that shows nothing of itself, and is started again while somebody has two seconds to go, is still known.', async start => {
  const model = { name: 'model', command: ['env', '-i', '/bin/sleep', '1000'], restart: 'always' as const };
  const life = await start({ ...SYNC, shared: [model], sync: [stranger('/bin/sleep', 'sleep', '1.7')] });
  await running(life);
  await life.until('the handler', () => life.stdout.includes('up'));
  life.putValue('0');
  await life.line({ event: 'exit', process: 'server' });
  life.kill(life.pidOf('model'), 'KILL');
  await running(life, 2);
  assert.deepEqual(kinds(life), ['warm']);
  assert.equal(life.linesLike({ event: 'process-start', process: 'model' }).length, 2);
  await begun(life, 'worker');
  await stopped(life);
});

prove('Orphans of what is shared, from before and from during the move, are in nobody\'s way; so are those that were there and show nothing.', async start => {
  const orphans = '(sleep 1000 &); (env -i setsid sleep 1000 &); trap \'(sleep 1001 &)\' USR1; echo up; while :; do sleep 0.1; done';
  const life = await start({ ...SYNC, shared: [{ name: 'model', command: ['/bin/sh', '-c', `trap 'exit 0' TERM; ${orphans}`] }], sync: [service('server', ['after=2'])] });
  await running(life);
  await life.until('the orphans', () => life.stdout.includes('up'));
  await begun(life, 'server');
  life.putValue('0');
  await life.event('server', 'got TERM');
  life.kill(life.pidOf('model'), 'USR1');
  await life.poll('an orphan of the move', () => life.alive().some(line => /sleep 1001/.test(line)));
  await running(life, 2);
  assert.deepEqual(kinds(life), ['warm']);
  await begun(life, 'worker');
  await stopped(life);
});

prove('What a probe leaves behind during the move is in nobody\'s way either.', async start => {
  const life = await start({ ...SYNC, sync: [service('server', ['after=3'])] });
  await running(life);
  const asked = life.probe('ready', { sync: [['/bin/sh', '-c', ': >"$0.asked"; until [ -e "$0.left" ]; do sleep 0.1; done; setsid sleep 1000 >/dev/null 2>&1 &', join(life.directory, 'probe')]] });
  await life.poll('the probe', () => existsSync(join(life.directory, 'probe.asked')));
  life.putValue('0');
  await life.event('server', 'got TERM');
  writeFileSync(join(life.directory, 'probe.left'), '');
  await life.poll('what it leaves', () => life.alive().some(line => /sleep 1000$/.test(line)));
  await running(life, 2);
  assert.deepEqual(kinds(life), ['warm']);
  await asked.ended;
  await begun(life, 'worker');
  await stopped(life);
});

prove('A crowd of orphans, with names that are hard to read, does not hold up a move.', async start => {
  const crowd = service('server', [], {
    command: [PYTHON, '-c', `
import os, signal, sys, time
def name(text):
    with open('/proc/self/comm', 'w') as comm: comm.write(text)
for each in range(200):
    if os.fork() == 0:
        name(') Z 1 ) (')
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True: time.sleep(1000)
print('up', flush=True)
while True: time.sleep(1000)
`],
  });
  const life = await start({ ...SYNC, sync: [crowd] });
  await running(life);
  await life.until('the crowd', () => life.stdout.includes('up'));
  life.putValue('0');
  await running(life, 2);
  assert.deepEqual(kinds(life), ['warm']);
  assert.equal(life.linesLike({ event: 'leftover' }).length, 200);
  await begun(life, 'worker');
  await stopped(life);
});

prove('Where PID 1 is another process, or nothing is shared, a move is cold, and says so.', start => each([
  [{ pid: 'other' }, 'the entrypoint is not PID 1'],
  [{ shared: undefined }, 'no process is shared'],
] as [Life, string][], async ([more, reason]) => {
  const life = await start({ ...SYNC, ...more });
  await running(life);
  life.putValue('0');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.linesLike({ event: 'move' }).map(line => [line.kind, line.reason]), [['cold', reason]]);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
  assert.match(life.terminationLog(), /^moved from sync to async: SYNC_INSTANCE is 0$/m);
}));

prove('A move that its probes could not learn of is cold.', async start => {
  const life = await start(SYNC);
  await running(life);
  mkdirSync(join(life.directory, 'run/state.new')); // no file can be written there now
  life.putValue('0');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(kinds(life), ['warm', 'cold']);
  assert.deepEqual(life.eventsLike('worker', 'started'), []);
  rmSync(join(life.directory, 'run/state.new'), { recursive: true });
});

prove('Signals go to the processes of the role that the pod has now.', async start => {
  const life = await start({
    ...ASYNC, shared: [service('model', [], { forward: ['USR2'] })], sync: [service('server')], async: [service('worker', [], { forward: ['USR1', 'HUP'] })],
  });
  await running(life);
  const forwarded = async (signal: string, name: string) => {
    const before = life.eventsLike(name, `got ${signal}`).length;
    await life.signal(signal);
    await life.event(name, `got ${signal}`, before + 1);
  };
  await forwarded('USR1', 'worker');
  await forwarded('HUP', 'worker');
  life.putValue('1');
  await running(life, 2);
  await life.signal('USR1');
  await forwarded('USR2', 'model');
  life.putValue('0');
  await running(life, 3);
  await forwarded('HUP', 'worker');
  life.putValue('1');
  await running(life, 4);
  assert.equal(life.linesLike({ event: 'forward', signal: 'USR1' }).length, 1);
  await life.signal('HUP');
  assert.equal((await life.ended()).status, 0);
  assert.match(life.terminationLog(), /stopped by HUP/);
});

prove('What is early is stopped before anything is waited for, in a warm move and in a cold one, and its time is a part of that for readiness.', start => each([
  [[service('model')], 4, 1, 4],
  [[service('model')], 1, 3, 3],
  [[], 4, 1, 4],
  [[], 1, 3, 3],
] as [Process[], number, number, number][], async ([shared, settle, after, until]) => {
  const life = await start({ ...SYNC, shared, settle, sync: [service('server'), service('registrar', [`after=${after}`], { early: 'yes' })] });
  await running(life);
  life.putValue('0');
  await life.line({ event: 'stop-signal', process: 'server' });
  const at = (event: string, more: Line = {}) => Number(life.linesLike({ event, ...more })[0].t);
  const [moved, early, server] = [at('move'), at('stop-signal', { process: 'registrar' }), at('stop-signal', { process: 'server' })];
  assertSeconds(early - moved, 0, 0.5, 'until what is early is asked');
  assertSeconds(server - moved, until, until + 1, 'until the server is');
  if (shared.length > 0) await running(life, 2);
  else await life.ended();
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
  if (shared.length > 0) await stopped(life);
}));

prove('What is early and has ended already is not waited for.', async start => {
  const life = await start({ ...SYNC, settle: 2, sync: [service('server'), service('registrar', ['die=0.5'], { early: 'yes', restart: 'always', stopDelay: 5 })] });
  await life.line({ event: 'restart', process: 'registrar', in: '2' });
  life.putValue('0');
  await running(life, 2);
  assert.equal(life.linesLike({ event: 'stop-delay' }).length, 0);
  await stopped(life);
});
