import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { check, service } from './harness';
import { assertOrder, assertSeconds, each, prove } from './prove';
import table from '../split-table.json';

const BOTH = { sync: [service('server', ['after=0.2']), service('registrar')], async: [service('worker')] };

const SHORT = [{ name: 'short', command: ['true'] }];

// The same table as for the library's own rule.
prove('Every ordinal has the role that the split gives it.', async start => {
  // One life after another: there are hundreds.
  for (const { split, from, roles } of table) {
    for (const [index, role] of [...roles].entries()) {
      const life = await start({ pod: `ocr-${from + index}`, split, sync: SHORT, async: SHORT });
      await life.ended();
      assert.equal(life.linesLike({ event: 'start' })[0].role, { s: 'sync', a: 'async' }[role], `${split}, ordinal ${from + index}`);
    }
  }
});

prove('When the count gives this ordinal the other role, the processes stop in order within 15 s, and the status is 0 with the move as its last words.', start => each([
  ['2\n', '1\n', 'sync', 'async', '1'],
  ['1', '2', 'async', 'sync', '2'],
  ['2', '0', 'sync', 'async', '0'],
], async ([before, after, from, to, count]) => {
  const life = await start({ pod: 'ocr-1', split: 'count', value: before, ...BOTH });
  const names = from === 'sync' ? ['registrar', 'server'] : ['worker'];
  for (const name of names) await life.event(name, 'started');
  await life.line({ event: 'running' });
  const begun = Number(life.lines.at(-1)!.t);
  life.putValue(after);
  const move = await life.line({ event: 'move' });
  assertSeconds(Number(move.t) - begun, 0, 15, 'until it is noticed');
  assert.deepEqual([move.from, move.to, move.sync_instance], [from, to, count]);
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, ...names.flatMap(name => [`${name} got TERM`, `${name} ended`]));
  assert.match(life.terminationLog(), new RegExp(`moved from ${from} to ${to}.*${count}`));
  for (const name of ['server', 'registrar', 'worker'].filter(other => !names.includes(other))) assert.deepEqual(life.eventsLike(name, 'started'), []);
}));

prove('In a move readiness fails first, and is given its time to be seen failing before the first process stops.', async start => {
  const life = await start({ pod: 'ocr-0', split: 'count', value: '1', settle: 8, ...BOTH, limit: 60 });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  life.putValue('0');
  const move = await life.line({ event: 'move' });
  assert.equal(life.state()!.phase, 'stopping');
  const [ready, alive] = await Promise.all([life.probe('ready').ended, life.probe('alive').ended]);
  assert.notEqual(ready.status, 0);
  assert.equal(alive.status, 0);
  const stopped = await life.line({ event: 'stop-signal', process: 'registrar' });
  assertSeconds(Number(stopped.t) - Number(move.t), 8, 14, 'the time to settle');
  assert.equal((await life.ended()).status, 0);
});

prove('TERM cuts short the time that readiness is given in a move; the stop goes on in order, once.', async start => {
  const life = await start({ pod: 'ocr-0', split: 'count', value: '1', settle: 25, ...BOTH });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  life.putValue('0');
  await life.line({ event: 'move' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
  assert.ok(Number(life.lines.at(-1)!.t) - Number((await life.line({ event: 'move' })).t) < 15);
});

prove('A process that ends in that time cuts it short too, and a fault gives the status.', async start => {
  const life = await start({
    pod: 'ocr-0',
    split: 'count',
    value: '1',
    settle: 25,
    sync: [service('server', ['stop=USR1', 'status=3']), service('registrar')],
    async: BOTH.async,
  });
  await life.event('registrar', 'started');
  await life.event('server', 'started');
  await life.line({ event: 'running' });
  life.putValue('0');
  await life.line({ event: 'move' });
  await life.hit('server', 'USR1');
  assert.equal((await life.ended()).status, 3);
  assertOrder(life, 'server got USR1', 'server ended', 'registrar got TERM', 'registrar ended');
  assert.ok(Number(life.lines.at(-1)!.t) - Number((await life.line({ event: 'move' })).t) < 15);
});

prove('A count that changes before everything runs moves the pod too, also while a check hangs, and starts nothing more.', async start => {
  const life = await start({
    pod: 'ocr-0',
    split: 'count',
    value: '1',
    checkTimeout: 100,
    sync: [service('server', [], { ready: check('server', '', ['hang']) }), service('registrar')],
    async: BOTH.async,
  });
  await life.event('server', 'asked');
  life.putValue('0');
  await life.line({ event: 'move' });
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'server got TERM', 'server ended');
  assert.deepEqual(life.eventsLike('registrar', 'started'), []);
});

prove('A new count that leaves the role changes nothing.', async start => {
  const life = await start({ pod: 'ocr-1', split: 'count', value: '2', ...BOTH });
  await life.line({ event: 'running' });
  for (const value of ['3\n', '999999', '2']) {
    life.putValue(value);
    await life.looked();
  }
  assert.deepEqual(life.linesLike({ event: 'move' }), []);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.linesLike({ event: 'refused' }).length, 0);
});

prove('A bad or missing count changes nothing and is told once; a good one afterwards counts again.', async start => {
  const life = await start({ pod: 'ocr-1', split: 'count', value: '2', ...BOTH, limit: 100 });
  await life.event('registrar', 'started');
  await life.line({ event: 'running' });
  for (const [index, value] of ['zero', undefined, '01', ''].entries()) {
    life.putValue(value);
    await life.line({ event: 'refused' }, index + 1);
  }
  await life.looked();
  await life.looked();
  assert.deepEqual(life.linesLike({ event: 'refused' }).map(line => /zero|missing|01|\(\)/.exec(line.reason)![0]), ['zero', 'missing', '01', '()']);
  assert.equal(life.state()!.phase, 'running');
  life.putValue('1');
  await life.line({ event: 'move' });
  assert.equal((await life.ended()).status, 0);
});

prove('A directory of values that is gone changes nothing.', async start => {
  const life = await start({ pod: 'ocr-1', split: 'count', value: '2', ...BOTH });
  await life.line({ event: 'running' });
  rmSync(join(life.directory, 'values'), { recursive: true });
  await life.line({ event: 'refused' });
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A split in the template reads no value, and none moves it.', start => each(['none', 'count:2', 'share:2/2'], async split => {
  const life = await start({ pod: 'ocr-1', split, value: 'nonsense', ...BOTH });
  await life.line({ event: 'running' });
  life.putValue('0');
  await life.passed((await life.event('registrar', 'started')).at + 11);
  assert.deepEqual(life.lines.map(line => line.event), ['start', 'process-start', 'process-start', 'running']);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
}));
