import assert from 'node:assert/strict';
import { service } from './harness';
import { assertOrder, each, prove } from './prove';

/** Names of a Deployment's pods, the last of which ends in digits by chance, and what else may be there. */
const NAMES = ['ocr-sync-5d4f8c9b7-x7k2p', 'ocr-sync-6b7d9c5f48-24567', 'ocr', '', null];

/** Writes down what it sees of the variables that tell of the pod, under its own name. */
const SEEN = ['/bin/sh', '-c', 'echo "0 $0 role=${SYNC_ASYNC_ROLE-} ordinal=${POD_ORDINAL-none} sync=${SYNC_INSTANCE-none}" >>"$EVENTS"'];
const seen = (name: string) => [...SEEN, name];

prove('Where the role is fixed a pod has it, whatever its name ends in, and no ordinal.', start => each(NAMES.flatMap(pod => ['sync', 'async'].map(role => ({ pod, role }))), async ({ pod, role }) => {
  const life = await start({ pod, split: `fixed:${role}`, sync: [service('server')], async: [service('worker')] });
  await life.event(role === 'sync' ? 'server' : 'worker', 'started');
  await life.line({ event: 'running' });
  const { t, logger, event, ...fields } = await life.line({ event: 'start' });
  assert.deepEqual(fields, { role, split: `fixed:${role}` });
  assert.equal(life.linesLike({ event: 'process-start' }).length, 1);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
}));

prove('Processes, the checks of their start and those of probes see the fixed role, and neither an ordinal nor a number, also where somebody else has set them.', async start => {
  const life = await start({
    pod: 'ocr-sync-6b7d9c5f48-24567',
    split: 'fixed:sync',
    env: { POD_ORDINAL: '3', SYNC_INSTANCE: '4', SYNC_ASYNC_ROLE: 'async' },
    shared: [service('model', [], { ready: seen('shared') })],
    sync: [service('server', [], { ready: seen('check') }), { name: 'registrar', command: ['/bin/sh', '-c', `${SEEN[2]}; exec sleep 1000`, 'process'] }],
  });
  await life.line({ event: 'running' });
  await life.event('process', '');
  await life.poll('its state', () => life.state()?.phase === 'running');
  for (const mode of ['ready', 'alive'] as const) {
    const checks = { shared: [seen(`${mode}-shared`)], sync: [seen(`${mode}-first`), seen(`${mode}-last`)] };
    assert.equal((await life.probe(mode, checks, 60).ended).status, 0);
  }
  const own = 'role=sync ordinal=none sync=none';
  for (const name of ['check', 'process', 'ready-first', 'ready-last', 'alive-first', 'alive-last']) assert.equal((await life.event(name, '')).what, own, name);
  for (const name of ['shared', 'ready-shared', 'alive-shared']) assert.equal((await life.event(name, '')).what, 'role= ordinal=none sync=none', name);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('A fixed role is never left, whatever number lies where others look for one; it stops in order.', async start => {
  const life = await start({
    split: 'fixed:sync', value: '1', settle: 0, shared: [service('model')], sync: [service('server'), service('registrar')], async: [service('worker')],
  });
  await life.line({ event: 'running' });
  for (const name of ['model', 'server', 'registrar']) await life.event(name, 'started');
  life.putValue('0');
  await life.looked();
  assert.deepEqual(life.linesLike({ event: 'move' }), []);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended', 'model got TERM', 'model ended');
});

prove('A fixed role that is none, or that has no process, is refused with status 64 and a message that names it.', start => each([
  { split: 'fixed:other', sync: [service('server')], named: "'split' (fixed:other) must be" },
  { split: 'fixed:', sync: [service('server')], named: "'split' (fixed:) must be" },
  { split: 'fixed', sync: [service('server')], named: "'split' (fixed) must be" },
  { split: 'fixed:async', sync: [service('server')], named: 'role async' },
], async ({ named, ...life }) => {
  const refused = await start(life);
  assert.equal((await refused.ended()).status, 64);
  assert.ok(refused.terminationLog().includes(named), refused.terminationLog());
  assert.deepEqual(refused.linesLike({ event: 'process-start' }), []);
}));
