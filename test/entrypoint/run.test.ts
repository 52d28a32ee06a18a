import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { instead, PYTHON, service } from './harness';
import { NAMESPACE, NO_FORK, NO_LIMITS } from './machine';
import { assertOrder, assertSeconds, each, prove } from './prove';
import { find } from '../../util/shells';

prove('A process with restart ALWAYS is started again after 1 s, then after twice as long; the others do not notice.', async start => {
  const life = await start({ sync: [service('server'), service('registrar', ['die=0', 'status=3'], { restart: 'always' })] });
  await life.line({ event: 'process-start', process: 'registrar' }, 3);
  const ended = life.linesLike({ event: 'exit' }).map(line => Number(line.t));
  const started = life.linesLike({ event: 'process-start', process: 'registrar' }).map(line => Number(line.t));
  assertSeconds(started[1] - ended[0], 1, 3, 'the first pause');
  assertSeconds(started[2] - ended[1], 2, 4, 'the second pause');
  assert.deepEqual(life.linesLike({ event: 'restart' }).slice(0, 2).map(line => line.in), ['1', '2']);
  assert.equal(life.linesLike({ event: 'exit', process: 'registrar' })[0].status, '3');
  assert.equal(life.state()!.phase, 'running');
  assert.equal((await life.probe('ready').ended).status, 0);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.eventsLike('server', 'started').length, 1);
  assert.deepEqual(life.eventsLike('server', 'got').map(event => event.what), ['got TERM']);
});

prove('The pause before a restart doubles up to 30 s.', async start => {
  const life = await start({ sync: [service('server'), service('registrar', ['die=0'], { restart: 'always' })], limit: 150 });
  await life.line({ event: 'restart', process: 'registrar' }, 7);
  assert.deepEqual(life.linesLike({ event: 'restart' }).map(line => line.in), ['1', '2', '4', '8', '16', '30', '30']);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('The pause before a restart is 1 s again when the process was up for a minute, and not when it was up for less.', start => each([
  [61, ['1', '2', '1']], [58, ['1', '2', '4']],
] as const, async ([up, pauses]) => {
  const life = await start({ sync: [service('registrar', ['stop=USR1'], { restart: 'always' })], limit: 150 });
  for (const birth of [1, 2]) {
    await life.event('registrar', 'started', birth);
    await life.hit('registrar', 'KILL');
  }
  const { at } = await life.event('registrar', 'started', 3);
  await life.passed(at + up);
  await life.hit('registrar', 'KILL');
  await life.line({ event: 'restart' }, 3);
  assert.deepEqual(life.linesLike({ event: 'restart' }).map(line => line.in), pauses);
}));

prove('A restarted process is stopped like any other, and gets the signals that are forwarded.', async start => {
  const life = await start({ sync: [service('server'), service('registrar', ['stop=TERM,USR2'], { restart: 'always', forward: ['USR1'] })] });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.hit('registrar', 'USR2');
  await life.event('registrar', 'started', 2);
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  await life.signal('USR1');
  await life.event('registrar', 'got USR1');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got USR1', 'registrar got TERM', 'server got TERM', 'server ended');
});

prove('A process that ends by itself ends the container with its status, 0 as 1; the others stop in order.', start => each([
  [0, 1], [1, 1], [3, 3], [64, 64], [255, 255],
], async ([own, status]) => {
  const life = await start({ sync: [service('first'), service('second', ['stop=USR1', `status=${own}`], { stopDelay: 60 }), service('third')] });
  await life.event('third', 'started');
  await life.event('second', 'started');
  await life.event('first', 'started');
  await life.line({ event: 'running' });
  await life.hit('second', 'USR1');
  assert.equal((await life.ended()).status, status);
  assertOrder(life, 'second got USR1', 'second ended', 'third got TERM', 'third ended', 'first got TERM', 'first ended');
  assert.equal(life.terminationLog(), `process second ended with status ${own}\n`);
  assert.equal((await life.line({ event: 'end' })).reason, `process second ended with status ${own}`);
  assert.deepEqual(life.linesLike({ event: 'stop-delay' }), []);
}));

prove('A process that is killed by a signal ends the container with 128 and its number.', start => each([['KILL', 137], ['TERM', 143], ['SEGV', 139], ['ABRT', 134]] as const,
  async ([signal, status]) => {
    const life = await start({ sync: [{ name: 'plain', command: ['sleep', '1000'] }, service('registrar')] });
    await life.event('registrar', 'started');
    await life.line({ event: 'running' });
    life.kill(life.pidOf('plain'), signal);
    assert.equal((await life.ended()).status, status);
    assertOrder(life, 'registrar got TERM', 'registrar ended');
  }));

prove('The end of a process is noticed within a second.', async start => {
  const life = await start({ sync: [service('server'), service('registrar')] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.hit('server', 'KILL');
  const before = Number(life.lines.at(-1)!.t);
  assertSeconds(Number((await life.line({ event: 'exit', process: 'server' })).t) - before, 0, 6, 'until it is noticed');
  assert.equal((await life.ended()).status, 137);
});

prove('When two processes end at once, both are told, and the status is one of theirs.', async start => {
  const life = await start({ sync: [service('first', ['stop=USR1', 'status=3']), service('second', ['stop=USR1', 'status=4']), service('third')] });
  for (const name of ['first', 'second', 'third']) await life.event(name, 'started');
  await life.line({ event: 'running' });
  for (const name of ['first', 'second']) await life.hit(name, 'USR1');
  assert.ok([3, 4].includes((await life.ended()).status!));
  assert.equal(life.linesLike({ event: 'exit' }).length, 3);
  assert.equal(life.eventsLike('third', 'got TERM').length, 1);
});

prove('In a storm of signals the status of every process that ends is its own.', start => each([[], ['USR1']], async forward => {
  const names = ['first', ...[...'abcdefghijklmnopqrstuv'].map(letter => `middle-${letter}`), 'last'];
  const sync = names.map(name => ({ name, command: ['sh', '-c', 'trap "" USR1; echo deaf; exec sleep 1000'] }));
  // The delay of the last one, in which it gets the signals, outlasts the others, so that nobody is asked to end.
  const life = await start({ sync: [...sync.slice(0, -1), { ...sync.at(-1)!, stopDelay: 20, forward }], foreign: /^/ });
  await life.line({ event: 'running' });
  await life.until('their deafness', () => life.stdout.split('deaf').length > names.length);
  // Deaths are signals too: each comes while others are being waited for.
  const pids = names.map(name => life.pidOf(name));
  pids.forEach((pid, index) => {
    life.kill(pid, 'KILL');
    for (const until = process.hrtime.bigint() + BigInt(index % 2 ? 0 : 2_000_000); process.hrtime.bigint() < until;) life.kill(life.pid, 'USR1');
  });
  await life.ended();
  assert.deepEqual(life.linesLike({ event: 'exit' }).filter(({ status }) => status !== '137').map(({ process, status }) => `${process} ${status}`), []);
  assert.equal(life.linesLike({ event: 'exit' }).length, names.length);
}));

prove('What a wait says that a signal has ended is not taken for the status of the process.', async start => {
  const life = await start({
    sync: [service('server', ['stop=USR2', 'status=3'], { forward: ['USR1'] })],
    prepare: instead('wait "$1"', 'if [ "$1" = "$_sentinel" ] || [ -n "${_told-}" ]; then wait "$1"; else _told=yes; kill -s USR1 "$$"; (exit 138); fi'),
  });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.hit('server', 'USR2');
  assert.equal((await life.ended()).status, 3);
});

prove('At its limit of processes it goes on: what cannot be started is tried again, and a stop is a stop.', start => each([true, false], async lifted => {
  const life = await start({ processes: 1000, sync: [service('server'), service('registrar', [], { restart: 'always' })], foreign: /fork/ });
  await life.event('server', 'started');
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  life.allow(1);
  await life.hit('registrar', 'KILL');
  await life.line({ event: 'error', process: 'registrar', reason: 'cannot fork' }, 2);
  if (lifted) {
    life.allow(1000);
    await life.event('registrar', 'started', 2);
  }
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got TERM', 'server ended');
}), { lacking: NO_LIMITS, except: NO_FORK });

prove('A process whose first thread has ended while others go on is not taken for one that has ended.', async start => {
  const threads = 'import ctypes, os, threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\nctypes.CDLL(None).pthread_exit(None)';
  const life = await start({ sync: [{ name: 'server', command: [PYTHON, '-c', threads] }, service('registrar')] });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.poll('the end of the first thread', () => life.alive().some(process => /^\d+ Z/.test(process)));
  // It looks at all processes when anything happens.
  await life.signal('USR1');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'stop-signal', process: 'server' })).signal, 'TERM');
});

prove('A process whose program may not be looked at is not taken for one that has ended.', async start => {
  const life = await start({
    prepare: directory => {
      // Who may run a file and not read it may not see which process runs it.
      copyFileSync(find('sleep')!, join(directory, 'unreadable'));
      chmodSync(join(directory, 'unreadable'), 0o711);
    },
    processes: 1000,
    sync: [{ name: 'server', command: ['sh', '-c', 'exec "${EVENTS%/*}/unreadable" 1000'] }, service('registrar')],
  });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.poll('the program', () => life.alive().some(process => process.includes('unreadable 1000')));
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'exit', process: 'server' })).status, '143');
  assert.equal((await life.line({ event: 'stop-signal', process: 'server' })).signal, 'TERM');
}, { lacking: NO_LIMITS });

prove('Its last words do not need a termination log.', start => each(['/no/such/directory/log', '/proc/version'], async terminationLog => {
  const life = await start({ sync: [service('server', ['stop=USR1', 'status=3'])], terminationLog });
  await life.hit('server', 'USR1');
  assert.equal((await life.ended()).status, 3);
}));

prove('Orphans are reaped, and their end ends nothing.', async start => {
  const life = await start({ sync: [service('server', ['orphan=0.2']), service('registrar', ['orphan=0.3'])] });
  await life.event('server.orphan', 'ended');
  await life.event('registrar.orphan', 'ended');
  await life.poll('no zombies', () => !life.alive().some(process => / Z /.test(process)));
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
});

prove('HUP, USR1, USR2 and WINCH go to the processes that ask for them, and to no other.', start => each(['HUP', 'USR1', 'USR2', 'WINCH'], async signal => {
  const others = ['HUP', 'USR1', 'USR2', 'WINCH'].filter(other => other !== signal && other !== 'HUP');
  const life = await start({ sync: [service('first', [], { forward: [signal] }), service('second', [], { forward: others }), service('third', [], { forward: ['USR1', 'HUP', signal] })] });
  for (const name of ['first', 'second', 'third']) await life.event(name, 'started');
  await life.line({ event: 'running' });
  await life.signal(signal);
  await life.event('first', `got ${signal}`);
  await life.event('third', `got ${signal}`);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.eventsLike('first', 'got').map(event => event.what), [`got ${signal}`, 'got TERM']);
  assert.deepEqual(life.eventsLike('second', 'got').map(event => event.what), ['got TERM']);
  assert.deepEqual(life.linesLike({ event: 'forward' }).map(line => [line.signal, line.process]), [[signal, 'first'], [signal, 'third']]);
}));

prove('HUP is a stop again where no process asks for it, whatever else is forwarded.', async start => {
  const life = await start({ sync: [service('server', [], { forward: ['USR1', 'USR2', 'WINCH'] })] });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('HUP');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.eventsLike('server', 'got').map(event => event.what), ['got TERM']);
});

prove('A signal is still forwarded during a stop, to processes that have not ended.', async start => {
  const life = await start({ sync: [service('server', ['after=1'], { stopDelay: 5, forward: ['USR1'] }), service('registrar', [], { forward: ['USR1'] })] });
  await life.event('server', 'started');
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  await life.line({ event: 'stop-delay' });
  await life.signal('USR1');
  await life.event('server', 'got USR1');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got USR1', 'server got TERM', 'server ended');
});

prove('A process has the environment of the container, its directory, and what was decided: SYNC_ASYNC_ROLE, POD_ORDINAL, SYNC_INSTANCE, and a mark of its own.', start => each([
  [{ pod: 'ocr-1', split: 'count', value: '2\n' }, { SYNC_ASYNC_ROLE: 'sync', POD_ORDINAL: '1', SYNC_INSTANCE: '2' }],
  [{ pod: 'ocr-7', split: 'count:3' }, { SYNC_ASYNC_ROLE: 'async', POD_ORDINAL: '7', SYNC_INSTANCE: '3' }],
  [{ pod: 'ocr-1', split: 'share:1/2' }, { SYNC_ASYNC_ROLE: 'async', POD_ORDINAL: '1' }],
  [{ pod: 'ocr-0', split: 'none' }, { SYNC_ASYNC_ROLE: 'sync', POD_ORDINAL: '0' }],
] as const, async ([which, decided]) => {
  // Names that a script could use by itself.
  const env = {
    name: 'd',
    signal: 'e',
    dir: 'f',
    role: 'g',
    state: 'h',
    pid: 'i',
    now: 'j',
    values: 'k',
    split: 'l',
    i: 'm',
    n: 'n',
    EMPTY: '',
    SPACES: ' a  b ',
    QUOTES: '\'"`$(id)\\',
  };
  const show = [{ name: 'show', command: ['env'] }];
  const life = await start({ ...which, env, sync: show, async: show });
  await life.ended();
  const seen = Object.fromEntries(life.stdout.trimEnd().split('\n').map(line => line.split(/=(.*)/s, 2)));
  for (const own of ['_', 'SHLVL', 'OLDPWD', 'PWD', 'PATH', 'EVENTS', 'LINENO', '_AST_FEATURES', 'A__z']) delete seen[own]; // of shells, and of the test
  assert.deepEqual(seen, { ...env, POD_NAME: which.pod, ...decided, SYNC_ASYNC_SPAWN: `${NAMESPACE ? 1 : life.pid}.role.1.` });
}));

prove('A process finds no signal ignored, where the shell has a way, and none blocked.', async (start, shell) => {
  const life = await start({ sync: [{ name: 'plain', command: ['cat', '/proc/self/status'] }] });
  await life.ended();
  const mask = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(life.stdout)![1];
  const canUndo = shell.name !== 'busybox-ash';
  assert.ok(['0000000000000000', ...canUndo ? [] : ['0000000000000006']].includes(mask('SigIgn')), mask('SigIgn'));
  assert.equal(mask('SigBlk'), '0000000000000000');
});

prove('What processes write on stdout and on stderr arrives, nothing else is on stdout, and no descriptor of the entrypoint is left open in them.', async start => {
  const list = 'echo out; echo err >&2; ls /proc/self/fd';
  const life = await start({ sync: [{ name: 'plain', command: ['sh', '-c', list] }], foreign: /^err$/ });
  assert.equal((await life.ended()).status, 1);
  assert.match(life.stderr, /^err$/m);
  const inherited = `${spawnSync('ls', ['/proc/self/fd'], { stdio: ['ignore', 'pipe', 'pipe'] }).stdout}`;
  assert.equal(life.stdout, `out\n${inherited}`);
});

prove('The directory of the container is the one of its processes.', async start => {
  const life = await start({ sync: [{ name: 'plain', command: ['pwd'] }] });
  await life.ended();
  assert.equal(life.stdout, `${process.cwd()}\n`);
});

