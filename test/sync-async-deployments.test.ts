import { createHash } from 'node:crypto';
import { ApiObject, Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, Gpu, QueueTrigger, RoleProps, Split, SyncAsyncDeployments, SyncAsyncDeploymentsProps } from 'cdk8s-sync-async';
import { manifest, rendered, small, SMALL, two, withoutScript } from './manifest';
import { ENTRYPOINT_SCRIPT } from '../src/private/entrypoint-script';

const LABEL = 'cdk8s-sync-async/role';
const ROLES = ['sync', 'async'] as const;
const SHARED = [{ name: 'model', command: ['load'], ready: Check.command(['probe', 'model']) }];

/** The Deployment of a role, in the manifest. */
const deployment = (made: SyncAsyncDeployments, role: string) => rendered(made, 'Deployment', `ocr-${role}`);
const spec = (made: SyncAsyncDeployments, role: string) => deployment(made, role).spec.template.spec;
const main = (made: SyncAsyncDeployments, role: string) => spec(made, role).containers[0];
const each = <T>(what: (role: 'sync' | 'async') => T) => ROLES.map(what);
const synth = (made: SyncAsyncDeployments) => Testing.synth(Chart.of(made));
const serving = (more: Partial<SyncAsyncDeploymentsProps> = {}) => two({
  ports: [{ name: 'grpc', number: 50051 }], syncRole: { processes: [{ name: 'server', command: ['serve'], stopDelay: Duration.seconds(5) }] }, ...more,
});

/** Everything at once. */
function big(chart: Chart): SyncAsyncDeployments {
  const made = new SyncAsyncDeployments(chart, 'ocr', {
    metadata: { name: 'ocr', namespace: 'vision', annotations: { owner: 'vision' } },
    podMetadata: { labels: { team: 'vision' }, annotations: { 'prometheus.io/scrape': 'true' } },
    image: 'registry.example.com/ocr:1.4.2',
    gpu: Gpu.nvidia(1, { nodeSelector: { pool: 'gpu' } }),
    ports: [{ name: 'grpc', number: 50051 }],
    envVariables: { LOG_LEVEL: kplus.EnvValue.fromValue('info'), ONLY_SYNC: kplus.EnvValue.fromValue('yes') },
    envFrom: [kplus.Env.fromSecret(kplus.Secret.fromSecretName(chart, 'Credentials', 'credentials'))],
    volumeMounts: [{ path: '/models', readOnly: true, volume: kplus.Volume.fromHostPath(chart, 'Models', 'models', { path: '/srv/models' }) }],
    sharedMemory: Size.gibibytes(2),
    shareProcessNamespace: true,
    containers: [{ name: 'exporter', image: 'exporter:1' }],
    initContainers: [{ name: 'fetch', image: 'fetch:1', command: ['fetch'] }],
    minReady: Duration.seconds(10),
    sharedProcesses: SHARED,
    syncRole: {
      processes: [{ name: 'server', command: ['serve'], ready: Check.command(['probe', 'server']), stopDelay: Duration.seconds(5) }],
      liveness: Check.command(['probe', 'life']),
    },
    asyncRole: { processes: [{ name: 'worker', command: ['work'], stopTimeout: Duration.minutes(5) }] },
    syncDeployment: { replicas: 4, strategy: kplus.DeploymentStrategy.recreate() },
    asyncDeployment: {
      gpu: Gpu.mig('1g.5gb', 2),
      resources: { memory: { request: Size.gibibytes(16) } },
      envVariables: { LOG_LEVEL: kplus.EnvValue.fromValue('debug'), ONLY_SYNC: undefined as any },
    },
  });
  made.exposeSyncViaService({ name: 'ocr' });
  made.addDisruptionBudgets({ syncMaxUnavailable: kplus.PercentOrAbsolute.absolute(1), asyncMaxUnavailable: kplus.PercentOrAbsolute.percent(50) });
  made.scaleAsync({ queue: QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379' }), jobsPerWorker: 20, minWorkers: 0, maxWorkers: 16 });
  return made;
}

test.each<[string, (chart: Chart) => SyncAsyncDeployments]>([['the defaults', chart => two({}, chart)], ['everything at once', big]])('%s', (_, make) => {
  const chart = Testing.chart();
  make(chart);

  expect(withoutScript(chart)).toMatchSnapshot();
});

test('ids, names and selectors stay as they are, because Kubernetes cannot change them', () => {
  const chart = Testing.chart();
  const made = serving({ sharedMemory: Size.mebibytes(64) });
  made.exposeSyncViaService();
  two({}, chart);

  expect(made.node.children.map(child => child.node.id)).toEqual(['Sync', 'Async', 'SyncService']);
  expect(made.syncDeployment.node.children.map(child => child.node.id)).toEqual(['Resource', 'ScriptVolume', 'RunVolume', 'TmpVolume', 'SharedMemoryVolume']);
  expect(chart.node.children.map(child => child.node.id)).toEqual(['ocr', 'sync-async-script']);
  expect(each(role => deployment(made, role).metadata.name)).toMatchSnapshot();
  expect(each(role => deployment(made, role).spec.selector)).toMatchSnapshot();
});

test('the default child of each is the Deployment', () => {
  const made = two();

  expect(each(role => ApiObject.of(made[`${role}Deployment`]).kind)).toEqual(['Deployment', 'Deployment']);
});

test('there is nothing else but the script, which is that of the sets of the chart too', () => {
  const chart = Testing.chart();
  const made = two({}, chart);
  small({}, new Chart(chart, 'inner'));

  expect(manifest(chart).map(object => object.kind)).toEqual(['ConfigMap', 'Deployment', 'Deployment']);
  const other = new Chart(Testing.app(), 'test');
  two({}, other);
  const set = small({ metadata: { name: 'set' } }, new Chart(Testing.app(), 'other'));
  expect(set.scriptConfigMap.data).toEqual({ 'entrypoint.sh': ENTRYPOINT_SCRIPT });
  expect(each(role => spec(made, role).volumes[0].configMap.name)).toEqual(Array(2).fill(manifest(chart)[0].metadata.name));
});

describe('each role', () => {
  test('is fixed in the arguments and in the probes, and has its own processes alone', () => {
    const made = two({ sharedProcesses: SHARED });
    const words = (role: string) => main(made, role).args.filter((word: string) => /^(run|split|values|settle|role|process)/.test(word));

    expect(words('sync')).toEqual(['run', 'split=fixed:sync', 'role=shared', 'process=model', 'role=sync', 'process=server']);
    expect(words('async')).toEqual(['run', 'split=fixed:async', 'role=shared', 'process=model', 'role=async', 'process=worker']);
    for (const role of ROLES) {
      for (const probe of ['readinessProbe', 'livenessProbe']) expect(main(made, role)[probe].exec.command).toContain(`split=fixed:${role}`);
    }
  });

  test('is a label of its pods, and no part of what their Deployment selects by', () => {
    const made = two({ podMetadata: { labels: { team: 'vision' } } });

    expect(each(role => deployment(made, role).spec.template.metadata.labels)).toEqual(each(role => expect.objectContaining({ [LABEL]: role, team: 'vision' })));
    expect(each(role => Object.keys(deployment(made, role).spec.selector.matchLabels))).toEqual([['cdk8s.io/metadata.addr'], ['cdk8s.io/metadata.addr']]);
  });

  test('has the time that it needs to stop, and no other', () => {
    const made = two({ asyncRole: { processes: [{ name: 'worker', command: ['work'], stopTimeout: Duration.minutes(5) }] } });

    expect(each(role => spec(made, role).terminationGracePeriodSeconds)).toEqual([35, 305]);
  });

  test('has the time that it needs to start before a rollout counts as failed, and no less than Kubernetes gives', () => {
    const deadlines = (props: Partial<SyncAsyncDeploymentsProps>) => each(role => deployment(two(props), role).spec.progressDeadlineSeconds);

    expect(deadlines({})).toEqual([600 + 600, 600]);
    const processes = [{ name: 'server', command: ['serve'], ready: Check.command(['probe']), startTimeout: Duration.minutes(30) }];
    expect(deadlines({ sharedProcesses: SHARED, syncRole: { processes } })).toEqual([600 + 600 + 1800, 600 + 600]);
    expect(deadlines({ minReady: Duration.minutes(10) })).toEqual([1800, 1200]);
  });

  test('may be nothing but what both share', () => {
    const made = two({ sharedProcesses: SHARED, syncRole: undefined });

    expect(main(made, 'sync').args.filter((word: string) => word.startsWith('process='))).toEqual(['process=model']);
  });

  test('has one pod unless somebody says otherwise', () => {
    expect(each(role => deployment(two(), role).spec.replicas)).toEqual([1, 1]);
    expect(each(role => deployment(two({ syncDeployment: { replicas: 4 }, asyncDeployment: { replicas: 0 } }), role).spec.replicas)).toEqual([4, 0]);
  });
});

describe('the environment', () => {
  const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  const value = (text: string) => kplus.EnvValue.fromValue(text);

  test('names the pod, and no number of pods, which anybody may scale', () => {
    expect(each(role => main(two(), role).env)).toEqual([[podName], [podName]]);
  });

  test('is that of both roles with that of one, which may take a variable away', () => {
    const made = two({
      envVariables: { A: value('both'), B: value('both'), C: value('both') },
      asyncDeployment: { envVariables: { A: value('async'), B: undefined as any, D: value('async') } },
    });

    expect(main(made, 'sync').env.slice(1)).toEqual(['A', 'B', 'C'].map(name => ({ name, value: 'both' })));
    expect(main(made, 'async').env.slice(1)).toEqual([{ name: 'A', value: 'async' }, { name: 'C', value: 'both' }, { name: 'D', value: 'async' }]);
  });
});

describe('a role may have', () => {
  test('another GPU, and go where that is', () => {
    const made = two({ gpu: Gpu.nvidia(1, { nodeSelector: { pool: 'big' } }), asyncDeployment: { gpu: Gpu.of('amd.com/gpu', 2) } });

    expect(each(role => main(made, role).resources.limits)).toEqual([{ 'nvidia.com/gpu': 1 }, { 'amd.com/gpu': 2 }]);
    expect(each(role => spec(made, role).nodeSelector)).toEqual([{ pool: 'big' }, undefined]);
    expect(each(role => spec(made, role).tolerations.map((toleration: any) => toleration.key))).toEqual([['nvidia.com/gpu'], ['amd.com/gpu']]);
    expect(each(role => made[`${role}Deployment`].gpu.count)).toEqual([1, 2]);
  });

  test('resources of its own, in the place of those of both', () => {
    const [some, more] = [1, 2].map(units => ({ cpu: { request: kplus.Cpu.units(units) } }));
    const made = two({ gpu: Gpu.none(), resources: some, asyncDeployment: { resources: more } });

    expect(each(role => main(made, role).resources.requests.cpu)).toEqual(['1', '2']);
  });

  test('nodes, containers, labels and an autoscaler of its own, as every Deployment', () => {
    const made = two({ resources: { cpu: { request: kplus.Cpu.units(1) } } });
    const { asyncDeployment: workers } = made;
    workers.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('spot', 'true')));
    workers.addContainer({ name: 'exporter', image: 'exporter' });
    workers.addInitContainer({ image: 'init' });
    workers.podMetadata.addLabel('team', 'vision');
    const metrics = [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70))];
    new kplus.HorizontalPodAutoscaler(Chart.of(made), 'Hpa', { target: workers, maxReplicas: 20, metrics });

    expect(spec(made, 'async').affinity.nodeAffinity).toBeDefined();
    expect(spec(made, 'async').containers.map((container: any) => [container.name, container.resources])).toEqual([
      ['main', expect.anything()], ['exporter', undefined],
    ]);
    expect(deployment(made, 'async').spec).not.toHaveProperty('replicas');
    expect(deployment(made, 'async').spec.template.metadata.labels.team).toBe('vision');
    expect([spec(made, 'sync').affinity, deployment(made, 'sync').spec.replicas]).toEqual([undefined, 1]);
    expect(rendered(made, 'HorizontalPodAutoscaler').spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: workers.name });
  });
});

test('the pod template changes with the script', () => {
  const checksum = createHash('sha256').update(ENTRYPOINT_SCRIPT).digest('hex');

  expect(each(role => deployment(two(), role).spec.template.metadata.annotations)).toEqual(Array(2).fill({ 'cdk8s-sync-async/script-sha256': checksum }));
});

test('both can be made of props that somebody else uses too', () => {
  const chart = Testing.chart();
  const props: SyncAsyncDeploymentsProps = { ...SMALL, replicas: undefined, split: undefined, podMetadata: { labels: { team: 'vision' } }, ports: [{ number: 80 }] } as any;
  const before = JSON.stringify(props);
  ['one', 'two'].forEach(id => new SyncAsyncDeployments(chart, id, props));

  expect(JSON.stringify(props)).toBe(before);
  expect(() => Testing.synth(chart)).not.toThrow();
});

describe('the labels', () => {
  const RECOMMENDED = { 'app.kubernetes.io/name': 'ocr', 'app.kubernetes.io/instance': 'test-ocr', 'app.kubernetes.io/managed-by': 'cdk8s' };

  test('are the same for both Deployments and their pods, and for what is made for them', () => {
    const made = serving();
    made.exposeSyncViaService();
    made.addDisruptionBudgets({ asyncMaxUnavailable: kplus.PercentOrAbsolute.absolute(1) });
    const objects = manifest(Chart.of(made)).filter(object => object.kind !== 'ConfigMap');

    expect(objects.map(object => object.kind)).toEqual(['Deployment', 'Deployment', 'Service', 'PodDisruptionBudget']);
    objects.forEach(object => expect(object.metadata.labels).toEqual(RECOMMENDED));
    ROLES.forEach(role => expect(deployment(made, role).spec.template.metadata.labels).toMatchObject(RECOMMENDED));
  });

  test('are those of a StatefulSet in their place, where names have no hash, so that one selector finds both layouts', () => {
    const chart = () => new Chart(Testing.app(), 'test', { disableResourceNameHashes: true });
    const [set, made] = [small({}, chart()), two({}, chart())];

    expect(deployment(made, 'sync').metadata.labels).toEqual(rendered(set).metadata.labels);
  });

  test('of the user win', () => {
    const made = two({ metadata: { name: 'mine', labels: { 'app.kubernetes.io/name': 'reader' } } });
    const labels = { ...RECOMMENDED, 'app.kubernetes.io/name': 'reader', 'app.kubernetes.io/instance': 'mine' };

    for (const role of ROLES) {
      const { metadata, spec: { template } } = rendered(made, 'Deployment', `mine-${role}`);
      expect(metadata.labels).toEqual(labels);
      expect(template.metadata.labels).toMatchObject(labels);
    }
  });
});

describe('the Service', () => {
  test('reaches synchronous pods only', () => {
    const made = serving();
    made.exposeSyncViaService({ name: 'ocr' });
    const { metadata, spec: { selector, ports } } = rendered(made, 'Service');

    expect(metadata.name).toBe('ocr');
    expect(selector).toEqual({ ...deployment(made, 'sync').spec.selector.matchLabels, [LABEL]: 'sync' });
    expect(ports).toEqual([{ name: 'grpc', port: 50051, targetPort: 50051 }]);
  });

  test('can be exposed further, as every Service', () => {
    const made = serving();
    made.exposeSyncViaService().exposeViaIngress('/ocr');

    expect(rendered(made, 'Ingress').spec.rules[0].http.paths[0].path).toBe('/ocr');
  });

  test('is in the namespace of the pods', () => {
    const made = serving({ metadata: { namespace: 'vision' } });
    made.exposeSyncViaService();

    expect(manifest(Chart.of(made)).map(object => object.metadata.namespace)).toEqual(Array(4).fill('vision'));
  });

  test('is refused where a server is asked to end before clients can know', () => {
    const refused = /^'stopDelay' \(undefined\) must be said by a process of 'syncRole' in order for clients to notice in time that a pod goes/;

    expect(() => two({ ports: [{ number: 80 }] }).exposeSyncViaService()).toThrow(refused);
    expect(() => serving({ syncRole: { processes: [{ ...SHARED[0], stopDelay: Duration.seconds(0) }] } }).exposeSyncViaService()).not.toThrow();
    const sharedProcesses = [{ ...SHARED[0], stopDelay: Duration.seconds(5) }];
    expect(() => serving({ syncRole: undefined, sharedProcesses }).exposeSyncViaService()).not.toThrow();
    // What is shared stops after the server.
    expect(() => two({ ports: [{ number: 80 }], sharedProcesses }).exposeSyncViaService()).toThrow(refused);
  });

  test('is refused without ports', () => {
    expect(() => serving({ ports: undefined }).exposeSyncViaService()).toThrow('\'ports\' ([]) must have at least one port');
  });
});

describe('workers that come and go with a queue', () => {
  const OPTIONS = { queue: QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379' }), jobsPerWorker: 20, maxWorkers: 16 };

  test('are counted alone', () => {
    const made = two({ metadata: { namespace: 'vision' } });
    made.scaleAsync(OPTIONS);
    const { metadata, spec: scaled } = rendered(made, 'ScaledObject');
    const { scaleTargetRef, minReplicaCount, maxReplicaCount, advanced } = scaled;

    expect(metadata).toEqual({ ...deployment(made, 'async').metadata, labels: deployment(made, 'async').metadata.labels });
    expect(scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: made.asyncDeployment.name });
    expect([minReplicaCount, maxReplicaCount, advanced.scalingModifiers.formula, advanced.scalingModifiers.target]).toEqual([1, 16, 'queue + 0', '20']);
    expect(deployment(made, 'async').spec).not.toHaveProperty('replicas');
    expect(deployment(made, 'sync').spec.replicas).toBe(1);
  });

  test('are refused with a number of pods, and with another autoscaler', () => {
    expect(() => two({ asyncDeployment: { replicas: 6 } }).scaleAsync(OPTIONS)).toThrow(new Error(
      '\'asyncDeployment.replicas\' (6) must be left out in order for an autoscaler to decide.'));
    const made = two();
    made.scaleAsync(OPTIONS);
    expect(() => made.scaleAsync(OPTIONS)).toThrow('must be the only autoscaler');
  });
});

describe('budgets', () => {
  const { absolute, percent } = kplus.PercentOrAbsolute;

  test('are of one role each, and know by Kubernetes how many pods there are to be', () => {
    const made = two();
    made.addDisruptionBudgets({ syncMaxUnavailable: absolute(1), asyncMaxUnavailable: percent(25) });
    const budget = (role: string) => rendered(made, 'PodDisruptionBudget', `-${role}budget`).spec;

    expect(each(budget)).toEqual([1, '25%'].map((maxUnavailable, i) => ({
      maxUnavailable, selector: deployment(made, ROLES[i]).spec.selector, unhealthyPodEvictionPolicy: 'AlwaysAllow',
    })));
  });

  test('are only there for a role with a number', () => {
    const made = two();
    made.addDisruptionBudgets({ asyncMaxUnavailable: absolute(2) });

    expect(rendered(made, 'PodDisruptionBudget').spec.maxUnavailable).toBe(2);
  });

  test.each([[absolute(0), 0], [absolute(-1), -1], [absolute(1.5), 1.5], [percent(0), '0%'], [percent(101), '101%'], [percent(0.5), '0.5%']])('of %j are refused', (value, shown) => {
    expect(() => two().addDisruptionBudgets({ syncMaxUnavailable: value })).toThrow(new Error(
      `'syncMaxUnavailable' (${shown}) must be a whole number of at least 1, or a whole per cent from 1 to 100, in order for drains to end.`));
  });

  test('are refused without any number, and twice', () => {
    const made = two();
    made.addDisruptionBudgets({ syncMaxUnavailable: absolute(1) });

    expect(() => two().addDisruptionBudgets({ syncMaxUnavailable: 2 as any })).toThrow('\'syncMaxUnavailable\' (2) must be a PercentOrAbsolute, such as PercentOrAbsolute.absolute(1), in order to be understood.');
    expect(() => two().addDisruptionBudgets({ syncMaxUnavailable: null as any })).toThrow('\'syncMaxUnavailable\' (undefined) must be given');
    expect(() => two().addDisruptionBudgets({})).toThrow(new Error(
      '\'syncMaxUnavailable\' (undefined) must be given, or \'asyncMaxUnavailable\', in order for a budget to keep pods.'));
    expect(() => made.addDisruptionBudgets({ asyncMaxUnavailable: absolute(1) })).toThrow('must be called once');
  });
});

describe('refused is', () => {
  const server = (more: object): RoleProps => ({ processes: [{ name: 'server', command: ['serve'], ...more }] });

  test.each<[string, Partial<SyncAsyncDeploymentsProps>, string]>([
    ['no synchronous role', { syncRole: undefined }, '\'syncRole\' (undefined) must be given in order for synchronous pods to have something to do.'],
    ['no asynchronous role', { asyncRole: undefined }, '\'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do.'],
    ['a role without processes', { asyncRole: {} }, '\'asyncRole.processes\' (undefined) must have at least one process'],
    ['no image', { image: '' }, '\'image\' ("") must name a container image'],
    ['a number of pods for both', { replicas: 10 } as any, '\'replicas\' (10) must be given in \'syncDeployment\' and \'asyncDeployment\' in order for each Deployment to have its own.'],
    ['a strategy for both', { strategy: kplus.StatefulSetUpdateStrategy.onDelete() } as any, '\'strategy\' (StatefulSetUpdateStrategy) must be given in \'syncDeployment\''],
    ['a split', { split: Split.count(4) } as any, '\'split\' (Split) must be left out in order not to be missed: only a SyncAsyncStatefulSet has it.'],
    ['a role label', { roleLabel: {} } as any, '\'roleLabel\' (Object) must be left out'],
    ['volume claims', { volumeClaims: [] } as any, '\'volumeClaims\' (Array) must be left out'],
    ['an image for one role', { syncDeployment: { image: 'other' } as any },
      '\'syncDeployment.image\' (other) must be one of replicas, gpu, resources, envVariables, strategy in order to be heard.'],
    ['a strategy that no Deployment takes', { asyncDeployment: { strategy: kplus.StatefulSetUpdateStrategy.onDelete() as any } },
      '\'asyncDeployment.strategy\' ({"strategy":{"type":"OnDelete"}}) must be a DeploymentStrategy, such as DeploymentStrategy.recreate(), in order to be understood.'],
    ['half a pod', { asyncDeployment: { replicas: 0.5 } }, '\'asyncDeployment.replicas\' (0.5) must be a whole number from 0 to 999999 in order to be a number of pods.'],
    ['a GPU of another kind', { asyncDeployment: { gpu: {} as any } }, '\'asyncDeployment.gpu\' ({}) must be a Gpu, such as Gpu.nvidia(), in order to be understood.'],
    ['a variable of the entrypoint', { syncDeployment: { envVariables: { SYNC_INSTANCE: kplus.EnvValue.fromValue('4') } } }, '\'envVariables\' (SYNC_INSTANCE) must not be set'],
    ['another restart policy', { restartPolicy: kplus.RestartPolicy.NEVER }, '\'restartPolicy\' (Never) must be Always in order to be that of a Deployment.'],
    ['too little time for one role', { terminationGracePeriod: Duration.seconds(40), syncRole: server({ stopDelay: Duration.seconds(10) }) },
      '\'terminationGracePeriod\' (40 seconds) must be at least 45 seconds in order for the sync role to stop'],
    ['a hook without time of its own', { lifecycle: { preStop: kplus.Handler.fromCommand(['sync']) } }, '\'lifecycle.preStop\' must come with an explicit \'terminationGracePeriod\''],
    ['a name that becomes too long', { metadata: { name: 'a'.repeat(58) } },
      `'metadata.name' (${'a'.repeat(58)}) must be a DNS label (lower case letters, digits and inner dashes) of at most 57 characters in order to name a Deployment with -async behind it.`],
    ['a name that is none', { metadata: { name: 'a.b' } }, '\'metadata.name\' (a.b) must be a DNS label'],
  ])('%s', (_, props, message) => {
    expect(() => two(props)).toThrow(message);
  });

  test('a name of 57 characters is not', () => {
    expect(() => synth(two({ metadata: { name: 'a'.repeat(57) } }))).not.toThrow();
  });

  test.each<[string, Partial<SyncAsyncDeploymentsProps>, string]>([
    ['the label of the role', { podMetadata: { labels: { [LABEL]: 'sync' } } },
      `[test/ocr/Async] 'podMetadata.labels' (${LABEL}: sync) must not be set in order for the pods to have their role in it.`],
    ['a number that no Deployment has', { syncRole: server({ command: ['serve', '$(INSTANCE)'] }) },
      '[test/ocr/Sync] \'command\' must not use $(INSTANCE) in order to be what it says: the container has no such variable with two Deployments.'],
    ['a container called main', { containers: [{ name: 'main', image: 'other' }] }, 'must have different names in order to be containers of one pod; main is there twice.'],
    ['no selector', { select: false }, '\'select\' (false) must come with a call of select() in order for Kubernetes to know which pods belong to the Deployment.'],
  ])('at synth %s', (_, props, message) => {
    const made = two(props);

    expect(() => synth(made)).toThrow(message);
  });
});
