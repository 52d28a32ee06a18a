import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Entrypoint, Life, Process, service } from './harness';
import { NO_FORK, NO_LIMITS } from './machine';
import { assertSeconds, each, prove, Start } from './prove';

/** A demand whose answers the proof writes: it does what is in the file beside the events, and tells that it was asked, by whom. */
const DEMAND = ['/bin/sh', '-c', 'read -r s r </proc/uptime; echo "$s demand asked role=$SYNC_ASYNC_ROLE number=${SYNC_INSTANCE-none} pid=$$" >>"$EVENTS"; . "${EVENTS%/*}/answer"'];

/** Pod 3 of pods that may be either from 2 to 5. */
const LIFE: Life = {
  pod: 'ocr-3',
  split: 'between:2/6',
  demand: DEMAND,
  settle: 0,
  limit: 60,
  shared: [service('model')],
  sync: [service('server')],
  async: [service('worker')],
};

const write = (directory: string, what: string) => {
  writeFileSync(join(directory, 'answer.new'), `${what}\n`);
  renameSync(join(directory, 'answer.new'), join(directory, 'answer'));
};
const answer = (life: Entrypoint, what: string) => write(life.directory, what);
const asked = (life: Entrypoint) => life.eventsLike('demand', 'asked');

/** Waits until it was asked once more than until now, twice, so that the first answer has been taken. */
const askedAgain = (life: Entrypoint) => life.event('demand', 'asked', asked(life).length + 2);

async function begin(start: Start, first: string, more: Life = {}): Promise<Entrypoint> {
  return start({ ...LIFE, prepare: directory => write(directory, first), ...more });
}

async function runs(life: Entrypoint, role: 'sync' | 'async', nth = 1): Promise<void> {
  await life.line({ event: 'running' }, nth);
  const name = role === 'sync' ? 'server' : 'worker';
  await life.event(name, 'started', life.linesLike({ event: 'process-start', process: name }).length);
  assert.equal(life.linesLike({ event: 'start' })[nth - 1].role, role);
}

async function stopped(life: Entrypoint): Promise<void> {
  await life.event('model', 'started');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
}

prove('The number that the demand prints decides, at the start and from then on.', async start => {
  const life = await begin(start, 'echo 4');
  await runs(life, 'sync');
  assert.match(asked(life)[0].what, /role= number=none/);
  answer(life, 'echo 3');
  await runs(life, 'async', 2);
  await askedAgain(life);
  assert.match(asked(life).at(-1)!.what, /role=async number=3/);
  answer(life, 'echo 4; echo 2; echo more');
  await runs(life, 'sync', 3);
  assert.deepEqual(life.linesLike({ event: 'move' }).map(line => [line.from, line.to, line.sync_instance, line.kind]), [['sync', 'async', '3', 'warm'], ['async', 'sync', '4', 'warm']]);
  assert.deepEqual(life.linesLike({ event: 'demand' }).map(line => line.sync_instance), ['4', '3', '4']);
  await stopped(life);
});

prove('Pods outside the two numbers have their role without asking; answers beyond them count as those.', start => each([
  ['ocr-1', 'echo 0', 'sync', false], ['ocr-6', 'echo 9', 'async', false], ['ocr-2', 'echo 0', 'async', true], ['ocr-2', 'echo -7', 'async', true], ['ocr-5', 'echo 999999', 'sync', true],
] as const, async ([pod, first, role, asks]) => {
  const life = await begin(start, first, { pod });
  await runs(life, role);
  await life.looked();
  assert.equal(asked(life).length > 0, asks, pod);
  assert.equal(life.linesLike({ event: 'start' })[0].sync_instance, asks ? { 'echo 0': '2', 'echo -7': '2', 'echo 999999': '6' }[first as 'echo 0'] : undefined);
  await stopped(life);
}));

/** What a demand can do wrong, and how the log calls it. */
const FAILURES: [string, string][] = [
  ['exit 1', 'ended with status 1'],
  ['echo 5; exit 1', 'ended with status 1'],
  ['true', 'the demand () must be'],
  ['echo NaN', 'the demand (NaN) must be'],
  ['echo 3.7', 'the demand (3.7) must be'],
  ['echo -1.5', 'the demand (-1.5) must be'],
  ['echo --1', 'the demand (--1) must be'],
  ['echo 05', 'the demand (05) must be'],
  ['echo 5 pods', 'the demand (5 pods) must be'],
  ['echo \'5" event="move\'', 'the demand (14 characters) must be'],
  ['exec cat /dev/zero', 'ended with status'],
  ['while :; do echo 55555555555555555555555555555555555555555555; done', 'ended with status'],
  ['exec sleep 1000', 'no answer within 2 s'],
  ['sleep 1000; echo 5', 'no answer within 2 s'],
  ['kill -9 $$', 'ended with status 137'],
];

prove('No answer changes nothing, and is told once; so is that there is one again.', start => each(FAILURES, async ([failure, reason]) => {
  const life = await begin(start, 'echo 3', { demandTiming: [1, 2, 0] });
  await runs(life, 'async');
  answer(life, failure);
  const told = await life.line({ event: 'refused' });
  assert.ok(told.reason.includes(reason), `${failure}: ${told.reason}`);
  await askedAgain(life);
  assert.equal(life.linesLike({ event: 'refused' }).length, 1, failure);
  assert.equal(life.linesLike({ event: 'move' }).length, 0, failure);
  answer(life, 'echo 3');
  await life.line({ event: 'demand' }, 2);
  assert.ok(!life.alive().some(line => line.includes('sleep 1000') && line.includes('/sh ')), failure);
  await stopped(life);
}));

prove('A hanging demand holds up nothing: no signal, no death, no stop.', async start => {
  const life = await begin(start, 'echo 3', { demandTiming: [1, 1000, 0], async: [service('worker', [], { restart: 'always' })] });
  await runs(life, 'async');
  answer(life, 'exec sleep 1003');
  await life.poll('one that hangs', () => life.alive().some(line => /sleep 1003/.test(line)));
  await life.hit('worker', 'KILL');
  await life.line({ event: 'process-start', process: 'worker' }, 2);
  await life.event('worker', 'started', 2);
  await stopped(life);
  assert.ok(Number(life.lines.at(-1)!.t) - Number(life.linesLike({ event: 'signal' })[0].t) < 5);
});

prove('What a demand leaves running is killed, and is no leftover of a process.', async start => {
  const life = await begin(start, 'sleep 1001 & echo 3');
  await runs(life, 'async');
  for (let time = 0; time < 3; time++) {
    await askedAgain(life);
    // One that cannot be told in the moment of its exec goes with the next.
    assert.ok(life.alive().filter(line => /sleep 1001/.test(line)).length <= 2);
  }
  answer(life, 'echo 3');
  await askedAgain(life);
  await life.poll('nothing left', () => !life.alive().some(line => /sleep 1001/.test(line)));
  await stopped(life);
  assert.equal(life.linesLike({ event: 'leftover' }).length, 0);
});

prove('More is followed at once, fewer when every answer in the window was lower, and then the highest of them.', async start => {
  const life = await begin(start, 'echo 6', { pod: 'ocr-2', demandTiming: [1, 5, 8] });
  await runs(life, 'sync');
  answer(life, 'echo 2');
  await askedAgain(life);
  answer(life, 'echo 4');
  await askedAgain(life);
  answer(life, 'echo 2');
  await life.line({ event: 'demand', sync_instance: '4' });
  const [six, four] = ['6', '4'].map(number => Number(life.linesLike({ event: 'demand', sync_instance: number })[0].t));
  assertSeconds(four - six, 8, 14, 'until the six is forgotten');
  await runs(life, 'async', 2);
  assert.equal(life.linesLike({ event: 'move' })[0].sync_instance, '2');
  const rises = Number(life.lines.at(-1)!.t);
  answer(life, 'echo 5');
  const more = await life.line({ event: 'demand', sync_instance: '5' });
  assertSeconds(Number(more.t) - rises, 0, 5, 'until more is followed');
  await runs(life, 'sync', 3);
  await stopped(life);
});

prove('A time without answers is no time of lower answers.', async start => {
  const life = await begin(start, 'echo 6', { demandTiming: [1, 5, 6] });
  await runs(life, 'sync');
  answer(life, 'exit 1');
  await life.line({ event: 'refused' });
  await life.passed(asked(life).at(-1)!.at + 8);
  answer(life, 'echo 2');
  const works = await life.line({ event: 'demand', answer: '2' });
  assert.equal(works.sync_instance, '6');
  const low = await life.line({ event: 'demand', sync_instance: '2' });
  assertSeconds(Number(low.t) - Number(works.t), 3.5, 12, 'until fewer is followed');
  await runs(life, 'async', 2);
  await stopped(life);
});

prove('SYNC_INSTANCE pins the number for as long as it is there, and nobody is asked; then it counts like an answer.', async start => {
  const life = await begin(start, 'echo 2', { demandTiming: [1, 5, 4] });
  await runs(life, 'async');
  life.putValue('4');
  await runs(life, 'sync', 2);
  await life.looked();
  const before = asked(life).length;
  await life.looked();
  assert.equal(asked(life).length, before);
  life.putValue(undefined);
  const again = await life.event('demand', 'asked', before + 1);
  await runs(life, 'async', 3);
  const moved = life.linesLike({ event: 'move' })[1];
  assert.equal(moved.sync_instance, '2');
  await life.event('worker', 'started', 2);
  assertSeconds(life.eventsLike('worker', 'started')[1].at - again.at, 2.5, 10, 'until the pin is forgotten');
  life.putValue('nonsense');
  await life.line({ event: 'refused' });
  const still = asked(life).length;
  await life.looked();
  assert.ok(asked(life).length <= still + 1, 'a person is in the middle of it');
  await stopped(life);
});

prove('It is asked once in a period.', async start => {
  const life = await begin(start, 'echo 3', { demandTiming: [4, 3, 0] });
  await runs(life, 'async');
  await life.event('demand', 'asked', 3);
  const [first, second, third] = asked(life).map(({ at }) => at);
  assertSeconds(second - first, 3.9, 8, 'between two times');
  assertSeconds(third - second, 3.9, 8, 'between two times');
  await stopped(life);
});

prove('A pin ends a demand that is being run, and what that has started: its answer would come too late.', async start => {
  const life = await begin(start, 'echo 2', { demandTiming: [1, 1000, 0], limit: 30 });
  await runs(life, 'async');
  const left = () => life.alive().filter(line => /sleep 100[45]/.test(line)).length;
  answer(life, 'sleep 1004 & sleep 1005; echo 5');
  await life.poll('one that hangs', () => left() === 2);
  life.putValue('2');
  await life.poll('nothing left of it', () => left() === 0);
  await life.poll('no zombie', () => !life.alive().some(line => /^\d+ Z/.test(line)));
  await life.looked();
  assert.equal(life.linesLike({ event: 'move' }).length, 0);
  await stopped(life);
});

prove('A demand that cannot be started, at the limit of processes, gives no answer.', async start => {
  const life = await begin(start, 'echo 3', { processes: 1000, foreign: /fork/ });
  await runs(life, 'async');
  life.allow(1);
  assert.equal((await life.line({ event: 'refused' })).reason, 'the demand could not be run: no fork');
  life.allow(1000);
  await life.line({ event: 'demand' }, 2);
  assert.equal(life.linesLike({ event: 'move' }).length, 0);
  await stopped(life);
}, { lacking: NO_LIMITS, except: NO_FORK });

prove('People may pin any number, in pods that ask nobody too, and at the start.', start => each([['ocr-1', '0', 'async'], ['ocr-7', '8', 'sync'], ['ocr-3', '2', 'async']] as const, async ([pod, value, role]) => {
  const life = await begin(start, 'echo 6', { pod, value });
  await runs(life, role);
  assert.equal(asked(life).length, 0);
  life.putValue(undefined);
  const otherwise = role === 'sync' ? 'async' : 'sync';
  await runs(life, otherwise, 2);
  await stopped(life);
}));

prove('A pin that is wrong at the start ends the container with 64.', async start => {
  const life = await begin(start, 'echo 6', { value: 'four' });
  assert.equal((await life.ended()).status, 64);
  assert.match(life.terminationLog(), /SYNC_INSTANCE \(four\) must be/);
});

prove('Without a first answer a pod is asynchronous; when its container starts again, it is what it was.', start => each([
  ['exit 1', '', 'async'], ['exec sleep 1000', '', 'async'], ['exit 1', '1 2 sync running 0 4', 'sync'], ['echo 2', '1 2 sync running 0 4', 'sync'], ['echo 4', '1 2 async running 0 2', 'sync'],
] as const, async ([first, state, role]) => {
  const life = await begin(start, first, {
    demandTiming: [1, 2, 1000],
    prepare: directory => {
      write(directory, first);
      if (state) writeFileSync(join(directory, 'run/state'), `${state}\n`);
    },
  });
  await runs(life, role);
  await stopped(life);
}));

prove('A demand that can never answer says so with 64, at the start; later that is no answer.', async start => {
  const life = await begin(start, 'exit 64');
  assert.equal((await life.ended()).status, 64);
  assert.match(life.terminationLog(), /the demand ended with status 64/);
  const other = await begin(start, 'echo 4');
  await runs(other, 'sync');
  answer(other, 'exit 64');
  await other.line({ event: 'refused' });
  await stopped(other);
});

prove('TERM while the first answer is waited for ends the container at once.', async start => {
  const life = await begin(start, 'exec sleep 1000', { demandTiming: [1, 1000, 0] });
  await life.event('demand', 'asked');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.linesLike({ event: 'process-start' }).length, 0);
});

prove('A cold move starts the container again in the role that it moved to, whatever is answered then.', async start => {
  const cold: { shared?: Process[] } = { shared: undefined };
  const life = await begin(start, 'echo 2', { ...cold, demandTiming: [1, 5, 1000] });
  await runs(life, 'async');
  answer(life, 'echo 4');
  assert.equal((await life.ended()).status, 0);
  assert.match(life.terminationLog(), /^moved from async to sync: SYNC_INSTANCE is 4$/m);
  const state = readFileSync(join(life.directory, 'run/state'), 'utf8');
  const next = await begin(start, 'echo 2', {
    ...cold,
    demandTiming: [1, 5, 1000],
    prepare: directory => {
      write(directory, 'echo 2');
      writeFileSync(join(directory, 'run/state'), state);
    },
  });
  await runs(next, 'sync');
  await next.signal('TERM');
  assert.equal((await next.ended()).status, 0);
});

prove('A bad split or no demand is refused.', start => each([
  { split: 'between:6/2' }, { split: 'between:2/2' }, { split: 'between:2' }, { split: 'between:a/b' }, { demand: undefined },
], async more => {
  const life = await begin(start, 'echo 3', more);
  assert.equal((await life.ended()).status, 64);
  assert.match(life.terminationLog(), /^'split' \(between:.*\) must be none, count, count:N, share:N\/M, fixed:sync, fixed:async, or between:MIN\/MAX with a demand$/m);
}));
