import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, Life, SCRIPT, service } from './harness';
import { NAMESPACE, NO_FORK, NO_LIMITS, NO_NAMESPACE } from './machine';
import { assertOrder, assertSeconds, each, prove } from './prove';
import { find } from '../../util/shells';

/** A process that ends at once: for lives of which only the beginning matters. */
const SHORT = [{ name: 'short', command: ['true'] }];

prove('The ordinal is the number behind the last dash of POD_NAME.', start => each([
  ['ocr-0', '0', 'sync'],
  ['ocr-2', '2', 'sync'],
  ['ocr-3', '3', 'async'],
  ['a-b-12', '12', 'async'],
  ['x-9-1', '1', 'sync'],
  ['ocr-999999', '999999', 'async'],
], async ([pod, ordinal, role]) => {
  const life = await start({ pod, split: 'count:3', sync: SHORT, async: SHORT });
  const line = await life.line({ event: 'start' });
  assert.deepEqual([line.ordinal, line.role, line.sync_instance], [ordinal, role, '3']);
  await life.ended();
}));

prove('A POD_NAME without an ordinal is refused with status 64 and a message that says what was found.', start => each([
  null, '', 'ocr', 'ocr-', '7', 'ocr-x', 'ocr-1x', 'ocr-01', 'ocr-00', 'ocr-1234567', 'ocr-１', 'ocr- 1', 'ocr-1 ', 'ocr-+1', 'ocr-1.0',
], async pod => {
  const life = await start({ pod, sync: SHORT });
  assert.equal((await life.ended()).status, 64, `${pod}`);
  assert.match(life.terminationLog(), /POD_NAME/);
  assert.ok(life.terminationLog().includes(`(${pod ?? ''})`), life.terminationLog());
  assert.deepEqual(life.linesLike({ event: 'process-start' }), []);
}));

prove('A count is digits only, at most 6, without a leading zero, and may end in one newline.', start => each([
  ['0', 'async'], ['4', 'sync'], ['4\n', 'sync'], ['3\n', 'async'], ['999999', 'sync'], ['10\n', 'sync'],
], async ([value, role]) => {
  const life = await start({ pod: 'ocr-3', split: 'count', value, sync: SHORT, async: SHORT });
  assert.deepEqual((await life.line({ event: 'start' })).role, role);
  assert.equal((await life.line({ event: 'start' })).sync_instance, value.trim());
  await life.ended();
}));

prove('Any other count is refused with status 64 and a message that says what was found where.', start => each([
  ['', '()'], ['\n', '()'], [' 4', '( 4)'], ['4 ', '(4 )'], ['4\t', '(2 characters)'], ['+4', '(+4)'], ['-1', '(-1)'], ['010', '(010)'], ['00', '(00)'],
  ['1234567', '(1234567)'], ['4\n\n', '(4'], ['4\n5\n', '(4'], ['\n4', '('], ['4.0', '(4.0)'], ['four', '(four)'], ['0x4', '(0x4)'], ['4\r\n', '(2 characters)'],
  ['$(reboot)', '(9 characters)'], ['`id`', '(4 characters)'], ['"4"', '(3 characters)'], ['４', '('], ['4;id', '(4 characters)'], ['*', '(1 characters)'],
  ['4444444444444444444444444', '(25 characters)'],
], async ([value, found]) => {
  const life = await start({ split: 'count', value, sync: SHORT, async: SHORT });
  assert.equal((await life.ended()).status, 64, JSON.stringify(value));
  assert.ok(life.terminationLog().includes(`${life.directory}/values/SYNC_INSTANCE ${found}`), `${JSON.stringify(value)}: ${life.terminationLog()}`);
  assert.deepEqual(life.linesLike({ event: 'process-start' }), []);
}));

prove('A count that is missing is refused with status 64.', async start => {
  const life = await start({ split: 'count', sync: SHORT, async: SHORT });
  assert.equal((await life.ended()).status, 64);
  assert.match(life.terminationLog(), /values\/SYNC_INSTANCE is missing/);
});

prove('A role without processes is refused with status 64.', start => each([
  { pod: 'ocr-1', split: 'count:1', sync: SHORT },
  { pod: 'ocr-1', split: 'count:1', sync: SHORT, async: [] },
  { pod: 'ocr-0', split: 'none', async: SHORT },
], async life => {
  const refused = await start(life);
  assert.equal((await refused.ended()).status, 64);
  assert.ok(refused.terminationLog().includes(life.pod), refused.terminationLog());
}));

prove('A pod of a StatefulSet without a split is sync, and needs no value.', async start => {
  const life = await start({ pod: 'ocr-7', sync: SHORT, async: SHORT });
  assert.equal((await life.line({ event: 'start' })).role, 'sync');
  await life.ended();
});

prove('Processes start in order, each after the ready check of the one before has succeeded.', async start => {
  const life = await start({
    sync: [
      service('first', ['up=0.3'], { ready: check('first') }),
      service('second'),
      service('third', ['up=0.3'], { ready: check('third') }),
      service('fourth'),
    ],
  });
  await life.line({ event: 'running' });
  for (const name of ['second', 'third', 'fourth']) await life.event(name, 'started');
  const at = (name: string) => life.eventsLike(name, 'started')[0].at;
  assertSeconds(at('second') - at('first'), 0.3, 6, 'the second waits for the first');
  assertSeconds(Math.abs(at('third') - at('second')), 0, 1, 'without a check nothing is waited for');
  assertSeconds(at('fourth') - at('third'), 0.3, 6, 'the fourth waits for the third');
  const order = life.lines.map(line => [line.event, line.process].join(' ').trim());
  assert.deepEqual(order, [
    'start', 'process-start first', 'ready first', 'process-start second', 'process-start third', 'ready third', 'process-start fourth', 'running',
  ]);
  await life.signal('TERM');
  await life.ended();
});

prove('It runs when every process is started and every ready check, the last one too, has succeeded.', async start => {
  const file = 'go';
  const life = await start({
    sync: [service('server'), service('registrar', [], { ready: ['/bin/sh', '-c', 'echo "0 check asked" >>"$EVENTS"; test -e "$EVENTS.$0"', file] })],
  });
  await life.event('check', 'asked', 2);
  assert.equal(life.state()!.phase, 'starting');
  assert.deepEqual(life.linesLike({ event: 'running' }), []);
  assert.notEqual((await life.probe('ready').ended).status, 0);
  writeFileSync(join(life.directory, `events.${file}`), '');
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready').ended).status, 0);
  await life.signal('TERM');
  await life.ended();
});

prove('A ready check that fails is asked again, but not more often than about every second.', async start => {
  const life = await start({ sync: [service('server', ['up=1.5'], { ready: check('server') })] });
  await life.line({ event: 'ready', process: 'server' });
  const asked = life.eventsLike('server', 'asked');
  assert.ok(asked.length >= 2 && asked.length <= 4, `asked ${asked.length} times in 1.5 s`);
  await life.signal('TERM');
  await life.ended();
});

prove('A ready check that takes its time to fail is asked again a second after it has failed, and the log tells when it succeeded.', async start => {
  const go = 'go';
  const slow = ['sh', '-c', 'read -r at rest </proc/uptime; echo "$at check asked" >>"$EVENTS"; sleep 0.8; test -e "$EVENTS.$0"', go];
  const life = await start({ sync: [service('server', [], { ready: slow })] });
  const [first, second] = [await life.event('check', 'asked'), await life.event('check', 'asked', 2)];
  assertSeconds(second.at - first.at, 1.8, 6, 'from one to the next');
  writeFileSync(join(life.directory, `events.${go}`), '');
  const ready = await life.line({ event: 'ready' });
  const asked = life.eventsLike('check', 'asked').at(-1)!;
  assertSeconds(Number(ready.t) - Number(life.linesLike({ event: 'process-start' })[0].t) - (asked.at - first.at), 0.7, 6, 'the last check');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A process that cannot be started, at the limit of processes, is tried again, from the first moment on, and a stop is a stop.', async start => {
  const life = await start({
    prepare: directory => {
      mkdirSync(join(directory, 'bin'));
      // The limit is reached when the state has been written, before anything is started.
      writeFileSync(join(directory, 'bin/mv'), `#!/bin/sh\n${find('mv')} "$@"\ncase $* in *state.new*) prlimit --pid $PPID --nproc=1: ;; esac\n`, { mode: 0o755 });
    },
    path: `@/bin:${process.env.PATH}`,
    processes: 1000,
    foreign: /fork|prlimit/,
    sync: [service('server', [], { restart: 'always' })],
  });
  await life.line({ event: 'error', process: 'server', reason: 'cannot fork' }, 2);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.deepEqual(life.linesLike({ event: 'process-start' }), []);
}, { lacking: NO_LIMITS, except: { ...NO_FORK, 'busybox-ash': 'It has a mv of its own, so the moment cannot be chosen.' } });

prove('A ready check that cannot be started, at the limit of processes, is one that fails, and the process itself is left alone.', async start => {
  const life = await start({
    processes: 2,
    checkTimeout: 1,
    foreign: /fork/,
    sync: [{ name: 'server', command: ['sleep', '1000'], ready: ['true'], startTimeout: 3 }],
  });
  assert.equal((await life.ended()).status, 70);
  assert.match(life.terminationLog(), /process server was not ready within 3 s/);
  assert.equal((await life.line({ event: 'exit', process: 'server' })).status, '143');
}, { lacking: NO_LIMITS, except: NO_FORK });

prove('A process that is not ready within its start timeout stops all that was started, in reverse order, and the status is 70.', async start => {
  const life = await start({ sync: [service('first'), service('second', [], { ready: check('second'), startTimeout: 2 }), service('third')] });
  assert.equal((await life.ended()).status, 70);
  assertOrder(life, 'second got TERM', 'second ended', 'first got TERM', 'first ended');
  const begun = Number(life.linesLike({ event: 'process-start', process: 'second' })[0].t);
  const stopped = Number(life.linesLike({ event: 'stop' })[0].t);
  assertSeconds(stopped - begun, 2, 4, 'the start timeout');
  assert.match(life.terminationLog(), /process second was not ready within 2 s/);
});

prove('The time of a start timeout begins with its process, not with the container.', async start => {
  const life = await start({
    sync: [
      service('first', ['up=1.5'], { ready: check('first'), startTimeout: 3 }),
      service('second', ['up=2'], { ready: check('second'), startTimeout: 4 }),
    ],
  });
  await life.line({ event: 'running' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A ready check that hangs is ended at its own timeout, and asked again.', async start => {
  const life = await start({ checkTimeout: 1, sync: [service('server', [], { ready: check('server', '', ['hang']) })] });
  const first = await life.event('server', 'asked');
  const second = await life.event('server', 'asked', 2);
  assertSeconds(second.at - first.at, 1, 4, 'the check timeout');
  assert.equal(life.alive().filter(process => process.endsWith('sleep 1000') && !process.includes('Z')).length <= 2, true, 'the first check is gone');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A ready check that hangs does not outlast the start timeout.', async start => {
  const life = await start({ checkTimeout: 30, sync: [service('server', [], { ready: check('server', '', ['hang']), startTimeout: 1 })] });
  assert.equal((await life.ended()).status, 70);
  assertSeconds(Number(life.linesLike({ event: 'stop' })[0].t), 1, 3, 'the start timeout');
});

prove('A process that ends while its ready check is asked or hangs ends the container, and nothing else is started.', start => each([[], ['hang']], async words => {
  const life = await start({ checkTimeout: 30, sync: [service('server', ['die=0.5', 'status=3'], { ready: check('server', '', words) }), service('registrar')] });
  assert.equal((await life.ended()).status, 3);
  assertSeconds(Number(life.linesLike({ event: 'end' })[0].t), 0.5, 15, 'its end');
  assert.deepEqual(life.eventsLike('registrar', 'started'), []);
}));

prove('A process that was started before ends the container too while another one is not ready yet.', async start => {
  const life = await start({ sync: [service('server', ['die=0.5', 'status=4']), service('registrar', [], { ready: check('registrar') })] });
  assert.equal((await life.ended()).status, 4);
  assertOrder(life, 'server ended', 'registrar got TERM', 'registrar ended');
});

prove('A command that does not exist ends the container with 127, one that cannot be run with 126.', start => each([
  ['/no/such/program', 127], ['/etc', 126],
] as const, async ([program, status]) => {
  const life = await start({ sync: [{ name: 'server', command: [program] }], foreign: /^/ }); // an env tells of it in two parts, and the log may come between
  assert.equal((await life.ended()).status, status);
}));

prove('Its first act is to replace the state of a container before it.', async start => {
  const file = 'go';
  const life = await start({
    prepare: directory => writeFileSync(join(directory, 'run/state'), '1 1 sync running 0\n'),
    sync: [service('server', [], { ready: check('server', file) })],
  });
  await life.event('server', 'started');
  assert.equal(life.state()!.phase, 'starting');
  assert.notEqual(life.state()!.since, '1');
  await life.signal('TERM');
  await life.ended();
});

prove('The state file holds the pid, the start time, the role, the state and its deadline.', async start => {
  const go = 'go';
  const life = await start({
    pod: 'ocr-5',
    split: 'count:2',
    async: [
      service('first', ['after=1'], { ready: check('first', '/'), startTimeout: 100, stopDelay: 7, stopTimeout: 20 }),
      service('second', [], { ready: ['/bin/sh', '-c', 'test -e "$EVENTS.$0"', go], startTimeout: 200, stopDelay: 3, stopTimeout: 40 }),
    ],
  });
  const uptime = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const near = (seconds: number) => life.state()!.until - uptime() - seconds;
  await life.event('first', 'started');
  const { pid, since, role, phase } = life.state()!;
  const stat = readFileSync(`/proc/${life.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  assert.deepEqual({ pid, since, role, phase }, { pid: NAMESPACE ? '1' : `${life.pid}`, since: stat[19], role: 'async', phase: 'starting' });
  assert.ok(near(300) > 0 && near(300) < 30, `the deadline of a start is all start timeouts and a margin: ${near(300)}`);
  writeFileSync(join(life.directory, `events.${go}`), '');
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  await life.signal('TERM');
  await life.line({ event: 'stop' });
  await life.poll('its state', () => life.state()?.phase === 'stopping');
  assert.equal(life.state()!.since, since);
  assert.ok(near(70) > 0 && near(70) < 30, `the deadline of a stop is all delays and stop timeouts and a margin: ${near(70)}`);
});

prove('A state that cannot be written is told, and everything else goes on.', async start => {
  const life = await start({ sync: [service('server', [], { ready: check('server') })], foreign: /state\.new/ });
  await life.event('server', 'started');
  mkdirSync(join(life.directory, 'run/state.new'));
  writeFileSync(join(life.directory, 'events.server'), '');
  await life.line({ event: 'running' });
  assert.deepEqual(life.linesLike({ event: 'error' }).map(line => line.reason), [`cannot write ${life.directory}/run/state`]);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('The state file is replaced as a whole: who has it open reads the old state to the end.', async start => {
  const life = await start({ sync: [service('server', [], { ready: check('server') })] });
  await life.event('server', 'started');
  const file = openSync(join(life.directory, 'run/state'), 'r');
  writeFileSync(join(life.directory, 'events.server'), '');
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.match(readFileSync(file, 'utf8'), /^\d+ \d+ sync starting \d+ ?\n$/);
  closeSync(file);
  await life.signal('TERM');
  await life.ended();
});

prove('It runs a copy of the script, and probes run the copy: the mounted script may change under it.', async start => {
  const life = await start({ sync: [service('server', ['up=0.3'], { ready: check('server') }), service('registrar')] });
  await life.event('server', 'started');
  assert.equal(readFileSync(join(life.directory, 'run/entrypoint.sh'), 'utf8'), readFileSync(life.life.script ?? SCRIPT, 'utf8'));
  writeFileSync(join(life.directory, 'script/entrypoint.sh'), 'exit 1\n'.repeat(10_000));
  await life.line({ event: 'running' });
  assert.equal((await life.probe('ready').ended).status, 0);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
});

prove('The copy replaces one of a container before it as a whole: who has it open reads the old one to the end.', async start => {
  const old = '# an older script\n'.repeat(10_000);
  let file = 0;
  const life = await start({
    prepare: directory => {
      writeFileSync(join(directory, 'run/entrypoint.sh'), old);
      file = openSync(join(directory, 'run/entrypoint.sh'), 'r');
    },
    sync: [service('server')],
  });
  await life.event('server', 'started');
  assert.equal(readFileSync(file, 'utf8'), old);
  closeSync(file);
  assert.equal(readFileSync(join(life.directory, 'run/entrypoint.sh'), 'utf8'), readFileSync(life.life.script ?? SCRIPT, 'utf8'));
  await life.signal('TERM');
  await life.ended();
});

/** What can be missing before its copy runs, by a command that takes it away in its namespace, and the sentence that tells of it. */
const MISSING_AT_START: Record<string, { without: Partial<Life>; sentence: RegExp }> = {
  ...Object.fromEntries(['cat', 'mv', 'sleep'].map(program => [program, {
    without: {
      prepare: (directory: string) => {
        mkdirSync(join(directory, 'bin'));
        for (const other of ['cat', 'mv', 'sleep']) if (other !== program) symlinkSync(find(other)!, join(directory, 'bin', other));
      },
      path: '@/bin:$PATH',
    },
    sentence: new RegExp(`^${program} cannot be found in PATH \\(.*/bin:\\$PATH\\)$`, 'm'),
  }])),
  'the run directory': { without: { prepare: directory => rmdirSync(join(directory, 'run')) }, sentence: /^'dir' \(.*\/run\) is not a directory$/m },
  'the right to write to it': {
    without: { under: ['/bin/sh', '-c', 'mount -t tmpfs -o ro none "$0" && exec "$@"', '@/run'], foreign: /./ },
    sentence: /^'dir' \(.*\/run\) cannot be written to: it is read-only, belongs to another user, or is full$/m,
  },
  'room in it': {
    without: { under: ['/bin/sh', '-c', 'mount -t tmpfs -o size=8k none "$0" && exec "$@"', '@/run'], foreign: /./ },
    sentence: /^cat could not copy .*\/script\/entrypoint.sh into 'dir' \(.*\/run\), which may be full$/m,
  },
  'a file that can be replaced in it': {
    without: { prepare: directory => mkdirSync(join(directory, 'run/entrypoint.sh/entrypoint.new'), { recursive: true }), foreign: /./ },
    sentence: /^mv could not give the copy its name in 'dir' \(.*\/run\)$/m,
  },
  'a file in it that can be read': {
    without: { prepare: directory => mkdirSync(join(directory, 'run/entrypoint.sh')), foreign: /./ },
    sentence: /^the copy in 'dir' \(.*\/run\) could not be read$/m,
  },
  '/proc': {
    without: { under: ['/bin/sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'] },
    sentence: /^\/proc is not mounted, or cannot be read$/m,
  },
};

for (const [missing, { without, sentence }] of Object.entries(MISSING_AT_START)) {
  prove(`Without ${missing}, nothing is started: the last words say so, and the status is 64.`, async (start, shell) => {
    // A word of a command is not an argument of the script.
    const life = await start({ ...without, sync: [service('server', ['words', 'termination-log=/dev/null'])] });
    // busybox ash may run the programs of its own binary, whatever PATH says.
    const own = without.path && spawnSync(shell.program!, ['-c', `command -v ${missing}`], { argv0: shell.calledAs, env: { PATH: '/nowhere' } }).status === 0;
    if (own) {
      await life.line({ event: 'running' });
      return;
    }
    assert.equal((await life.ended()).status, 64);
    assert.match(life.terminationLog(), sentence);
    assert.ok(Number(life.lines.at(-1)!.t) < 20, 'seconds since it began');
    assert.deepEqual(life.eventsLike('server', 'started'), []);
  }, { lacking: NO_NAMESPACE });
}

prove('Options that a shell takes from its environment change nothing.', async start => {
  const life = await start({ env: { SHELLOPTS: 'allexport:errexit:noclobber:noglob:nounset' }, sync: [service('server', ['up=0.1'], { ready: check('server') })] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready', { sync: [['true'], ['true']] }).ended).status, 0);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A script that is named is copied too; one that is not there ends it with 64.', start => each([true, false], async there => {
  const life = await start({
    copy: 'other.sh',
    prepare: directory => there && writeFileSync(join(directory, 'script/other.sh'), 'exit 7\n'),
    sync: [{ name: 'other', command: ['/bin/sh', '-c', 'exec /bin/sh "${EVENTS%/events}/run/other.sh"'] }],
    foreign: /other\.sh/,
  });
  assert.equal((await life.ended()).status, there ? 7 : 64);
  if (!there) assert.match(life.terminationLog(), /\/script\/other\.sh is missing: the ConfigMap that is mounted there does not hold it$/m);
}));
