import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { check, service } from './harness';
import { NO_NAMESPACE } from './machine';
import { each, prove } from './prove';
import { find } from '../../util/shells';

prove('It needs sh, sleep, cat, mv and /proc, and no other program.', async start => {
  const life = await start({
    prepare: directory => {
      mkdirSync(join(directory, 'bin'));
      for (const program of ['sleep', 'cat', 'mv']) symlinkSync(find(program)!, join(directory, 'bin', program));
    },
    path: '@/bin',
    split: 'count',
    value: '1',
    settle: 0,
    sync: [
      { name: 'server', command: ['sleep', '1000'], ready: ['cat', '/proc/version'], forward: ['USR2'] },
      { name: 'registrar', command: ['sleep', '0'], restart: 'always', stopDelay: 1 },
    ],
    async: [{ name: 'worker', command: ['sleep', '1000'] }],
  });
  await life.line({ event: 'running' });
  await life.line({ event: 'process-start', process: 'registrar' }, 2);
  assert.equal((await life.probe('ready', { sync: [['cat', '/proc/version'], ['sleep', '0']] }).ended).status, 0);
  life.putValue('0');
  assert.equal((await life.ended()).status, 0);
  assert.match(life.terminationLog(), /moved from sync to async/);
});

prove('It keeps nothing but its copy, its state and small marks in its run directory, and needs no place for temporary files.', async start => {
  const life = await start({
    env: { TMPDIR: '/no/such/directory', HOME: '/no/such/directory' },
    sync: [service('server', ['up=0.1'], { ready: check('server') }), service('registrar')],
  });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  const others = readdirSync(join(life.directory, 'run')).filter(name => !/^(state|entrypoint\.sh|signals|born\.\d+)$/.test(name));
  assert.equal(others.join(), '');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

prove('Idle it wakes up every 5 s where a count is watched, every second under bash, which nothing tells of a death, and not at all elsewhere.', (start, shell) => each([
  'none', 'fixed:async', 'count',
], async split => {
  const life = await start({ split, value: '1', pid: '1', sync: [service('server'), service('registrar')], async: [service('worker')] });
  for (const name of split === 'fixed:async' ? ['worker'] : ['registrar', 'server']) await life.event(name, 'started');
  await life.poll('its state', () => life.state()?.phase === 'running');
  await life.looked();
  // Every wake-up of the entrypoint begins with a switch to it, and each program that it starts adds one or two; so does a busy machine.
  const switches = () => Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${life.pid}/status`, 'utf8'))![1]);
  const before = switches();
  await life.looked();
  await life.looked();
  const most = shell.name.startsWith('bash') ? 24 : split === 'count' ? 12 : 0;
  const count = switches() - before;
  assert.ok(count <= most, `${count} switches in 14 s`);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
}), { lacking: NO_NAMESPACE });
