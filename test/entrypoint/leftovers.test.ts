import assert from 'node:assert/strict';
import { Entrypoint, instead, Process, PYTHON, SERVICE, service } from './harness';
import { NO_LIMITS } from './machine';
import { assertOrder, assertSeconds, each, prove } from './prove';

/** A shell that starts a program and waits for it, which is what people forget the `exec` of. The program is a service of that name. */
const wrapper = (name: string, words: string[] = [], process: Partial<Process> = {}): Process => ({
  name: `${name}-wrapper`,
  command: ['/bin/sh', '-c', '/bin/sh "$@"; echo after', 'sh', SERVICE, name, ...words],
  ...process,
});

/** Shell words that start a service of that name in the background, and go on when it has written down its start. */
const background = (name: string, words = '', before = ''): string =>
  `${before} /bin/sh ${SERVICE} ${name} ${words} & until grep -q " ${name} started" "$EVENTS"; do sleep 0.1; done;`;

const leftovers = (life: Entrypoint) => life.linesLike({ event: 'leftover' }).map(line => line.process);

prove('What a wrapper leaves behind when it dies of its stop signal gets the same signal and its time, and only then the next process stops.', start => each([
  'TERM', 'USR1',
], async signal => {
  const life = await start({
    sync: [service('server'), wrapper('program', [`stop=${signal}`, 'after=1'], { stopSignal: signal, stopTimeout: 10 })],
  });
  await life.event('program', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, `program got ${signal}`, 'program ended', 'server got TERM', 'server ended');
  const { pid, program, process } = await life.line({ event: 'leftover' });
  assert.deepEqual([process, program], ['program-wrapper', 'sh']);
  assert.equal(life.eventsLike('program', 'started')[0].what.split(' ')[1], pid);
}));

prove('Wrappers in wrappers lose nothing either, however fast each of them dies.', start => each([1, 2, 3, 4, 5], async () => {
  const life = await start({
    sync: [{ name: 'wrapper', command: ['/bin/sh', '-c', `/bin/sh -c '/bin/sh -c "/bin/sh ${SERVICE} program after=1; true"; true'; true`] }],
  });
  await life.event('program', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'program got TERM', 'program ended');
  assert.equal(leftovers(life).length, 3);
}));

// It ends a moment after its parent, and leaves one behind that takes its time.
const HANDOVER = `
import os, signal, time
def note(what): open(os.environ['EVENTS'], 'a').write('0 heir %s\\n' % what)
parent = os.getppid()
if os.fork() == 0:
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), note('ended'), os._exit(0)))
    note('started')
    while True: time.sleep(1000)
while os.getppid() == parent: time.sleep(0.001)
time.sleep(0.1)
`;

prove('An orphan that ends between two looks hides nothing that it leaves behind.', async start => {
  const life = await start({
    prepare: instead('list_own', '    list_own; sleep 0.3'),
    sync: [{ name: 'wrapper', command: ['/bin/sh', '-c', '"$@"; true', 'sh', PYTHON, '-c', HANDOVER] }],
  });
  await life.event('heir', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.eventsLike('heir', 'ended').length, 1);
});

// For a moment it is no program yet, and swallows a signal as its parent would.
const NEWBORN = `
import os, signal, time
def end(*_):
    signal.signal(signal.SIGTERM, lambda *_: None)
    if os.fork() == 0:
        time.sleep(0.06)
        os.execv('/bin/sleep', ['sleep', '1000'])
    os._exit(0)
signal.signal(signal.SIGTERM, end)
open(os.environ['EVENTS'], 'a').write('0 parent started\\n')
while True: time.sleep(1000)
`;

prove('What has been forked a moment ago is told when it can hear.', async start => {
  const life = await start({ sync: [{ name: 'server', command: [PYTHON, '-c', NEWBORN], stopTimeout: 3 }] });
  await life.event('parent', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(leftovers(life), ['server']);
});

// Of two orphans one shows nothing of itself until the other has been found: as in the moment of an exec, but longer.
const BLANK = `
import os, sys, time
parent = os.getppid()
print('up', flush=True)
while os.getppid() == parent: time.sleep(0.01)
time.sleep(0.5)
os.execve('/bin/sh', ['/bin/sh', sys.argv[1], 'heir'], dict(word.split('=', 1) for word in sys.argv[2:]))
`;
const TWO = `
import os, subprocess, sys, time
subprocess.Popen(['/bin/sh', sys.argv[1], 'other', 'after=3'])
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable, [sys.executable, '-c', sys.argv[2], sys.argv[1], *(f'{key}={value}' for key, value in os.environ.items())], {})
time.sleep(1000)
`;

prove('What shows nothing of itself at one look is looked at again.', async start => {
  const life = await start({ sync: [{ name: 'server', command: [PYTHON, '-c', TWO, SERVICE, BLANK] }] });
  await life.event('other', 'started');
  await life.until('the blank one', () => life.stdout.includes('up'));
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'other got TERM', 'heir got TERM', 'heir ended', 'other ended');
});

prove('Other text in the environment hides no mark.', start => each(['OLD_SYNC_ASYNC_SPAWN=7.7.', 'NOTE=SYNC_ASYNC_SPAWN=...'], async text => {
  const life = await start({ sync: [{ name: 'wrapper', command: ['/bin/sh', '-c', background('program', 'after=1', `${text} setsid`) + ' wait; true'] }] });
  await life.event('program', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'program got TERM', 'program ended');
}));

/** Where PID 1 may not signal what belongs to another user. */
const POWERLESS = ['setpriv', '--inh-caps=-kill', '--bounding-set=-kill'];
const OTHER_USER = 'setpriv --reuid 12345 --clear-groups sleep';

prove('A container whose dead process has left something behind that outlives KILL ends with status 70, since that process could not be started again.', async start => {
  const life = await start({
    under: POWERLESS,
    sync: [service('server'), { name: 'registrar', command: ['/bin/sh', '-c', `${OTHER_USER} 1000 & sleep 1; exit 3`], restart: 'always', stopTimeout: 1 }],
  });
  await life.event('server', 'started');
  assert.equal((await life.ended()).status, 70);
  assert.match(life.terminationLog(), /what process registrar left behind outlives KILL/);
  assert.equal(life.linesLike({ event: 'process-start', process: 'registrar' }).length, 1);
  assert.equal(life.linesLike({ event: 'kill' }).length, 1, 'it is told once');
  assertOrder(life, 'server got TERM', 'server ended');
}, { lacking: NO_LIMITS });

prove('So does a stop before that is certain.', async start => {
  const life = await start({
    under: POWERLESS,
    sync: [{ name: 'server', command: ['/bin/sh', '-c', `${OTHER_USER} 1000 & sleep 1; exit 3`], restart: 'always', stopTimeout: 1 }],
  });
  await life.line({ event: 'kill' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
}, { lacking: NO_LIMITS });

prove('A ready check that outlives KILL has failed, and holds up neither the start timeout nor a stop.', async start => {
  const life = await start({
    under: POWERLESS,
    checkTimeout: 1,
    sync: [service('server', [], { ready: ['/bin/sh', '-c', `exec ${OTHER_USER} 1000`], startTimeout: 2 })],
  });
  await life.event('server', 'started');
  assert.equal((await life.ended()).status, 70);
  assert.match(life.terminationLog(), /process server was not ready within 2 s/);
  const given = life.linesLike({ event: 'error' }).find(line => /a check outlives KILL/.test(line.reason))!;
  assertSeconds(Number(given.t) - Number((await life.line({ event: 'process-start' })).t), 3, 6, 'until it is given up: its second, and two more');
  assertOrder(life, 'server got TERM', 'server ended');
}, { lacking: NO_LIMITS });

prove('What a check leaves behind is nobody\'s: it holds up no restart.', async start => {
  const ready = ['/bin/sh', '-c', `[ ! -e "$EVENTS.once" ] || exit 0; : >"$EVENTS.once"; ${background('stray', 'stop=')} exit 0`];
  const life = await start({ sync: [service('server', [], { ready }), service('registrar', [], { restart: 'always' })] });
  await life.event('stray', 'started');
  await life.line({ event: 'running' });
  await life.hit('registrar', 'KILL');
  await life.event('registrar', 'started', 2);
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.eventsLike('stray', 'got'), []);
});

prove('What is left behind and does not end is killed when the stop timeout of its process is over, and the status is 70.', async start => {
  const life = await start({ sync: [service('server'), wrapper('program', ['stop='], { stopTimeout: 2 })] });
  await life.event('program', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'program got TERM', 'server got TERM', 'server ended');
  const asked = Number((await life.line({ event: 'stop-signal', process: 'program-wrapper' })).t);
  assertSeconds(Number((await life.line({ event: 'kill' })).t) - asked, 2, 4, 'the stop timeout');
  assert.match(life.terminationLog(), /what process program-wrapper left behind was killed after 2 s/);
});

prove('What is left behind has what is left of the stop timeout, and no more.', async start => {
  const wait = 'trap "sleep 2; exit" TERM; /bin/sh "$@" & wait; exit';
  const life = await start({ sync: [{ name: 'server', command: ['/bin/sh', '-c', wait, 'sh', SERVICE, 'program', 'stop='], stopTimeout: 4 }] });
  await life.event('program', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  const asked = Number((await life.line({ event: 'stop-signal' })).t);
  assertSeconds(Number(life.linesLike({ event: 'leftover' })[0].t) - asked, 1.9, 3.9, 'the end of the shell');
  assertSeconds(Number(life.linesLike({ event: 'kill' })[0].t) - asked, 4, 6, 'the stop timeout');
});

prove('What a killed master leaves behind has no time left: it is killed too, before the next process is asked to end.', async start => {
  const life = await start({ sync: [service('server'), service('master', ['stop=', 'pool=2'], { stopTimeout: 1 })] });
  await life.event('master', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  // The master's own sleep and those of its pool.
  assert.equal(life.linesLike({ event: 'leftover', process: 'master', program: 'sleep' }).length, 3);
  const last = life.linesLike({ process: 'master' }).at(-1)!;
  assert.ok(life.lines.indexOf(last) < life.lines.findIndex(line => line.event === 'stop-signal' && line.process === 'server'));
  assert.match(life.terminationLog(), /; process master was killed after 1 s$/m);
});

prove('What was there before the stop signal is left alone.', async start => {
  const orphan = `(${background('helper', 'stop=')} :) ; exec /bin/sh ${SERVICE} server`;
  const life = await start({ sync: [{ name: 'server', command: ['/bin/sh', '-c', orphan] }] });
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.eventsLike('helper', 'got'), []);
});

prove('What a process that dies by itself leaves behind is stopped in its turn, without the stop delay; the status is that of the process.', async start => {
  const life = await start({
    sync: [wrapper('program', ['after=1'], { stopDelay: 60 }), service('registrar', ['after=0.5'])],
  });
  await life.event('program', 'started');
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  life.kill(life.pidOf('program-wrapper'), 'KILL');
  assert.equal((await life.ended()).status, 137);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'program got TERM', 'program ended');
  assert.deepEqual(life.linesLike({ event: 'stop-delay' }), []);
});

prove('What it leaves behind and does not end is killed too, and the status is still that of the process.', async start => {
  const life = await start({ sync: [wrapper('program', ['stop='], { stopTimeout: 1 })] });
  await life.event('program', 'started');
  await life.line({ event: 'running' });
  life.kill(life.pidOf('program-wrapper'), 'KILL');
  assert.equal((await life.ended()).status, 137);
  assert.match(life.terminationLog(), /ended with status 137; what process program-wrapper left behind was killed after 1 s/);
});

const PORT = `
import os, signal, socket, sys, time
name = os.environ['EVENTS'] + '.port'
server = socket.socket()
server.bind(('127.0.0.1', int(open(name).read()) if os.path.exists(name) else 0))
server.listen()
if not os.path.exists(name): open(name, 'w').write(str(server.getsockname()[1]))
if os.fork() == 0:
    time.sleep(1000)
open(os.environ['EVENTS'], 'a').write('0 listener started %d\\n' % os.getpid())
time.sleep(1000)
`;

prove('A restarted process does not meet its own child at its port.', async start => {
  const life = await start({ sync: [{ name: 'listener', command: [PYTHON, '-c', PORT], restart: 'always' }], foreign: /^/ });
  await life.hit('listener', 'KILL');
  await life.event('listener', 'started', 2);
  await life.line({ event: 'process-start' }, 2);
  assert.equal(life.linesLike({ event: 'exit' }).length, 1);
  assert.deepEqual(leftovers(life), ['listener']);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A process is started again only when what it left behind has ended, in its time or by KILL; a kill at a restart is no failure of the stop.', start => each([
  ['after=2', 0], ['stop=', 1],
] as const, async ([word, kills]) => {
  const command = ['/bin/sh', '-c', `/bin/sh ${SERVICE} child ${word} & exec /bin/sh ${SERVICE} parent`];
  const life = await start({ sync: [{ name: 'parent', command, restart: 'always', stopTimeout: 4 }] });
  await life.event('child', 'started');
  await life.hit('parent', 'KILL');
  await life.line({ event: 'process-start' }, 2);
  const [ended, begun] = [life.linesLike({ event: 'exit' })[0], life.linesLike({ event: 'process-start' })[1]];
  assertSeconds(Number(begun.t) - Number(ended.t), kills ? 4 : 2, 15, 'until the restart');
  // The child's own sleep goes with it.
  assert.ok(kills ? life.linesLike({ event: 'kill' }).length >= kills : life.linesLike({ event: 'kill' }).length === 0, 'kills');
  assert.equal(life.eventsLike('child', 'got TERM').length, 1);
  if (!kills) assertOrder(life, 'child got TERM', 'child ended');
  await life.event('parent', 'started', 2);
  await life.event('child', 'started', 2);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, kills ? 70 : 0); // of the second child, for it is one of a process that is asked to stop
}));

prove('A stop while what a dead process left behind is given its time starts nothing, asks nobody twice, and waits.', async start => {
  const command = ['/bin/sh', '-c', `/bin/sh ${SERVICE} child stop=USR1 after=2 & exec /bin/sh ${SERVICE} parent`];
  const life = await start({ sync: [service('server'), { name: 'parent', command, restart: 'always', stopDelay: 30 }] });
  const child = (await life.event('child', 'started')).what.split(' ')[1];
  await life.event('server', 'started');
  await life.hit('parent', 'KILL');
  await life.event('child', 'got TERM');
  await life.signal('TERM');
  await life.line({ event: 'stop' });
  await life.exec(['/bin/sh', '-c', `kill -s USR1 ${child}`]).ended;
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'child got TERM', 'child got USR1', 'child ended', 'server got TERM', 'server ended');
  assert.equal(life.linesLike({ event: 'process-start' }).length, 2);
  assert.deepEqual(life.linesLike({ event: 'stop-delay' }), []);
  assert.equal(life.eventsLike('child', 'got TERM').length, 1);
});

prove('The orphans of one process are not taken for those of another, whichever ends.', async start => {
  const orphan = (of: string) => `(${background(`${of}-orphan`, 'stop=')} :) ; exec /bin/sh ${SERVICE} ${of}`;
  const life = await start({
    sync: [
      { name: 'server', command: ['/bin/sh', '-c', orphan('server')] },
      { name: 'registrar', command: ['/bin/sh', '-c', orphan('registrar')], restart: 'always', stopTimeout: 2 },
    ],
  });
  for (const name of ['server', 'registrar', 'server-orphan', 'registrar-orphan']) await life.event(name, 'started');
  await life.line({ event: 'running' });
  life.kill(life.pidOf('registrar'), 'KILL');
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  assert.equal(life.eventsLike('registrar-orphan', 'got TERM').length, 1);
  await life.event('registrar', 'started', 2);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.eventsLike('server-orphan', 'got'), []);
});

prove('What has cleared its environment, or has a session of its own, is still known.', start => each([
  ['env -i EVENTS="$EVENTS"', 'cleared'], ['setsid', 'session'],
], async ([before, name]) => {
  const life = await start({ sync: [{ name: 'server', command: ['/bin/sh', '-c', `${background(name, 'after=1', before)} wait; true`] }] });
  await life.event(name, 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, `${name} got TERM`, `${name} ended`);
}));

prove('What `kubectl exec` leaves in the background is nobody\'s: it holds up no restart and no stop, and gets no signal.', async start => {
  // A container runtime gives what it runs in a container a session of its own, and the container's environment.
  const left = async (name: string) => {
    await life.exec(['setsid', '/bin/sh', '-c', `/bin/sh ${SERVICE} ${name} stop= >/dev/null 2>&1 & until grep -q " ${name} started" "$EVENTS"; do sleep 0.1; done`]).ended;
    await life.event(name, 'started');
  };
  const life = await start({ sync: [service('server', ['stop=USR1']), service('registrar', [], { restart: 'always' })] });
  await life.event('server', 'started');
  await life.event('registrar', 'started');
  await left('before');
  await life.hit('registrar', 'KILL');
  await life.event('registrar', 'started', 2);
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  await life.signal('TERM');
  await life.event('server', 'got TERM');
  await left('during');
  await life.hit('server', 'USR1');
  assert.equal((await life.ended()).status, 0);
  for (const name of ['before', 'during']) assert.deepEqual(life.eventsLike(name, 'got'), []);
  assert.deepEqual(life.linesLike({ event: 'kill' }), []);
});

prove('Where PID 1 is another process, orphans go there and are found there.', async start => {
  const life = await start({ pid: 'other', sync: [service('server'), wrapper('program', ['after=1']), wrapper('mule', ['stop='], { stopTimeout: 1 })] });
  for (const name of ['program', 'mule', 'server']) await life.event(name, 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'mule got TERM', 'program got TERM', 'program ended', 'server got TERM', 'server ended');
});

prove('It never takes itself for something left behind, also where it is a child of PID 1.', async start => {
  const life = await start({ pid: 'other', sync: [service('server'), service('registrar', [], { restart: 'always' })] });
  await life.event('server', 'started');
  await life.hit('registrar', 'KILL');
  await life.event('registrar', 'started', 2);
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  assert.deepEqual(life.linesLike({ event: 'leftover' }).filter(line => line.program !== 'sleep'), []);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('On a kernel that does not list children they are found one by one.', async start => {
  const life = await start({
    prepare: instead('if [ -e /proc/1/task/1/children ]; then', '  if false; then'),
    sync: [wrapper('program', ['after=1'])],
  });
  await life.event('program', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'program got TERM', 'program ended');
});

prove('A name that no line of the log can hold is told by its length, whatever is in it.', async start => {
  const python = (name: string) => `
import ctypes, signal, time
ctypes.CDLL(None).prctl(15, ${JSON.stringify(name)}.encode(), 0, 0, 0)
open(__import__('os').environ['EVENTS'], 'a').write('0 program started\\n')
time.sleep(1000)`;
  await each([['a) Z 1 (" $(id)', '15 characters'], ['plain-name 1.0', 'plain-name 1.0']], async ([name, told]) => {
    const life = await start({ sync: [{ name: 'server', command: ['/bin/sh', '-c', '"$@"; true', 'sh', PYTHON, '-c', python(name)] }] });
    await life.event('program', 'started');
    await life.line({ event: 'running' });
    await life.signal('TERM');
    assert.equal((await life.ended()).status, 0);
    assert.equal((await life.line({ event: 'leftover' })).program, told);
  });
});

prove('A thousand of them are as good as one.', async start => {
  const many = 'i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i + 1)); done; echo "0 many started" >>"$EVENTS"; wait';
  // Each is told by its environment, which is seldom small.
  const env = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`SERVICE_${i}`, 'x'.repeat(80)]));
  const life = await start({ limit: 100, env, sync: [{ name: 'server', command: ['/bin/sh', '-c', many], stopTimeout: 60 }] });
  await life.event('many', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(leftovers(life).length, 1000);
});

prove('One that ignores its signal and starts others for ever is killed when the time is over, like any other.', async start => {
  const restless = 'trap "" TERM; echo "0 restless started" >>"$EVENTS"; while :; do (sleep 0.05 &) ; done & while :; do (sleep 0.05 &); done';
  const life = await start({ limit: 60, sync: [service('server'), { name: 'wrapper', command: ['/bin/sh', '-c', `/bin/sh -c '${restless}'; true`], stopTimeout: 2 }] });
  await life.event('restless', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  await life.signal('TERM');
  const asked = await life.line({ event: 'stop-signal', process: 'wrapper' });
  const killed = await life.line({ event: 'kill', process: 'wrapper' });
  assertSeconds(Number(killed.t) - Number(asked.t), 2, 10, 'until KILL');
  assert.equal((await life.ended()).status, 70);
});
