import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, Entrypoint, service } from './harness';
import { assertSeconds, each, prove } from './prove';
import { find } from '../../util/shells';

/** A check that succeeds or fails at once. */
const GOOD = ['sh', '-c', 'echo fine'];
const BAD = ['sh', '-c', 'echo broken; exit 7'];

/** Writes another state file, as a container before this one could have left it, or as time could make it. */
function writeState(life: Entrypoint, changes: Partial<{ since: string; phase: string; until: number }>): void {
  const { pid, since, role, phase, until } = { ...life.state()!, ...changes };
  writeFileSync(join(life.directory, 'run/state'), `${pid} ${since} ${role} ${phase} ${until}\n`);
}

const uptime = () => Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));

prove('Ready is what runs and whose checks all succeed; alive is what runs and whose checks all succeed, or what has none.', async start => {
  const life = await start({ limit: 90, sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  for (const mode of ['ready', 'alive'] as const) {
    const status = async (...checks: string[][]) => (await life.probe(mode, { sync: checks, async: [] }).ended).status;
    assert.equal(await status(), 0);
    assert.equal(await status(GOOD), 0);
    assert.equal(await status(GOOD, GOOD, GOOD), 0);
    assert.notEqual(await status(BAD), 0);
    assert.notEqual(await status(BAD, GOOD), 0);
    assert.notEqual(await status(GOOD, BAD), 0);
    assert.notEqual(await status(GOOD, BAD, GOOD), 0);
  }
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal(life.terminationLog(), 'stopped by TERM\n');
});

prove('A probe asks the checks of the role that this pod has.', start => each([['ocr-0', 'sync'], ['ocr-1', 'async']], async ([pod, role]) => {
  const life = await start({ pod, split: 'count:1', sync: [service('server')], async: [service('worker')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  const checks = { sync: [['echo', 'sync']], async: [['echo', 'async']] };
  assert.equal((await life.probe('ready', checks).ended).output, `${role}\n`);
  assert.equal((await life.probe('alive', checks).ended).output, `${role}\n`);
}));

prove('The last check takes the place of the probe: it is the same process, and nobody else holds its output open.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  for (const mode of ['ready', 'alive'] as const) {
    const script = join(life.directory, 'run/entrypoint.sh');
    const last = ['sh', '-c', 'echo "check $$"; exec sleep 1000'];
    const probe = life.exec(['/bin/sh', '-c', 'echo "probe $$"; exec "$@"', 'sh',
      life.shellPath, script, mode, `dir=${life.directory}/run`, 'check-timeout=5', 'role=sync', 'check=3', ...GOOD, `check=${last.length}`, ...last]);
    await life.poll('the last check', () => /check \d+/.test(probe.output));
    const [, pid] = /probe (\d+)/.exec(probe.output)!;
    assert.equal(/check (\d+)/.exec(probe.output)![1], pid);
    // What a container runtime does after the timeout. Its output has to be closed then.
    await life.exec(['/bin/sh', '-c', 'kill -s KILL "$0"', pid]).ended;
    await probe.ended;
  }
});

prove('A check before the last one that hangs is ended a second before the timeout of the probe, and fails it.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  for (const mode of ['ready', 'alive'] as const) {
    const hang = ['sh', '-c', 'echo "0 hang $$" >>"$EVENTS"; exec sleep 1000'];
    const { status, seconds } = await life.probe(mode, { sync: [hang, GOOD] }, 3).ended;
    assert.notEqual(status, 0);
    assertSeconds(seconds, 1.9, 8, 'the probe');
  }
  const hung = life.eventsLike('hang', '').map(event => event.what);
  assert.equal(hung.length, 2);
  // One sleep is the service's own.
  assert.equal(life.alive().filter(process => / S sleep 1000$/.test(process)).length, 1);
});

prove('A check that has ended is noticed at once: a probe does not sleep on.', async start => {
  const life = await start({
    prepare: directory => {
      mkdirSync(join(directory, 'bin'));
      // Whoever sleeps on sleeps for ever. (A busybox may prefer a sleep of its own.)
      writeFileSync(join(directory, 'bin/sleep'), `#!/bin/sh\n[ "$1" = 0 ] || set -- 1000\nexec ${find('sleep')} "$1"\n`, { mode: 0o755 });
    },
    path: `@/bin:${process.env.PATH}`,
    sync: [service('server')],
  });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready', { sync: [GOOD, GOOD] }, 60).ended).status, 0);
});

prove('Before the script begins it is alive and not ready.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  rmSync(join(life.directory, 'run/entrypoint.sh'));
  assert.notEqual((await life.probe('ready').ended).status, 0);
  assert.equal((await life.probe('alive', { sync: [BAD] }).ended).status, 0);
});

prove('Without a state it is alive and not ready.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  rmSync(join(life.directory, 'run/state'));
  assert.notEqual((await life.probe('ready').ended).status, 0);
  assert.equal((await life.probe('alive', { sync: [BAD] }).ended).status, 0);
});

prove('The state of a container before this one, by the start time of its PID 1, is taken for none.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready').ended).status, 0);
  for (const state of [{ phase: 'running' }, { phase: 'stopping', until: 0 }]) {
    writeState(life, { ...state, since: '17' });
    assert.notEqual((await life.probe('ready').ended).status, 0);
    assert.equal((await life.probe('alive', { sync: [BAD] }).ended).status, 0);
  }
});

prove('A state of a process that is gone is taken for none.', async start => {
  const life = await start({ sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  const { since } = life.state()!;
  writeFileSync(join(life.directory, 'run/state'), `99999 ${since} sync running 0\n`);
  assert.notEqual((await life.probe('ready').ended).status, 0);
  assert.equal((await life.probe('alive', { sync: [BAD] }).ended).status, 0);
});

prove('While it starts or stops it is not ready, and alive until its deadline, whatever its checks say; past the deadline it is not.', async start => {
  const life = await start({ limit: 90, sync: [service('server', [], { ready: check('server') })] });
  await life.event('server', 'started');
  await life.poll('its state', () => life.state()?.phase === 'starting');
  for (const phase of ['starting', 'stopping']) {
    for (const [until, alive] of [[uptime() + 100, true], [uptime() - 2, false], [0, false]] as const) {
      writeState(life, { phase, until });
      assert.notEqual((await life.probe('ready', { sync: [GOOD] }).ended).status, 0);
      const { status, output } = await life.probe('alive', { sync: [BAD] }).ended;
      assert.equal(status === 0, alive, `${phase} until ${until}: ${output}`);
      if (!alive) assert.match(output, new RegExp(phase));
    }
  }
});

prove('A probe says why it fails, and leaves the termination log and the state alone.', async start => {
  const life = await start({ sync: [service('server', [], { ready: check('server') })] });
  await life.event('server', 'started');
  const state = life.state();
  assert.match((await life.probe('ready').ended).output, /starting/);
  const wrong = life.exec([life.shellPath, join(life.directory, 'run/entrypoint.sh'), 'ready', `dir=${life.directory}/run`, 'nonsense=1']);
  assert.notEqual((await wrong.ended).status, 0);
  writeFileSync(join(life.directory, 'events.server'), '');
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.match((await life.probe('ready', { sync: [BAD, GOOD] }).ended).output, /check 1 of 2/);
  assert.match((await life.probe('ready', { sync: [GOOD, BAD] }).ended).output, /broken/);
  assert.equal(life.terminationLog(), '');
  assert.equal(life.state()!.since, state!.since);
});

prove('Probes work as well when PID 1 is another process.', async start => {
  const life = await start({ pid: 'other', sync: [service('server')] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready', { sync: [GOOD, GOOD] }).ended).status, 0);
  assert.notEqual((await life.probe('alive', { sync: [BAD, GOOD] }).ended).status, 0);
  writeState(life, { since: '17' });
  assert.notEqual((await life.probe('ready', { sync: [GOOD, GOOD] }).ended).status, 0);
});

prove('Every one of many probes with several checks hears how each of them ended.', async start => {
  const life = await start({ sync: [service('server')], limit: 120 });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  for (let round = 0; round < 15; round++) {
    const probes = await Promise.all(Array.from({ length: 4 }, () => life.probe('ready', { sync: [GOOD, GOOD, GOOD] }, 60).ended));
    assert.deepEqual(probes.map(({ status, output }) => `${status} ${output}`), probes.map(() => '0 fine\n'));
  }
  await life.signal('TERM');
  await life.ended();
});
