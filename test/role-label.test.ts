import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, RoleLabelOptions, Split, SplitMove, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { mainContainer, manifest, podSpec, rendered, small } from './manifest';
import { validate } from './schema';
import { ROLE_LABEL_SCRIPT } from '../src/private/role-label-script';

const PROGRAM = readFileSync(join(__dirname, '../src/role-label.sh'), 'utf8');
const LABEL = 'cdk8s-sync-async/role';
const KINDS = ['ServiceAccount', 'Role', 'RoleBinding'];

const labelled = (props: Partial<SyncAsyncStatefulSetProps> = {}, roleLabel: RoleLabelOptions = {}, chart?: Chart) =>
  small({ roleLabel, ...props }, chart);
const args = (props?: Partial<SyncAsyncStatefulSetProps>, options?: RoleLabelOptions): string[] => mainContainer(labelled(props, options)).args;
/** The processes of a role, each with its arguments. */
const processes = (all: string[], role: string) =>
  all.slice(all.indexOf(`role=${role}`) + 1).join('\n').split(/^role=.*/m)[0].trim().split(/^(?=process=)/m).map(text => text.trim().split('\n'));
const rule = (props?: Partial<SyncAsyncStatefulSetProps>, options?: RoleLabelOptions) => rendered(labelled(props, options), 'Role').rules;
const synthProblem = (set: ReturnType<typeof small>) => () => Testing.synth(Chart.of(set));

test('the constant is the program, byte by byte', () => {
  expect(ROLE_LABEL_SCRIPT).toBe(PROGRAM);
});

describe('without it', () => {
  test('there are no rights, no service account, no token, and the ConfigMap holds only the entrypoint', () => {
    const chart = Testing.chart();
    const set = small({}, chart);

    expect(manifest(chart).map(object => object.kind).filter(kind => KINDS.includes(kind))).toEqual([]);
    expect(podSpec(set).serviceAccountName).toBeUndefined();
    expect(JSON.stringify(podSpec(set))).not.toContain('serviceAccountToken"');
    expect(Object.keys(rendered(set, 'ConfigMap', 'script').data)).toEqual(['entrypoint.sh']);
    expect(JSON.stringify(rendered(set))).not.toContain('role-label');
  });

  test('there is no Service for synchronous pods', () => {
    expect(() => small().exposeSyncViaService()).toThrow(new Error(
      '\'roleLabel\' (undefined) must be given in order for a Service to know the synchronous pods, such as roleLabel: {}.'));
  });
});

describe('the program', () => {
  test('is in the scripts\' ConfigMap, and its checksum in the template of those sets alone that ask for it', () => {
    const chart = Testing.chart();
    labelled({}, {}, chart);
    small({ metadata: { name: 'other' } }, new Chart(chart, 'inner'));
    const set = labelled();

    expect(rendered(set, 'ConfigMap', 'script').data['role-label.sh']).toBe(PROGRAM);
    expect(rendered(set).spec.template.metadata.annotations['cdk8s-sync-async/role-label-sha256']).toBe(createHash('sha256').update(PROGRAM).digest('hex'));
    expect(rendered(small()).spec.template.metadata.annotations).not.toHaveProperty(['cdk8s-sync-async/role-label-sha256']);
  });

  test('is put into the shared ConfigMap by whichever set asks for it, and changes no other set', () => {
    const [alone, together] = [false, true].map(both => {
      const chart = Testing.chart();
      small({}, chart);
      if (both) labelled({ metadata: { name: 'other' } }, {}, new Chart(chart, 'x', { disableResourceNameHashes: true }));
      return JSON.stringify(manifest(chart).find(object => object.kind === 'StatefulSet'));
    });

    expect(together).toBe(alone);
  });

  test('is the last process of the synchronous role, and the first to go in a move', () => {
    const [server, label] = processes(args(), 'sync');

    expect(server[0]).toBe('process=server');
    expect(label).toEqual([
      'process=role-label', 'early=yes', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=65', 'restart=never',
      'command=8', '/bin/sh', '/run/sync-async/role-label.sh', 'keep', 'dir=/run/sync-async', 'api=/etc/sync-async/api',
      'request-timeout=15', 'stop-delay=5', 'give-up=30',
    ]);
  });

  test('is the first process of the asynchronous role, and its ready check waits for the first try', () => {
    const [label, worker] = processes(args(), 'async');

    expect(label).toEqual(expect.arrayContaining(['process=role-label', 'ready=4', 'begun']));
    expect(label).not.toContain('early=yes');
    expect(worker[0]).toBe('process=worker');
  });

  test('is copied by the entrypoint', () => {
    expect(args().slice(0, args().indexOf('role=sync'))).toContain('copy=role-label.sh');
    expect(mainContainer(small()).args).not.toContain('copy=role-label.sh');
  });

  test.each([
    ['none', { split: undefined, asyncRole: undefined }, ['sync']],
    ['a count', { split: Split.count(1) }, ['sync', 'async']],
    ['a count that is rolled out', { split: Split.count(1, { move: SplitMove.ROLLOUT }) }, ['sync', 'async']],
    ['a share', { split: Split.share(1, 3) }, ['sync', 'async']],
    ['a demand', { split: Split.between(1, 3, { demand: ['ask'] }) }, ['sync', 'async']],
    ['a model that is all of both roles', { sharedProcesses: [{ name: 'model', command: ['load'] }], syncRole: undefined, asyncRole: undefined }, ['sync', 'async']],
    ['a model that is all there is', { split: undefined, sharedProcesses: [{ name: 'model', command: ['load'] }], syncRole: undefined, asyncRole: undefined }, ['sync']],
  ] as [string, Partial<SyncAsyncStatefulSetProps>, string[]][])('is a process of every role with %s', (_, props, roles) => {
    const all = args(props);

    expect(all.filter(word => /^role=(sync|async)$/.test(word))).toEqual(roles.map(role => `role=${role}`));
    for (const role of roles) expect(processes(all, role).map(([name]) => name).filter(name => name === 'process=role-label')).toHaveLength(1);
  });

  test('its stop delay is what the props say, and a part of the grace period with the time for an API server that is away', () => {
    expect(args({}, { stopDelay: Duration.seconds(8) })).toContain('stop-delay=8');
    expect(podSpec(small()).terminationGracePeriodSeconds).toBe(35);
    expect(podSpec(labelled({}, { stopDelay: Duration.seconds(8) })).terminationGracePeriodSeconds).toBe(35 + 15 + 30 + 15 + 8);
  });

  test('decides with the checks of the role whether a pod is ready, also where the role has a readiness of its own', () => {
    const right = ['check=4', '/bin/sh', '/run/sync-async/role-label.sh', 'right', 'dir=/run/sync-async'];
    const probe = (props: Partial<SyncAsyncStatefulSetProps>) => mainContainer(labelled(props)).readinessProbe.exec.command;

    expect(probe({}).slice(5)).toEqual(['role=sync', ...right, 'check=2', 'probe', 'server', 'role=async', ...right]);
    expect(probe({ asyncRole: { processes: [{ name: 'worker', command: ['work'] }], readiness: Check.command(['ping']) } }).slice(-7)).toEqual([...right, 'check=1', 'ping']);
  });

  test('has no part in the liveness', () => {
    expect(mainContainer(labelled()).livenessProbe.exec.command.join()).not.toContain('role-label');
  });

  test.each(['syncRole', 'asyncRole', 'sharedProcesses'])('gives its name to no process in %s', where => {
    const own = { name: 'role-label', command: ['mine'] };
    const props = where === 'sharedProcesses' ? { sharedProcesses: [own] } : { [where]: { processes: [own] } };

    expect(() => labelled(props)).toThrow(/\(role-label\) must have another name in order to be told from the process that keeps the role label\.$/);
    expect(() => small(props)).not.toThrow();
  });
});

describe('the token', () => {
  test('is mounted with what else it takes, into the main container alone, and replaced by the kubelet', () => {
    const spec = podSpec(labelled({ containers: [{ name: 'exporter', image: 'exporter:1' }], initContainers: [{ name: 'fetch', image: 'fetch:1' }] }));
    const mounts = [...spec.containers, ...spec.initContainers].map((each: any) => [each.name, (each.volumeMounts ?? []).filter(({ name }: any) => name === 'sync-async-api')]);

    expect(mounts).toEqual([['main', [{ name: 'sync-async-api', mountPath: '/etc/sync-async/api', readOnly: true }]], ['exporter', []], ['fetch', []]]);
    expect(spec.volumes.find(({ name }: any) => name === 'sync-async-api')).toEqual({
      name: 'sync-async-api',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }, { path: 'uid', fieldRef: { fieldPath: 'metadata.uid' } }] } },
        ],
      },
    });
    expect(spec.automountServiceAccountToken).toBe(false);
  });
});

describe('the rights', () => {
  test('are to patch exactly the pods that there are', () => {
    expect(rule()).toEqual([{
      apiGroups: [''], resources: ['pods'], verbs: ['patch'], resourceNames: ['test-ocr-c8ea0272-0', 'test-ocr-c8ea0272-1', 'test-ocr-c8ea0272-2'],
    }]);
  });

  test('are never to patch all pods, which an empty list of names would mean', () => {
    for (const replicas of [0, undefined]) expect(rule({ replicas, split: Split.count(0) })[0].resourceNames).toEqual(['test-ocr-c8ea0272-0']);
  });

  test('are to patch those too that there may be', () => {
    expect(rule({}, { maxReplicas: 12 })[0].resourceNames).toHaveLength(12);
    const set = labelled({ replicas: undefined }, { maxReplicas: 7 });
    set.markHasAutoscaler();
    expect(rendered(set, 'Role').rules[0].resourceNames).toHaveLength(7);
  });

  test('are those of an own service account, which is there before the pods', () => {
    const chart = new Chart(Testing.app(), 'test', { namespace: 'vision', disableResourceNameHashes: true });
    const set = labelled({}, {}, chart);
    const kinds = manifest(chart).map(object => object.kind);

    expect(podSpec(set).serviceAccountName).toBe('test-ocr-serviceaccount');
    expect(rendered(set, 'ServiceAccount')).toMatchObject({ metadata: { name: 'test-ocr-serviceaccount', namespace: 'vision' }, automountServiceAccountToken: false });
    expect(rendered(set, 'RoleBinding')).toMatchObject({
      metadata: { name: 'test-ocr-rolebinding', namespace: 'vision', labels: { 'app.kubernetes.io/instance': 'test-ocr' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'test-ocr-role' },
      subjects: [{ kind: 'ServiceAccount', name: 'test-ocr-serviceaccount', namespace: 'vision' }],
    });
    for (const kind of KINDS) expect(kinds.indexOf(kind)).toBeLessThan(kinds.indexOf('StatefulSet'));
  });

  test('are those of the given service account, where there is one', () => {
    const chart = Testing.chart();
    const set = labelled({ serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'Account', 'mine') }, {}, chart);

    expect(podSpec(set).serviceAccountName).toBe('mine');
    expect(rendered(set, 'RoleBinding').subjects).toEqual([{ kind: 'ServiceAccount', name: 'mine' }]);
    expect(manifest(chart).filter(object => object.kind === 'ServiceAccount')).toEqual([]);
  });

  test('are in the namespace of the set', () => {
    const set = labelled({ metadata: { namespace: 'speech' } });

    for (const kind of KINDS) expect(rendered(set, kind).metadata.namespace).toBe('speech');
    expect(rendered(set, 'RoleBinding').subjects[0].namespace).toBe('speech');
  });

  test('have names that Kubernetes takes, however long those of the ids are', () => {
    const chart = new Chart(Testing.app(), 'a-chart-with-a-long-name-of-fifty-characters-or-so', { disableResourceNameHashes: true });
    labelled({ metadata: { name: 'o'.repeat(52) } }, {}, chart);

    for (const { metadata, kind } of manifest(chart)) expect([kind, metadata.name.length]).toEqual([kind, Math.min(metadata.name.length, 63)]);
    expect(() => validate(manifest(chart))).not.toThrow();
  });

  test('know all pods where an autoscaler decides how many there are', () => {
    const set = labelled({ replicas: undefined });
    set.markHasAutoscaler();

    expect(synthProblem(set)).toThrow('\'roleLabel.maxReplicas\' (undefined) must be given in order for the Role to name every pod: an autoscaler decides how many there are.');
  });

  test('reach as far as the autoscaler', () => {
    const scaled = (maxReplicas: number) => {
      const set = labelled({ replicas: undefined }, { maxReplicas });
      new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Scaler', { target: set, minReplicas: 3, maxReplicas: 8, metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70))] });
      return synthProblem(set);
    };

    expect(scaled(7)).toThrow('\'roleLabel.maxReplicas\' (7) must be at least \'maxReplicas\' (8) of test/Scaler in order for the Role to name every pod.');
    expect(scaled(8)).not.toThrow();
  });

  test('fit into one object', () => {
    const named = (maxReplicas: number) => synthProblem(labelled({ metadata: { name: 'o'.repeat(52) } }, { maxReplicas }));

    expect(named(4166)).not.toThrow();
    expect(named(4167)).toThrow(`'roleLabel.maxReplicas' (4167) must be at most 4166 in order for one Role to name every pod of ${'o'.repeat(52)}.`);
  });
});

test.each([
  [{ maxReplicas: 2 }, '\'roleLabel.maxReplicas\' (2) must be a whole number from 3 to 999999 in order to be the most pods that there will be.'],
  [{ maxReplicas: 3.5 }, '\'roleLabel.maxReplicas\' (3.5) must be a whole number from 3 to 999999 in order to be the most pods that there will be.'],
  [{ stopDelay: Duration.millis(500) }, '\'roleLabel.stopDelay\' (500 millis) must be whole seconds from 0 to 999999 in order to be counted by a shell.'],
  ...[true, false, null, []].map((value): [any, string] => [value,
    `'roleLabel' (${JSON.stringify(value)}) must be options, such as {}, in order to have a label kept. Leave it out, or undefined, where there is to be none.`]),
] as [RoleLabelOptions, string][])('refuses %j', (options, message) => {
  expect(() => labelled({}, options)).toThrow(new Error(message));
});

test.each([
  ['podMetadata', (set: ReturnType<typeof small>) => set.podMetadata.addLabel(LABEL, 'sync')],
  ['selector', (set: ReturnType<typeof small>) => set.select(kplus.LabelSelector.of({ labels: { [LABEL]: 'sync' } }))],
  ['expression', (set: ReturnType<typeof small>) => set.select(kplus.LabelSelector.of({ expressions: [kplus.LabelExpression.exists(LABEL)] }))],
])('refuses the label in the %s, since it changes with the role', (_, change) => {
  const set = labelled();
  change(set);

  expect(synthProblem(set)).toThrow(`'podMetadata.labels' (${LABEL}) must not be set, nor selected by, in order for the pods to set it themselves: it changes with their role.`);
});

describe('the Service', () => {
  const PORTS = { ports: [{ name: 'grpc', number: 50051 }, { name: 'http', number: 8080 }] };

  test('has the synchronous pods of the set, and its ports', () => {
    const chart = new Chart(Testing.app(), 'test', { namespace: 'vision', disableResourceNameHashes: true });
    const set = labelled(PORTS, {}, chart);
    const service = set.exposeSyncViaService();

    expect(service.name).toBe('test-ocr-syncservice');
    expect(rendered(set, 'Service', 'syncservice')).toMatchObject({
      metadata: { namespace: 'vision', labels: { 'app.kubernetes.io/name': 'ocr', 'app.kubernetes.io/instance': 'test-ocr' } },
      spec: {
        type: 'ClusterIP',
        selector: { ...rendered(set).spec.selector.matchLabels, [LABEL]: 'sync' },
        ports: [{ name: 'grpc', port: 50051, targetPort: 50051 }, { name: 'http', port: 8080, targetPort: 8080 }],
      },
    });
    expect(rendered(set, 'Service', 'test-ocr-service').spec.selector).not.toHaveProperty([LABEL]);
  });

  test('has the name, ports and type that are asked for, and there may be several', () => {
    const set = labelled(PORTS);
    set.exposeSyncViaService();
    set.exposeSyncViaService({ name: 'ocr-http', ports: [{ port: 80, targetPort: 8080 }], serviceType: kplus.ServiceType.NODE_PORT });

    expect(rendered(set, 'Service', 'ocr-http').spec).toMatchObject({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] });
  });

  test('is exposed by an Ingress as any other', () => {
    const set = labelled({ ports: [{ number: 8080 }] });
    set.exposeSyncViaService({ name: 'ocr' }).exposeViaIngress('/ocr');

    expect(rendered(set, 'Ingress').spec.rules[0].http.paths[0].backend).toEqual({ service: { name: 'ocr', port: { number: 8080 } } });
  });

  test('has the ports of containers that come later, but before it', () => {
    const set = labelled();
    set.addContainer({ name: 'proxy', image: 'proxy:1', ports: [{ name: 'http', number: 8000 }] });
    set.exposeSyncViaService();

    expect(rendered(set, 'Service', 'syncservice').spec.ports).toEqual([{ name: 'http', port: 8000, targetPort: 8000 }]);
  });

  test('has a name that Kubernetes takes, and of its own', () => {
    const named = (name: string) => () => labelled(PORTS).exposeSyncViaService({ name });

    for (const name of ['OCR_x', '', '1ocr', 'ocr-', 'o'.repeat(64)]) {
      expect(named(name)).toThrow(new Error(`'name' (${name}) must be at most 63 lower case letters, digits and inner dashes, a letter first, in order to name a Service.`));
    }
    expect(named('o'.repeat(63))).not.toThrow();
    const set = labelled(PORTS);
    expect(() => set.exposeSyncViaService({ name: set.service.name })).toThrow('must be another one than that of the headless Service in order to be told from it.');
  });

  test('without a name is there once', () => {
    const set = labelled(PORTS);
    set.exposeSyncViaService();

    expect(() => set.exposeSyncViaService()).toThrow(new Error('\'name\' (undefined) must be one that no other Service of test/ocr has in order to be a second one.'));
  });

  test('needs ports, and pods', () => {
    expect(() => labelled({ ...PORTS, split: Split.count(0, { move: SplitMove.ROLLOUT }) }).exposeSyncViaService()).toThrow(new Error(
      '\'split\' (Split.count(0)) must let some pod be synchronous in order for a Service to have one.'));
    expect(() => labelled().exposeSyncViaService()).toThrow(new Error(
      '\'ports\' ([]) must have at least one port in order for a Service to be asked: give the pods their ports, or the Service.'));
    expect(() => labelled(PORTS).exposeSyncViaService({ serviceType: kplus.ServiceType.EXTERNAL_NAME })).toThrow(new Error(
      '\'serviceType\' (ExternalName) must be one that selects pods in order to reach the synchronous ones.'));
  });
});

test('everything is what the Kubernetes API takes', () => {
  const chart = Testing.chart();
  labelled({ ports: [{ number: 8080 }] }, {}, chart).exposeSyncViaService();

  expect(() => validate(manifest(chart))).not.toThrow();
});

test('ids and names stay as they are', () => {
  const set = labelled({ ports: [{ number: 8080 }] });
  set.exposeSyncViaService();

  expect(set.node.children.map(child => child.node.id)).toEqual([
    'ServiceAccount', 'Resource', 'Service', 'Values', 'ScriptVolume', 'ValuesVolume', 'RunVolume', 'TmpVolume', 'Role', 'RoleBinding', 'SyncService',
  ]);
  expect(rendered(set).spec.selector).toEqual({ matchLabels: { 'cdk8s.io/metadata.addr': 'test-ocr-c814d370' } });
});
