import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, Split, SplitMove, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { Construct } from 'constructs';
import { mainContainer, manifest, podSpec, rendered, small, SMALL } from './manifest';
import { ENTRYPOINT_SCRIPT } from '../src/private/entrypoint-script';

const SCRIPT = readFileSync(join(__dirname, '../src/entrypoint.sh'), 'utf8');

test('the constant is the script, byte by byte', () => {
  expect(ENTRYPOINT_SCRIPT).toBe(SCRIPT);
});

describe('the ConfigMap with the script', () => {
  const names = (chart: Chart, kind: string) => manifest(chart).filter(object => object.kind === kind).map(object => object.metadata.name);
  const scripts = (chart: Chart) => manifest(chart).filter(object => object.data?.['entrypoint.sh']);
  const mounted = (object: any) => object.spec.template.spec.volumes.find((volume: any) => volume.name === 'sync-async-script').configMap.name;
  const set = (scope: Construct, id: string, namespace?: string) =>
    new SyncAsyncStatefulSet(scope, id, { ...SMALL, ...namespace === undefined ? {} : { metadata: { namespace } } });

  test('holds it, byte by byte', () => {
    expect(rendered(small(), 'ConfigMap', 'script').data).toEqual({ 'entrypoint.sh': SCRIPT });
  });

  test('is one for all sets of a chart, however deep they are in it', () => {
    const chart = Testing.chart();
    const [ocr, asr] = [set(chart, 'ocr'), set(new Construct(chart, 'speech'), 'asr')];

    expect(asr.scriptConfigMap).toBe(ocr.scriptConfigMap);
    expect(ocr.scriptConfigMap.node.path).toBe('test/sync-async-script');
    expect(scripts(chart).map(object => object.metadata.name)).toEqual(['test-sync-async-script-c8daddb2']);
    expect(manifest(chart).filter(object => object.kind === 'StatefulSet').map(mounted)).toEqual(Array(2).fill('test-sync-async-script-c8daddb2'));
  });

  test('has the same name whichever sets there are, so that no other set is rolled out when one comes or goes', () => {
    const [one, two] = [['ocr', 'asr'], ['tts', 'asr']].map(ids => {
      const chart = Testing.chart();
      ids.forEach(id => set(chart, id));
      return chart;
    });

    expect(scripts(one)).toEqual(scripts(two));
  });

  test('comes before every StatefulSet', () => {
    const chart = Testing.chart();
    ['ocr', 'asr', 'tts'].forEach(id => set(chart, id));
    const kinds = manifest(chart).map(object => object.data?.['entrypoint.sh'] ? 'script' : object.kind);

    expect(kinds.indexOf('script')).toBeLessThan(kinds.indexOf('StatefulSet'));
  });

  test('is another one in another chart, also in one within the chart', () => {
    const app = Testing.app();
    const outer = new Chart(app, 'outer', { disableResourceNameHashes: true });
    const inner = new Chart(outer, 'inner', { disableResourceNameHashes: true });
    [outer, inner].forEach(chart => set(chart, 'ocr'));

    expect(names(outer, 'ConfigMap')).toContain('outer-sync-async-script');
    expect(names(inner, 'ConfigMap')).toContain('outer-inner-sync-async-script');
  });

  test('is one for each namespace, since a pod can mount none of another', () => {
    const chart = new Chart(Testing.app(), 'test', { namespace: 'vision', disableResourceNameHashes: true });
    [undefined, 'vision', 'speech', 'speech'].forEach((namespace, i) => set(chart, `s${i}`, namespace));

    expect(scripts(chart).map(({ metadata }) => [metadata.name, metadata.namespace])).toEqual([
      ['test-sync-async-script', 'vision'], ['test-sync-async-script-speech', 'speech'],
    ]);
    expect(manifest(chart).filter(object => object.kind === 'StatefulSet').map(mounted)).toEqual([
      'test-sync-async-script', 'test-sync-async-script', 'test-sync-async-script-speech', 'test-sync-async-script-speech',
    ]);
  });

  test('has labels of no one set, so that no set takes it along when it is selected or pruned by its own', () => {
    const chart = new Chart(Testing.app(), 'test', { labels: { team: 'vision' } });
    set(chart, 'ocr');

    expect(scripts(chart)[0].metadata.labels).toEqual({
      'app.kubernetes.io/name': 'cdk8s-sync-async', 'app.kubernetes.io/managed-by': 'cdk8s', 'team': 'vision',
    });
  });

  test('is not taken from another version of the library, nor from anybody else', () => {
    const chart = Testing.chart();
    new kplus.ConfigMap(chart, 'sync-async-script', { data: { 'entrypoint.sh': SCRIPT.replace('#', '##') } });

    expect(() => set(chart, 'ocr')).toThrow(new Error(
      '\'test/sync-async-script\' must be the ConfigMap with the entrypoint of this version of the library in order for the sets of a chart to share it. Give sets of another version a chart of their own.'));
  });
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

  test('tells what both roles share before it', () => {
    const { args } = mainContainer(small({ sharedProcesses: [{ name: 'model', command: ['load'] }], asyncRole: undefined }));

    expect(args.slice(6, 15)).toEqual([
      'role=shared', 'process=model', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=30', 'restart=never', 'command=1', 'load', 'role=sync',
    ]);
  });

  test.each([
    ['none', { split: undefined, asyncRole: undefined }],
    ['count:1', { split: Split.count(1, { move: SplitMove.ROLLOUT }) }],
    ['share:1/3', { split: Split.share(1, 3) }],
  ])('names no values and no time to settle for split=%s, which is never moved in place', (split, props) => {
    expect(mainContainer(small(props)).args.slice(0, 4)).toEqual(['run', 'dir=/run/sync-async', `split=${split}`, 'check-timeout=5']);
  });

  test('tells of a demand before the roles, and where it can be pinned', () => {
    expect(mainContainer(small({ split: Split.between(1, 3, { demand: ['ask', 'me'] }) })).args.slice(2, 12)).toEqual([
      'split=between:1/3', 'demand-period=15', 'demand-timeout=10', 'stabilization-window=300', 'demand=2', 'ask', 'me', 'values=/etc/sync-async/values', 'settle=10', 'check-timeout=5',
    ]);
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

  test('asks the ready checks of what both roles share before the role\'s own readiness', () => {
    const sharedProcesses = [{ name: 'model', command: ['load'], ready: Check.command(['loaded']) }];
    const checks = { readiness: Check.command(['curl', '-f', 'http://localhost/ready']) };

    expect(mainContainer(small({ sharedProcesses, asyncRole: { ...SMALL.asyncRole!, ...checks } })).readinessProbe.exec.command.slice(5)).toEqual([
      'role=shared', 'check=1', 'loaded', 'role=sync', 'check=2', 'probe', 'server', 'role=async', 'check=3', 'curl', '-f', 'http://localhost/ready',
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
