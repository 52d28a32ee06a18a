import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { Check, Split, SplitMove } from 'cdk8s-sync-async';
import { mainContainer, podSpec, rendered, small, SMALL } from './manifest';
import { ENTRYPOINT_SCRIPT } from '../src/private/entrypoint-script';

const SCRIPT = readFileSync(join(__dirname, '../src/entrypoint.sh'), 'utf8');

test('the constant is the script, byte by byte', () => {
  expect(ENTRYPOINT_SCRIPT).toBe(SCRIPT);
});

test('the ConfigMap holds the script, byte by byte', () => {
  expect(rendered(small(), 'ConfigMap', 'script').data).toEqual({ 'entrypoint.sh': SCRIPT });
});

describe('the command line', () => {
  test('begins with the shell and the mounted script', () => {
    expect(mainContainer(small()).command).toEqual(['/bin/sh', '/etc/sync-async/script/entrypoint.sh']);
  });

  test('tells where to find things, and what both roles do', () => {
    expect(mainContainer(small()).args).toEqual([
      'run', 'dir=/run/sync-async', 'split=count', 'values=/etc/sync-async/values', 'settle=10', 'check-timeout=5',
      'role=sync',
      'process=server', 'start-timeout=600', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=30', 'restart=never',
      'ready=2', 'probe', 'server', 'command=1', 'serve',
      'role=async',
      'process=worker', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=30', 'restart=never', 'command=1', 'work',
    ]);
  });

  test.each([
    ['none', { split: undefined, asyncRole: undefined }],
    ['count:1', { split: Split.count(1, { move: SplitMove.ROLLOUT }) }],
    ['share:1/3', { split: Split.share(1, 3) }],
  ])('names no values and no time to settle for split=%s, which is never moved in place', (split, props) => {
    expect(mainContainer(small(props)).args.slice(0, 4)).toEqual(['run', 'dir=/run/sync-async', `split=${split}`, 'check-timeout=5']);
  });

  test('follows the timing of the probes', () => {
    const { args } = mainContainer(small({ probes: { period: Duration.seconds(20), timeout: Duration.seconds(7), readinessFailures: 2 } }));

    expect(args).toContain('settle=47');
    expect(args).toContain('check-timeout=7');
  });
});

describe('the readiness probe', () => {
  test('asks the checks of both roles', () => {
    const checks = { readiness: Check.command(['curl', '-f', 'http://localhost/ready']) };

    expect(mainContainer(small({ asyncRole: { ...SMALL.asyncRole!, ...checks } })).readinessProbe).toEqual({
      exec: {
        command: [
          '/bin/sh', '/run/sync-async/entrypoint.sh', 'ready', 'dir=/run/sync-async', 'check-timeout=5',
          'role=sync', 'check=2', 'probe', 'server',
          'role=async', 'check=3', 'curl', '-f', 'http://localhost/ready',
        ],
      },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 1,
    });
  });

  test('asks the ready check of every process', () => {
    const processes = ['one', 'two'].map(name => ({ name, command: ['x'], ready: Check.command(['is', name]) }));

    expect(mainContainer(small({ syncRole: { processes } })).readinessProbe.exec.command.slice(5)).toEqual([
      'role=sync', 'check=2', 'is', 'one', 'check=2', 'is', 'two', 'role=async',
    ]);
  });

  test('knows no role that is not there', () => {
    expect(mainContainer(small({ split: undefined, asyncRole: undefined })).readinessProbe.exec.command.slice(5)).toEqual([
      'role=sync', 'check=2', 'probe', 'server',
    ]);
  });
});

describe('the liveness probe', () => {
  test('is there without checks too, because it ends starts and stops that take too long', () => {
    expect(mainContainer(small()).livenessProbe).toEqual({
      exec: {
        command: [
          '/bin/sh', '-c', '[ ! -e "$0" ] || exec /bin/sh "$0" "$@"', '/run/sync-async/entrypoint.sh',
          'alive', 'dir=/run/sync-async', 'check-timeout=5', 'role=sync', 'role=async',
        ],
      },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
  });

  test('asks the liveness of a role, and not its ready checks', () => {
    const syncRole = { ...SMALL.syncRole!, liveness: Check.command(['probe', 'alive']) };

    expect(mainContainer(small({ syncRole })).livenessProbe.exec.command.slice(7)).toEqual(['role=sync', 'check=2', 'probe', 'alive', 'role=async']);
  });
});

test('both probes follow their timing', () => {
  const probes = { period: Duration.seconds(20), timeout: Duration.seconds(7), readinessFailures: 2, livenessFailures: 9 };
  const { readinessProbe, livenessProbe } = mainContainer(small({ probes }));

  expect(readinessProbe).toMatchObject({ periodSeconds: 20, timeoutSeconds: 7, failureThreshold: 2 });
  expect(livenessProbe).toMatchObject({ periodSeconds: 20, timeoutSeconds: 7, failureThreshold: 9 });
});

test('there is no startup probe, because the entrypoint has its own start timeouts', () => {
  expect(mainContainer(small({ ports: [{ number: 80 }] }))).not.toHaveProperty('startupProbe');
});

describe('the volumes', () => {
  const set = small();
  const { volumes, containers: [{ volumeMounts }] } = podSpec(set);

  test('are the script, the values as a directory, and a small directory in memory', () => {
    expect(volumes.slice(0, 3)).toEqual([
      { name: 'sync-async-script', configMap: { name: set.scriptConfigMap.name, defaultMode: 0o555 } },
      { name: 'sync-async-values', configMap: { name: set.valuesConfigMap.name, optional: true } },
      { name: 'sync-async-run', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
    ]);
    expect(volumeMounts.slice(0, 3)).toEqual([
      { name: 'sync-async-script', mountPath: '/etc/sync-async/script', readOnly: true },
      { name: 'sync-async-values', mountPath: '/etc/sync-async/values', readOnly: true },
      { name: 'sync-async-run', mountPath: '/run/sync-async' },
    ]);
  });

  test('are without the values where nothing is moved in place', () => {
    const names = podSpec(small({ split: Split.share(1, 3) })).volumes.map((volume: any) => volume.name);

    expect(names).toEqual(['sync-async-script', 'sync-async-run', 'sync-async-tmp']);
  });
});
