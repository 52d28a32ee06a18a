import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, instead, PYTHON, service, stubborn, uptime } from './harness';
import { NO_LIMITS, NO_NAMESPACE } from './machine';
import { assertOrder, assertSeconds, each, prove } from './prove';
import { find, Shell } from '../../util/shells';

/** Where an `env` is looked for beside PATH. */
const ENV = '/usr/bin/env';

/** Shells that can undo by themselves that their background children ignore INT and QUIT. */
const UNDO = ['bash', 'bash-as-sh'];

/** Whether INT and QUIT can reach a plain process under this shell: by itself, or through an `env`. */
function reachable(shell: Shell): boolean {
  return UNDO.includes(shell.name) || ['env', ENV].some(env => spawnSync(shell.program!, ['-c', `${env} --default-signal=INT,QUIT true`], { argv0: shell.calledAs }).status === 0);
}

prove('Processes stop in reverse order, one after another, each after the one before has ended; the status is 0.', async start => {
  const life = await start({ sync: [service('first', ['after=0.2']), service('second', ['after=0.2']), service('third', ['after=0.2'])] });
  await life.event('third', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'third got TERM', 'third ended', 'second got TERM', 'second ended', 'first got TERM', 'first ended');
  assert.match(life.terminationLog(), /^stopped by TERM$/m);
});

prove('TERM, INT, QUIT and HUP all are a stop, and the processes hear of it by their own stop signal.', start => each(['TERM', 'INT', 'QUIT', 'HUP'], async signal => {
  const life = await start({ sync: [service('server', ['stop=USR2'], { stopSignal: 'USR2' }), service('registrar')] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal(signal);
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got USR2', 'server ended');
  assert.equal(life.eventsLike('server', 'got').length + life.eventsLike('registrar', 'got').length, 2);
  assert.equal(life.terminationLog(), `stopped by ${signal}\n`);
  assert.equal((await life.line({ event: 'signal' })).signal, signal);
}));

prove('A stop delay lies between the end of the process after it and its stop signal.', async start => {
  const life = await start({ sync: [service('server', [], { stopDelay: 2 }), service('registrar')] });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  const ended = await life.event('registrar', 'ended');
  const got = await life.event('server', 'got TERM');
  assertSeconds(got.at - ended.at, 2, 4, 'the stop delay');
  assert.equal((await life.ended()).status, 0);
});

prove('A process that takes long, but not longer than its stop timeout, is not killed; the reason stands in the termination log from the beginning.', async start => {
  const life = await start({ sync: [service('server', ['after=2'], { stopTimeout: 4 })] });
  await life.event('server', 'started');
  await life.signal('TERM');
  await life.event('server', 'got TERM');
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got TERM', 'server ended');
});

prove('A process that ignores its stop signal is killed after its stop timeout, the others still stop in order, and the status is 70.', async start => {
  const life = await start({ sync: [service('server'), service('registrar', ['stop='], { stopTimeout: 2 }), service('sidecar')] });
  await life.event('server', 'started');
  await life.event('registrar', 'started');
  await life.event('sidecar', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'sidecar got TERM', 'sidecar ended', 'registrar got TERM', 'server got TERM', 'server ended');
  const asked = Number((await life.line({ event: 'stop-signal', process: 'registrar' })).t);
  assertSeconds(Number((await life.line({ event: 'kill', process: 'registrar' })).t) - asked, 2, 4, 'the stop timeout');
  assert.equal((await life.line({ event: 'exit', process: 'registrar' })).status, '137');
  assert.match(life.terminationLog(), /registrar was killed after 2 s/);
});

prove('The status of a killed process does not hide the one of a process that failed before.', async start => {
  const life = await start({ sync: [service('server', ['stop='], { stopTimeout: 1 }), service('registrar', ['die=0.5', 'status=5'])] });
  assert.equal((await life.ended()).status, 5);
  assert.match(life.terminationLog(), /registrar ended with status 5.*server was killed/);
});

prove('A stop timeout of 0 kills at once, and a stop delay of 0 is none.', async start => {
  const life = await start({ sync: [service('server', ['stop='], { stopTimeout: 0, stopDelay: 0 })] });
  await life.event('server', 'started');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assert.deepEqual(life.linesLike({ event: 'stop-delay' }), []);
});

prove('A process that has ended already gets no signal, and its delay is skipped.', async start => {
  const life = await start({ sync: [service('server'), service('registrar', ['die=0.3', 'status=3'], { stopDelay: 30 }), service('sidecar')] });
  assert.equal((await life.ended()).status, 3);
  assertSeconds(Number((await life.line({ event: 'end' })).t), 0.3, 15, 'the whole life');
  assertOrder(life, 'registrar ended', 'sidecar got TERM', 'sidecar ended', 'server got TERM', 'server ended');
  assert.deepEqual(life.linesLike({ event: 'stop-signal', process: 'registrar' }), []);
});

prove('A process that ends in its own stop delay is not waited for any longer.', async start => {
  const life = await start({ sync: [service('server', ['stop=USR1'], { stopDelay: 30 })] });
  await life.event('server', 'started');
  await life.signal('TERM');
  await life.line({ event: 'stop-delay' });
  await life.hit('server', 'USR1');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.linesLike({ event: 'stop-signal' }), []);
});

prove('A process that fails during a stop before its turn gives the status; one that ends without fault does not.', start => each([[3, 3], [0, 0]], async ([own, all]) => {
  const life = await start({ sync: [service('server', ['stop=USR1', `status=${own}`]), service('registrar', ['stop=USR1'])] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.signal('TERM');
  await life.event('registrar', 'got TERM');
  await life.hit('server', 'USR1');
  await life.line({ event: 'exit', process: 'server' });
  await life.hit('registrar', 'USR1');
  assert.equal((await life.ended()).status, all);
  assert.deepEqual(life.linesLike({ event: 'stop-signal', process: 'server' }), []);
  assertOrder(life, 'registrar got TERM', 'server got USR1', 'server ended', 'registrar got USR1', 'registrar ended');
}));

prove('The status with which a process answers its stop signal is no failure.', async start => {
  const life = await start({ sync: [service('server', ['status=9']), { name: 'plain', command: ['sleep', '1000'] }] });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'exit', process: 'server' })).status, '9');
  assert.equal((await life.line({ event: 'exit', process: 'plain' })).status, '143');
});

prove('A second signal, of whatever kind, changes nothing: no delay becomes shorter, nothing is signalled twice.', async start => {
  const life = await start({ limit: 60, sync: [service('server', ['stop=USR1'], { stopDelay: 2 }), service('registrar', ['stop=USR1'])] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  await life.event('registrar', 'got TERM');
  for (const signal of ['TERM', 'INT', 'QUIT', 'HUP']) await life.signal(signal);
  await life.hit('registrar', 'USR1');
  await life.line({ event: 'stop-delay' });
  for (const signal of ['INT', 'TERM', 'HUP']) await life.signal(signal);
  const got = await life.event('server', 'got TERM');
  assertSeconds(got.at - life.eventsLike('registrar', 'ended')[0].at, 2, 6, 'the stop delay');
  for (const signal of ['TERM', 'QUIT', 'INT']) await life.signal(signal);
  await life.hit('server', 'USR1');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar got USR1', 'registrar ended', 'server got TERM', 'server got USR1', 'server ended');
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
});

prove('TSTP is ignored, by the entrypoint and for its processes, and so are the signals that no process asks for.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  for (const signal of ['TSTP', 'USR1', 'USR2', 'WINCH', 'PIPE', 'TSTP']) await life.signal(signal);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got TERM', 'server ended');
  assert.equal(life.eventsLike('server', 'got').length, 1);
});

prove('A signal before the first process starts nothing, and the status is 0.', (start, shell) => each(['TERM', 'HUP'], async signal => {
  // Its first act is to copy itself. A `cat` that waits holds it there, but in a busybox that takes its own: there the signal comes as early as it can.
  const holds = spawnSync(shell.program!, ['-c', 'cat /dev/null'], { argv0: shell.calledAs, env: { PATH: '' } }).status !== 0;
  const life = await start({
    prepare: directory => {
      mkdirSync(join(directory, 'bin'));
      writeFileSync(join(directory, 'bin/cat'), `#!/bin/sh
        PATH=\${PATH#*:}
        echo "0 cat called" >>"$EVENTS"
        until [ -e "$EVENTS.go" ]; do sleep 0.01; done
        exec cat "$@"
      `, { mode: 0o755 });
    },
    path: `@/bin:${process.env.PATH}`,
    sync: [service('server')],
  });
  if (holds) await life.event('cat', 'called');
  await life.signal(signal);
  writeFileSync(join(life.directory, 'events.go'), '');
  assert.equal((await life.ended()).status, 0);
  if (holds) assert.deepEqual(life.linesLike({ event: 'process-start' }), []);
}));

prove('A stop is taken at once, whatever the shell sleeps in.', async start => {
  const delays = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(async index => {
    const life = await start({ sync: [service('server')] });
    const { at } = await life.event('server', 'started');
    await life.line({ event: 'running' });
    await life.passed(at + 0.5 + index * 0.11); // somewhere in a sleep of a second
    const before = uptime();
    await life.signal('TERM');
    assert.equal((await life.ended()).status, 0);
    return life.eventsLike('server', 'got TERM')[0].at - before;
  }));
  assertSeconds(delays.sort((a, b) => a - b)[4], 0, 0.25, 'the median');
});

prove('A process that dies in the moment between the last look and the stop has failed, and is not asked to end.', async start => {
  const line = 'log "event=stop reason=\\"$_reason\\""';
  const life = await start({
    sync: [service('server'), service('registrar')],
    prepare: instead(line, `${line}; kill -s KILL "$_pid"; until gone "$_pid"; do :; done`),
  });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 137);
  assert.deepEqual(life.linesLike({ event: 'stop-signal' }).map(({ process }) => process), ['server']);
  assert.match(life.terminationLog(), /stopped by TERM; process registrar ended with status 137/);
});

prove('A signal between the last look and the sleep ends the sleep.', async start => {
  const life = await start({
    sync: [service('server')],
    prepare: instead('[ -n "$_woken" ] || wait "$_sentinel"',
      '[ -n "$_woken" ] || { [ "$_phase" != running ] || [ -n "$_stop" ] || kill -s TERM "$$"; wait "$_sentinel"; }'),
  });
  const { t } = await life.line({ event: 'running' });
  assert.equal((await life.ended()).status, 0);
  assertSeconds(Number((await life.line({ event: 'stop-signal' })).t) - Number(t), 0, 1, 'the sleep');
}, { except: Object.fromEntries(['bash', 'bash-as-sh'].map(name => [name, 'It waits for a pipe, and not for a sleeping child.'])) });

// Sends a signal to the entrypoint a moment after it has done something about the last one, which is when it goes to sleep, and another, of which nothing is
// to come, while it looks what has happened. Fails when nothing comes of the first.
const ECHO = `
import os, random, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
random.seed(int(sys.argv[1]))
for count in range(int(sys.argv[2])):
    for name in signal.SIGUSR1, signal.SIGWINCH:
        until = time.perf_counter() + random.random() * 0.002
        while time.perf_counter() < until: pass
        os.kill(os.getppid(), name)
    if not signal.sigtimedwait({signal.SIGUSR1}, 8): sys.exit(count + 1)
open(os.environ['EVENTS'], 'a').write('0 echo answered\\n')
time.sleep(1000)
`;

prove('A signal that comes just as it goes to sleep, or looks around, is heard.', start => each([1, 2, 3, 4], async seed => {
  const life = await start({ limit: 60, sync: [{ name: 'echo', command: [PYTHON, '-c', ECHO, `${seed}`, '500'], forward: ['USR1'] }] });
  await life.event('echo', 'answered');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
}));

prove('A signal between two processes, while a ready check hangs, ends the check at once and starts nothing new.', async start => {
  const life = await start({ checkTimeout: 30, sync: [service('server', [], { ready: check('server', '', ['hang']) }), service('registrar')] });
  await life.event('server', 'asked');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server started', 'server got TERM', 'server ended');
  assertSeconds(Number((await life.line({ event: 'end' })).t), 0, 10, 'the whole life');
});

prove('A signal between two processes, while a ready check fails, starts nothing new.', async start => {
  const life = await start({ sync: [service('server', [], { ready: check('server') }), service('registrar')] });
  await life.event('server', 'asked', 2);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server started', 'server got TERM', 'server ended');
});

prove('A signal while a process waits for its restart starts it no more.', async start => {
  const life = await start({ sync: [service('server', ['after=5']), service('registrar', ['die=0'], { restart: 'always' })] });
  await life.line({ event: 'restart', process: 'registrar', in: '4' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.linesLike({ event: 'process-start', process: 'registrar' }).length, 3);
  assert.equal(life.eventsLike('registrar', 'started').length, 3);
});

prove('A process with restart ALWAYS that ends during the stop is not started again, and its status is no failure.', async start => {
  const life = await start({ sync: [service('server', ['stop=USR1', 'status=3'], { restart: 'always' }), service('registrar', ['stop=USR1'])] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.signal('TERM');
  await life.event('registrar', 'got TERM');
  await life.hit('server', 'USR1');
  const { at } = await life.event('server', 'ended');
  await life.passed(at + 2); // it would have been started again
  await life.hit('registrar', 'USR1');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.eventsLike('server', 'started').length, 1);
  assert.deepEqual(life.linesLike({ event: 'restart' }), []);
});

prove('INT and QUIT as stop signals really arrive at plain programs, where the shell or an `env` can see to it.', (start, shell) => each([
  ['INT', [PYTHON, '-c', 'import time; print("up", flush=True); time.sleep(1000)'], '130'],
  ['INT', ['sh', '-c', 'echo up; exec sleep 1000'], '130'],
  ['QUIT', ['sh', '-c', 'echo up; exec sleep 1000'], '131'],
] as const, async ([signal, command, status]) => {
  const life = await start({ sync: [{ name: 'plain', command: [...command], stopSignal: signal, stopTimeout: 20 }], foreign: /^Traceback|^ |^KeyboardInterrupt/ });
  await life.line({ event: 'running' });
  await life.until('the program', () => life.stdout.includes('up'));
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  const found = await life.line({ event: 'exit', process: 'plain' });
  assert.equal(found.status, reachable(shell) ? status : '143');
  assert.deepEqual(life.linesLike({ event: 'ignored' }).map(line => [line.pid, line.signal, line.instead]),
    reachable(shell) ? [] : [[life.linesLike({ event: 'process-start' })[0].pid, signal, 'TERM']]);
}));

/** An image whose `env` cannot undo that INT and QUIT are ignored, as busybox' cannot. */
const PLAIN_ENV = {
  prepare: (directory: string) => {
    mkdirSync(join(directory, 'bin'));
    for (const program of ['sleep', 'cat', 'mv']) symlinkSync(find(program)!, join(directory, 'bin', program));
    writeFileSync(join(directory, 'bin/env'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  },
  path: '@/bin',
  without: ENV,
};

const HANDLER = 'import signal, sys, time\nsignal.signal(signal.SIGNAME, lambda *_: sys.exit(7))\nprint("up", flush=True)\ntime.sleep(1000)';

prove('INT and QUIT reach a program that handles them, whatever it was started with.', start => each(['INT', 'QUIT'], async signal => {
  const life = await start({ ...PLAIN_ENV, sync: [{ name: 'server', command: [PYTHON, '-c', HANDLER.replace('NAME', signal)], stopSignal: signal }] });
  await life.until('the program', () => life.stdout.includes('up'));
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'exit', process: 'server' })).status, '7');
  assert.deepEqual(life.linesLike({ event: 'ignored' }), []);
}), { lacking: NO_NAMESPACE });

prove('A program that ignores INT or QUIT when it is to stop gets TERM instead, and the log says so.', start => each(['INT', 'QUIT'], async signal => {
  const life = await start({
    ...PLAIN_ENV,
    sync: [{ name: 'server', command: [PYTHON, '-c', HANDLER.replace('SIGNAME, lambda *_: sys.exit(7)', `SIG${signal}, signal.SIG_IGN`)], stopSignal: signal }],
  });
  await life.until('the program', () => life.stdout.includes('up'));
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'exit', process: 'server' })).status, '143');
  const line = await life.line({ event: 'ignored', signal });
  assert.deepEqual([line.process, line.instead], ['server', 'TERM']);
}), { lacking: NO_NAMESPACE });

prove('WINCH as a stop signal reaches whoever handles it; all others would ignore it, and get TERM.', async start => {
  const life = await start({
    sync: [service('server', ['stop=WINCH'], { stopSignal: 'WINCH' }), { name: 'plain', command: ['sleep', '1000'], stopSignal: 'WINCH', stopTimeout: 10 }],
  });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got WINCH', 'server ended');
  assert.equal((await life.line({ event: 'exit', process: 'plain' })).status, '143');
  // Not of the server itself. What it leaves behind for a moment, its sleep, does ignore it.
  const { pid } = life.linesLike({ event: 'process-start', process: 'server' })[0];
  assert.deepEqual(life.linesLike({ event: 'ignored', pid }), []);
});

prove('A process that may not be signalled is told of, with the reason.', async start => {
  const life = await start({
    under: ['setpriv', '--inh-caps=-kill', '--bounding-set=-kill'],
    sync: [service('server'), { name: 'other', command: ['setpriv', '--reuid', '12345', '--clear-groups', 'sleep', '3'], stopTimeout: 1 }],
  });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.poll('the other user', () => life.alive().some(process => / S sleep 3$/.test(process)));
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assert.match((await life.line({ event: 'error', process: 'other' })).reason, /pid \d+ may not be signalled \(EPERM\): it runs as another user, and the container lacks the capability KILL/);
  assertOrder(life, 'server got TERM', 'server ended');
}, { lacking: NO_LIMITS });

prove('Only the process itself is signalled: the children of a pool keep running until their master ends them.', async start => {
  const life = await start({ sync: [service('server', ['pool=2', 'after=0.5', 'stop=USR1'], { stopSignal: 'USR1', forward: ['HUP'] })] });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('HUP');
  await life.event('server', 'got HUP');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.eventsLike('server', 'children')[0].what, 'children 2');
});

prove('A stop works as well when PID 1 is another process.', async start => {
  const life = await start({
    pid: 'other',
    sync: [service('server', ['after=0.2', 'up=0.2'], { ready: check('server'), stopDelay: 1 }), stubborn('registrar', { stopTimeout: 1 })],
  });
  await life.until('the registrar', () => life.stdout.includes('registrar'));
  await life.line({ event: 'running' });
  assert.equal((await life.probe('ready').ended).status, 0);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'server got TERM', 'server ended');
});

prove('A stop also ends processes whose marks in the run directory somebody has cleared away.', async start => {
  const life = await start({ sync: [service('server'), service('registrar')] });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  for (const name of readdirSync(join(life.directory, 'run'))) rmSync(join(life.directory, 'run', name));
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
});

prove('What stands in its directory of the role label\'s trouble is a part of the last words, unless an earlier life has written it.', start => each([true, false], async own => {
  const life = await start({
    sync: [{
      name: 'label',
      command: ['/bin/sh', '-c', 'd=${EVENTS%/events}/run; read -r pid since rest <"$d/state"; echo "$((since + $0)) sync new 5 role label: no right" >"$d/role-label"; exec sleep 1000', own ? '0' : '1'],
    }],
  });
  await life.line({ event: 'running' });
  await life.poll('the note', () => readdirSync(join(life.directory, 'run')).includes('role-label'));
  await life.looked();
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.terminationLog(), own ? 'stopped by TERM; role label: no right\n' : 'stopped by TERM\n');
}));
