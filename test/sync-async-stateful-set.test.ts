import { createHash } from 'node:crypto';
import { ApiObject, Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, ForwardSignal, Gpu, Restart, Split, SplitMove, StopSignal, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { mainContainer, manifest, podSpec, rendered, small, SMALL, withoutScript } from './manifest';
import { ENTRYPOINT_SCRIPT } from '../src/private/entrypoint-script';

/** Everything at once. */
function big(chart: Chart): SyncAsyncStatefulSet {
  return new SyncAsyncStatefulSet(chart, 'ocr', {
    metadata: { name: 'ocr', namespace: 'vision', annotations: { owner: 'vision' } },
    podMetadata: { labels: { team: 'vision' }, annotations: { 'prometheus.io/scrape': 'true' } },
    image: 'registry.example.com/ocr:1.4.2',
    imagePullPolicy: kplus.ImagePullPolicy.ALWAYS,
    workingDir: '/app',
    replicas: 10,
    split: Split.share(4, 10),
    gpu: Gpu.mig('1g.5gb', 2, { runtimeClassName: 'nvidia', nodeSelector: { pool: 'gpu' } }),
    ports: [{ name: 'grpc', number: 50051 }, { name: 'metrics', number: 9090 }],
    envVariables: { LOG_LEVEL: kplus.EnvValue.fromValue('info') },
    envFrom: [kplus.Env.fromSecret(kplus.Secret.fromSecretName(chart, 'Credentials', 'credentials'))],
    volumeMounts: [{ path: '/models', readOnly: true, volume: kplus.Volume.fromHostPath(chart, 'Models', 'models', { path: '/srv/models' }) }],
    resources: { cpu: { request: kplus.Cpu.units(4) }, memory: { request: Size.gibibytes(16), limit: Size.gibibytes(16) } },
    sharedMemory: Size.gibibytes(2),
    lifecycle: { preStop: kplus.Handler.fromCommand(['sync']) },
    terminationGracePeriod: Duration.minutes(10),
    probes: { period: Duration.seconds(10), timeout: Duration.seconds(3), readinessFailures: 2, livenessFailures: 5 },
    syncRole: {
      processes: [
        {
          name: 'server',
          command: ['python', 'server.py'],
          ready: Check.command(['grpc_health_probe', '-addr=:50051']),
          startTimeout: Duration.minutes(20),
          stopDelay: Duration.seconds(5),
        },
        {
          name: 'registrar',
          command: ['python', 'register.py', '--address', '$(POD_NAME)'],
          ready: Check.command(['test', '-e', '/tmp/registered']),
          restart: Restart.ALWAYS,
          forwardSignals: [ForwardSignal.HUP],
        },
      ],
      liveness: Check.command(['grpc_health_probe', '-addr=:50051', '-service=liveness']),
    },
    asyncRole: {
      processes: [{ name: 'worker', command: ['celery', '-A', 'app', 'worker'], stopSignal: StopSignal.INT, stopTimeout: Duration.minutes(5) }],
      readiness: Check.command(['celery', '-A', 'app', 'inspect', 'ping']),
    },
    containerSecurityContext: { user: 1000 },
    securityContext: { fsGroup: 1000 },
    shareProcessNamespace: true,
    containers: [{ name: 'exporter', image: 'exporter:1' }],
    initContainers: [{ name: 'fetch', image: 'fetch:1', command: ['fetch'] }],
    serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'Account', 'ocr'),
    dockerRegistryAuth: kplus.Secret.fromSecretName(chart, 'Registry', 'registry'),
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['queue'] }],
    dns: { options: [{ name: 'ndots', value: '1' }] },
    strategy: kplus.StatefulSetUpdateStrategy.rollingUpdate({ partition: 4 }),
    podManagementPolicy: kplus.PodManagementPolicy.ORDERED_READY,
    minReady: Duration.seconds(10),
  });
}

test('the default child is the StatefulSet', () => {
  expect(small().node.defaultChild).toMatchObject({ kind: 'StatefulSet' });
  expect(ApiObject.of(small()).kind).toBe('StatefulSet');
});

test('the defaults', () => {
  const chart = Testing.chart();
  small({}, chart);

  expect(withoutScript(chart)).toMatchSnapshot();
});

test('everything at once', () => {
  const chart = Testing.chart();
  big(chart);

  expect(withoutScript(chart)).toMatchSnapshot();
});

test('ids, names and selectors stay as they are, because Kubernetes cannot change them', () => {
  const chart = Testing.chart();
  const set = small({ sharedMemory: Size.mebibytes(64) }, chart);

  expect(set.node.children.map(child => child.node.id)).toEqual([
    'Resource', 'Service', 'Values', 'ScriptVolume', 'ValuesVolume', 'RunVolume', 'TmpVolume', 'SharedMemoryVolume',
  ]);
  expect(chart.node.children.map(child => child.node.id)).toEqual(['ocr', 'sync-async-script']);
  expect(set.name).toBe('test-ocr-c8ea0272');
  expect(set.service.name).toBe('test-ocr-service-c8bc0842');
  expect(set.scriptConfigMap.name).toBe('test-sync-async-script-c8daddb2');
  expect(set.valuesConfigMap.name).toBe('test-ocr-values-c84c071d');
  expect(rendered(set).spec.selector).toEqual({ matchLabels: { 'cdk8s.io/metadata.addr': 'test-ocr-c814d370' } });
  expect(rendered(set, 'Service').spec.selector).toEqual({ 'cdk8s.io/metadata.addr': 'test-ocr-c814d370' });
  expect(podSpec(set).containers.map((container: any) => container.name)).toEqual(['main']);
  expect(podSpec(set).volumes.map((volume: any) => volume.name)).toEqual([
    'sync-async-script', 'sync-async-values', 'sync-async-run', 'sync-async-shm', 'sync-async-tmp',
  ]);
});

test('the manifest has the ConfigMaps and the Service before the StatefulSet, which needs them', () => {
  const chart = Testing.chart();
  small({}, chart);

  expect(manifest(chart).map(object => object.kind)).toEqual(['Service', 'ConfigMap', 'ConfigMap', 'StatefulSet']);
});

describe('the pod template', () => {
  const template = (props: Parameters<typeof small>[0]) => JSON.stringify(rendered(small(props)).spec.template);

  test('does not change with the number of replicas', () => {
    expect(template({ replicas: 30 })).toBe(template({ replicas: 3 }));
    expect(template({ replicas: undefined })).toBe(template({ replicas: 3 }));
  });

  test('does not change when an autoscaler comes', () => {
    const set = small({ replicas: undefined });
    set.markHasAutoscaler();

    expect(JSON.stringify(rendered(set).spec.template)).toBe(template({ replicas: 3 }));
  });

  test('does not change with a count that is moved in place', () => {
    expect(template({ split: Split.count(0) })).toBe(template({ split: Split.count(3) }));
  });

  test('changes with a count that is rolled out', () => {
    const [one, two] = [1, 2].map(sync => template({ split: Split.count(sync, { move: SplitMove.ROLLOUT }) }));

    expect(one).not.toBe(two);
  });

  test('changes with a share', () => {
    expect(template({ split: Split.share(1, 3) })).not.toBe(template({ split: Split.share(2, 3) }));
  });

  test('names the checksum of the script', () => {
    expect(rendered(small()).spec.template.metadata.annotations).toEqual({
      'cdk8s-sync-async/script-sha256': createHash('sha256').update(ENTRYPOINT_SCRIPT).digest('hex'),
    });
  });
});

describe('the values', () => {
  const values = (set: SyncAsyncStatefulSet) => rendered(set, 'ConfigMap', 'values').data;

  test('are the count and the replicas', () => {
    expect(values(small())).toEqual({ SYNC_INSTANCE: '1', INSTANCE: '3' });
    expect(values(small({ split: Split.count(0), replicas: 0 }))).toEqual({ SYNC_INSTANCE: '0', INSTANCE: '0' });
  });

  test('are one replica by default', () => {
    expect(values(small({ replicas: undefined }))).toEqual({ SYNC_INSTANCE: '1', INSTANCE: '1' });
  });

  test.each([
    ['a share', Split.share(1, 3)],
    ['a count that is rolled out', Split.count(1, { move: SplitMove.ROLLOUT })],
  ])('have no number of synchronous pods for %s, since changing it would do nothing', (_, split) => {
    expect(values(small({ split }))).toEqual({ INSTANCE: '3' });
  });

  test.each([
    ['a demand', Split.between(1, 3, { demand: ['ask'] })],
    ['the clock', Split.schedule([{ from: '08:00', to: '20:00', sync: 3 }], { otherwise: 1 })],
  ])('have no number of synchronous pods that follows %s, since it would pin it', (_, split) => {
    expect(values(small({ split }))).toEqual({ INSTANCE: '3' });
  });

  test('have no number of pods while an autoscaler owns it, and neither has the StatefulSet', () => {
    const set = small({ replicas: undefined });
    set.markHasAutoscaler();

    expect(values(set)).toEqual({ SYNC_INSTANCE: '1' });
    expect(rendered(set).spec).not.toHaveProperty('replicas');
  });

  test('may be empty', () => {
    const set = small({ replicas: undefined, split: Split.share(1, 2) });
    set.markHasAutoscaler();

    expect(values(set) ?? {}).toEqual({});
  });
});

describe('the environment', () => {
  const env = (props: Parameters<typeof small>[0] = {}) => mainContainer(small(props)).env;
  const fromValues = (key: string) => ({ name: key, valueFrom: { configMapKeyRef: { name: 'test-ocr-values-c84c071d', key, optional: true } } });
  const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

  test('names the pod, the replicas and the count, before what the user gives', () => {
    expect(env({ envVariables: { A: kplus.EnvValue.fromValue('$(POD_NAME)') } })).toEqual([
      podName, fromValues('INSTANCE'), fromValues('SYNC_INSTANCE'), { name: 'A', value: '$(POD_NAME)' },
    ]);
  });

  test('leaves out what is undefined', () => {
    expect(env({ envVariables: { A: undefined as any, INSTANCE: undefined as any } })).toEqual(env());
  });

  test('has no count where there is none', () => {
    expect(env({ split: Split.share(1, 3) })).toEqual([podName, fromValues('INSTANCE')]);
    expect(env({ split: undefined, asyncRole: undefined })).toEqual([podName, fromValues('INSTANCE')]);
    expect(env({ split: Split.between(1, 3, { demand: ['ask'] }) })).toEqual([podName, fromValues('INSTANCE')]);
  });

  test('has a count that is rolled out as it stands in the template', () => {
    expect(env({ split: Split.count(2, { move: SplitMove.ROLLOUT }) })).toEqual([podName, fromValues('INSTANCE'), { name: 'SYNC_INSTANCE', value: '2' }]);
  });

  test('can come from ConfigMaps and Secrets', () => {
    const secret = kplus.Secret.fromSecretName(Testing.chart(), 'S', 'secret');

    expect(mainContainer(small({ envFrom: [kplus.Env.fromSecret(secret)] })).envFrom).toEqual([{ secretRef: { name: 'secret' } }]);
  });
});

test('two sets can share the props they were made of', () => {
  const chart = Testing.chart();
  const volumeMounts = [{ path: '/models', volume: kplus.Volume.fromEmptyDir(chart, 'Models', 'models') }];
  const props = { ...SMALL, envVariables: { A: kplus.EnvValue.fromValue('a') }, envFrom: [], volumeMounts, ports: [{ number: 80 }] };
  const before = JSON.stringify([props.envVariables, props.envFrom, props.volumeMounts.length, props.ports]);
  const [one, two] = ['one', 'two'].map(id => new SyncAsyncStatefulSet(chart, id, props));
  one.mainContainer.env.addVariable('B', kplus.EnvValue.fromValue('b'));
  one.mainContainer.env.copyFrom(kplus.Env.fromConfigMap(one.valuesConfigMap));
  one.mainContainer.mount('/cache', kplus.Volume.fromEmptyDir(chart, 'Cache', 'cache'));

  expect(JSON.stringify([props.envVariables, props.envFrom, props.volumeMounts.length, props.ports])).toBe(before);
  expect(two.mainContainer.env.variables).not.toHaveProperty('B');
  expect(two.mainContainer.env.sources).toEqual([]);
  expect(two.mainContainer.mounts.map(mount => mount.path)).not.toContain('/cache');
});

test('a set does not change with the ports that it was made of', () => {
  const ports = [{ name: 'grpc', number: 50051 }];
  const set = small({ ports });
  ports[0].number = 1;

  expect(mainContainer(set).ports).toEqual([{ name: 'grpc', containerPort: 50051 }]);
});

describe('the container', () => {
  test('pulls its image only when it is not there, so that a restart needs no registry', () => {
    expect(mainContainer(small()).imagePullPolicy).toBe('IfNotPresent');
    expect(mainContainer(small({ imagePullPolicy: kplus.ImagePullPolicy.ALWAYS })).imagePullPolicy).toBe('Always');
  });

  test('can have shared memory', () => {
    const spec = podSpec(small({ sharedMemory: Size.gibibytes(1) }));

    expect(spec.volumes).toContainEqual({ name: 'sync-async-shm', emptyDir: { medium: 'Memory', sizeLimit: '1024Mi' } });
    expect(spec.containers[0].volumeMounts).toContainEqual({ name: 'sync-async-shm', mountPath: '/dev/shm' });
  });

  test.each([[Size.kibibytes(1500), '1.46484375'], [Size.mebibytes(0), '0']])('cannot have %p as shared memory', (sharedMemory, shown) => {
    expect(() => small({ sharedMemory })).toThrow(new Error(
      `'sharedMemory' (${shown} MiB) must be whole mebibytes in order to be the size of /dev/shm.`));
  });

  test('has one place for shared memory', () => {
    const set = small({ sharedMemory: Size.gibibytes(1) });
    set.mainContainer.mount('/dev/shm', kplus.Volume.fromEmptyDir(set, 'Mine', 'mine'));

    expect(() => Testing.synth(Chart.of(set))).toThrow('\'volumeMounts\' (/dev/shm) must be there only once');
  });

  test('can have a working directory and hooks', () => {
    const container = mainContainer(small({ workingDir: '/app', lifecycle: { postStart: kplus.Handler.fromCommand(['hello']) } }));

    expect(container.workingDir).toBe('/app');
    expect(container.lifecycle).toEqual({ postStart: { exec: { command: ['hello'] } } });
  });

  test('has the ports and no probe on them', () => {
    const container = mainContainer(small({ ports: [{ name: 'grpc', number: 50051 }] }));

    expect(container.ports).toEqual([{ name: 'grpc', containerPort: 50051 }]);
    expect([container.readinessProbe, container.livenessProbe].map(probe => Object.keys(probe).includes('exec'))).toEqual([true, true]);
  });
});

test('pods are created all at once, and updated from the highest ordinal', () => {
  expect(rendered(small()).spec).toMatchObject({ podManagementPolicy: 'Parallel', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } });
});

test('pods have the time that the slower role needs to stop', () => {
  expect(podSpec(small()).terminationGracePeriodSeconds).toBe(35);
});

test('the ConfigMaps and the Service are in the namespace of the StatefulSet', () => {
  const chart = Testing.chart();
  small({ metadata: { namespace: 'vision' } }, chart);

  expect(manifest(chart).map(object => object.metadata.namespace)).toEqual(['vision', 'vision', 'vision', 'vision']);
});

describe('the hosts of the synchronous pods', () => {
  const [pod, service] = ['test-ocr-c8ea0272', 'test-ocr-service-c8bc0842'];

  test('are stable names', () => {
    expect(small({ split: Split.count(2) }).syncHosts()).toEqual([`${pod}-0.${service}`, `${pod}-1.${service}`]);
    expect(small({ split: Split.share(1, 2) }).syncHosts()).toEqual([`${pod}-0.${service}`, `${pod}-2.${service}`]);
  });

  test('have the namespace if it is known', () => {
    expect(small({ metadata: { namespace: 'vision' } }).syncHosts()).toEqual([`${pod}-0.${service}.vision.svc`]);
  });

  test('are those that are always synchronous, where the number follows a demand', () => {
    expect(small({ split: Split.between(1, 3, { demand: ['ask'] }) }).syncHosts()).toEqual([`${pod}-0.${service}`]);
  });

  test('are all without a split', () => {
    expect(small({ split: undefined, asyncRole: undefined, replicas: 2 }).syncHosts()).toEqual([`${pod}-0.${service}`, `${pod}-1.${service}`]);
  });

  test('are known for a count with an autoscaler, and for no other split', () => {
    const [count, share] = [Split.count(2), Split.share(1, 2)].map(split => small({ split, replicas: undefined }));
    [count, share].forEach(set => set.markHasAutoscaler());

    expect(count.syncHosts()).toHaveLength(2);
    expect(() => share.syncHosts()).toThrow(new Error(
      '\'replicas\' (undefined) must be fixed in order to list the synchronous pods of a split that is no count.'));
  });
});
