import { ApiObjectMetadata, Chart, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Check, Split, SplitMove, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { small, SMALL } from '../manifest';

/** What synthesizing the chart of a set complains about. */
function complaints(set: SyncAsyncStatefulSet): string[] {
  try {
    Testing.synth(Chart.of(set));
    return [];
  } catch (error) {
    const [title, ...lines] = (error as Error).message.split('\n');
    expect(title).toBe('Validation failed with the following errors:');
    return lines.map(line => line.trim());
  }
}

/** A set whose replicas an autoscaler decides. */
function autoscaled(split: Split, minReplicas?: number): SyncAsyncStatefulSet {
  const set = small({ split, replicas: undefined, resources: { cpu: { request: kplus.Cpu.units(1) } } });
  new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Hpa', { target: set, minReplicas, maxReplicas: 20 });
  return set;
}

describe('the name', () => {
  test('may have 52 characters', () => {
    expect(complaints(small({ metadata: { name: 'a'.repeat(52) } }))).toEqual([]);
  });

  test('is refused with 53', () => {
    const name = 'a'.repeat(53);

    expect(complaints(small({ metadata: { name } }))).toEqual([
      `[test/ocr] 'name' (${name}) must have at most 52 characters, not 53, in order for Kubernetes to create its pods: it adds 11 to it in a label. Set 'metadata.name' or shorten the ids.`,
    ]);
  });

  test.each(['foo.bar', 'Foo_Bar', '-foo', ''])('is refused when it is %j', name => {
    expect(complaints(small({ metadata: { name } }))).toEqual([
      `[test/ocr] 'name' (${name}) must be a DNS label (lower case letters, digits and inner dashes) in order to begin the names of the pods. Set 'metadata.name'.`,
    ]);
  });

  test('is refused too when it was made of long ids', () => {
    const chart = new Chart(Testing.app(), 'a-chart-with-a-name-that-is-long-enough');

    expect(complaints(small({}, chart))).toEqual([]);
    expect(complaints(new SyncAsyncStatefulSet(chart, 'recognition-of-characters', SMALL)))
      .toEqual([expect.stringContaining('must have at most 52 characters')]);
  });
});

describe('a count with an autoscaler', () => {
  test.each([[4, 4], [4, 10], [1, undefined], [0, undefined]])('of %p may have a minimum of %p', (count, minReplicas) => {
    expect(complaints(autoscaled(Split.count(count), minReplicas))).toEqual([]);
  });

  test.each([[4, 3], [2, undefined]])('of %p is refused with a minimum of %p', (count, minReplicas) => {
    expect(complaints(autoscaled(Split.count(count), minReplicas))).toEqual([
      `[test/ocr] 'minReplicas' (${minReplicas ?? 1}) of test/Hpa must be at least the number of synchronous pods (Split.count(${count})) in order for every synchronous pod to exist.`,
    ]);
  });

  test('is the most that a demand can ask for', () => {
    const split = Split.between(1, 4, { demand: ['ask'] });

    expect(complaints(autoscaled(split, 4))).toEqual([]);
    expect(complaints(autoscaled(split, 3))).toEqual([
      '[test/ocr] \'minReplicas\' (3) of test/Hpa must be at least the number of synchronous pods (Split.between(1, 4)) in order for every synchronous pod to exist.',
    ]);
  });

  test('is not concerned by the autoscaler of another set', () => {
    const set = autoscaled(Split.count(4), 4);
    const other = new SyncAsyncStatefulSet(Chart.of(set), 'other', { ...SMALL, replicas: undefined, split: Split.share(1, 2) });
    new kplus.HorizontalPodAutoscaler(Chart.of(set), 'OtherHpa', { target: other, maxReplicas: 3, metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.value(1))] });

    expect(complaints(set)).toEqual([]);
  });

  test('is left to other autoscalers that announce themselves', () => {
    const set = small({ replicas: undefined, split: Split.count(4) });
    set.markHasAutoscaler();

    expect(complaints(set)).toEqual([]);
  });

  test('is refused above one when nobody says how many replicas there are', () => {
    expect(complaints(small({ replicas: undefined, split: Split.count(2) }))).toEqual([
      '[test/ocr] \'split\' (Split.count(2)) must be at most \'replicas\' (1, the default) in order for every synchronous pod to exist.',
    ]);
    expect(complaints(small({ replicas: undefined, split: Split.count(1) }))).toEqual([]);
  });
});

test('an autoscaler that comes later makes the asynchronous role necessary', () => {
  const set = small({ replicas: 4, split: Split.count(4, { move: SplitMove.ROLLOUT }), asyncRole: undefined });
  expect(complaints(set)).toEqual([]);
  set.markHasAutoscaler();

  expect(complaints(set)).toEqual([
    '[test/ocr] \'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do: \'split\' is Split.count(4), and an autoscaler decides how many pods there are.',
  ]);
});

test('an autoscaler needs no asynchronous role where all pods are synchronous', () => {
  for (const split of [undefined, Split.share(1, 1)]) {
    const set = small({ replicas: undefined, split, asyncRole: undefined });
    set.markHasAutoscaler();

    expect(complaints(set)).toEqual([]);
  }
});

describe('a set that selects nothing', () => {
  test('is refused', () => {
    expect(complaints(small({ select: false }))).toEqual([
      '[test/ocr] \'select\' (false) must come with a call of select() in order for Kubernetes to know which pods belong to the StatefulSet.',
    ]);
  });

  test('is taken when it selects something later', () => {
    const set = small({ select: false, podMetadata: { labels: { app: 'ocr' } } });
    set.select(kplus.LabelSelector.of({ labels: { app: 'ocr' } }));

    expect(complaints(set)).toEqual([]);
  });
});

test('a share may have any autoscaler', () => {
  expect(complaints(autoscaled(Split.share(4, 10)))).toEqual([]);
});

test.each(['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', 'SYNC_ASYNC_ROLE', 'POD_ORDINAL', 'SYNC_ASYNC_SPAWN'])('the variable %s is refused when it is added later', name => {
  const set = small();
  set.mainContainer.env.addVariable(name, kplus.EnvValue.fromValue('x'));

  expect(complaints(set)).toEqual([
    `[test/ocr] 'envVariables' (${name}) must not be set in order for the entrypoint to know its pod; reserved are POD_NAME, INSTANCE, SYNC_INSTANCE, SYNC_ASYNC_ROLE, POD_ORDINAL, SYNC_ASYNC_SPAWN.`,
  ]);
});

test('the other containers may have variables of any name', () => {
  const set = small({ containers: [{ name: 'sidecar', image: 'sidecar', envVariables: { POD_NAME: kplus.EnvValue.fromValue('x') } }] });

  expect(complaints(set)).toEqual([]);
});

describe('a mount', () => {
  const mounting = (...paths: string[]) => {
    const set = small();
    paths.forEach((path, i) => set.mainContainer.mount(path, kplus.Volume.fromEmptyDir(set, `V${i}`, `v${i}`)));
    return complaints(set);
  };

  test.each(['/models', '/etc', '/run', '/etc/sync-async-too', '/tmp', '/run/sync-asyncs/x'])('may be at %s', path => {
    expect(mounting(path)).toEqual([]);
  });

  test.each([
    ['/etc/sync-async', '/etc/sync-async'],
    ['/etc/sync-async/values', '/etc/sync-async'],
    ['/etc//sync-async/./script/', '/etc/sync-async'],
    ['/run/sync-async', '/run/sync-async'],
    ['/var/run/sync-async/x', '/var/run/sync-async'],
    ['/run/x/../sync-async/state', '/run/sync-async'],
  ])('is refused at %s', (path, own) => {
    expect(mounting(path)).toEqual([
      `[test/ocr] 'volumeMounts' (${path}) must not be in ${own} in order for the entrypoint to find its own files.`,
    ]);
  });

  test.each(['', '/a:b'])('is refused at %j, which is no path to Kubernetes', path => {
    expect(mounting(path)).toEqual([
      `[test/ocr] 'volumeMounts' (${path}) must be a path without colons in order for Kubernetes to mount there.`,
    ]);
  });

  test('is refused where there is one already', () => {
    expect(mounting('/models', '/models/')).toEqual([
      '[test/ocr] \'volumeMounts\' (/models/) must be there only once in order to be a mount of one volume.',
    ]);
  });

  test('is refused also when it came with the props', () => {
    const volume = kplus.Volume.fromEmptyDir(Testing.chart(), 'V', 'v');

    expect(complaints(small({ volumeMounts: [{ path: '/run/sync-async', volume }] }))).toEqual([expect.stringContaining('(/run/sync-async)')]);
  });
});

describe('a volume called like one of the library', () => {
  const message = (name: string) => [
    `[test/ocr] 'volumes' (${name}) must not have a name that begins with sync-async- in order not to be mistaken for the library's own.`,
  ];
  const volume = (name: string) => kplus.Volume.fromEmptyDir(Testing.chart(), 'V', name);

  test.each(['sync-async-tmp', 'sync-async-script', 'sync-async-values', 'sync-async-run', 'sync-async-shm'])('is refused when it is %s', name => {
    expect(complaints(small({ volumeMounts: [{ path: '/x', volume: volume(name) }] }))).toEqual(message(name));
    expect(complaints(small({ volumes: [volume(name)] }))).toEqual(message(name));
  });

  test('is refused in other containers, and told once', () => {
    const volumeMounts = [{ path: '/x', volume: volume('sync-async-tmp') }];

    expect(complaints(small({ containers: [{ name: 'x', image: 'x', volumeMounts }], initContainers: [{ name: 'y', image: 'y', volumeMounts }] })))
      .toEqual(message('sync-async-tmp'));
  });

  test('is taken when it is one of the library', () => {
    const set = small({ sharedMemory: Size.mebibytes(64) });
    set.addContainer({ name: 'x', image: 'x', volumeMounts: set.mainContainer.mounts });

    expect(complaints(set)).toEqual([]);
  });
});

describe('containers', () => {
  test('may have names of their own', () => {
    expect(complaints(small({ containers: [{ name: 'sidecar', image: 'sidecar' }], initContainers: [{ image: 'init' }] }))).toEqual([]);
  });

  test('are refused when two have one name', () => {
    const metadata: ApiObjectMetadata = { name: 'ocr' };
    expect(complaints(small({ metadata, containers: [{ image: 'sidecar' }] }))).toEqual([
      '[test/ocr] \'containers\' (main, main) must have different names in order to be containers of one pod; main is there twice.',
    ]);

    const set = small({ metadata, initContainers: [{ name: 'a', image: 'init' }] });
    set.addContainer({ name: 'a', image: 'late' });
    expect(complaints(set)).toEqual([expect.stringContaining('\'containers\' (main, a, a) must have different names')]);
  });
});

describe('a variable in the words of a check', () => {
  const checking = (word: string, envFrom?: kplus.EnvFrom[]) => complaints(small({
    envFrom,
    envVariables: {
      PORT: kplus.EnvValue.fromValue('80'),
      POD_IP: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IP),
      ADDRESS: kplus.EnvValue.fromValue('$(POD_IP):80'),
    },
    syncRole: { processes: [{ name: 'server', command: ['serve'], ready: Check.command(['probe', word]) }] },
  }));

  test.each(['localhost:$(PORT)', 'x=$(date)', '$$(POD_IP)', '$POD_IP', '${POD_IP}'])('is taken in %s', word => {
    expect(checking(word)).toEqual([]);
  });

  test.each([
    ['$(POD_IP):80', 'POD_IP'], ['$$$(POD_IP)', 'POD_IP'], ['$(ADDRESS)', 'ADDRESS'],
  ])('is refused in %s, because in probes it would be something else', (word, name) => {
    expect(checking(word)).toEqual([
      `[test/ocr] 'command' (probe ${word}) of a check must not use $(${name}) in order to be the same in a probe, where the kubelet takes variables as the manifest writes them; use ['sh', '-c', '... "$${name}" ...'].`,
    ]);
  });

  const secret = kplus.Env.fromSecret(kplus.Secret.fromSecretName(Testing.chart(), 'S', 'secret'));

  test('is refused when it can come from a Secret, which probes do not know', () => {
    expect(checking('$(TOKEN)', [secret])).toEqual([
      '[test/ocr] \'command\' (probe $(TOKEN)) of a check must not use $(TOKEN) in order to be the same in a probe, where the kubelet takes variables as the manifest writes them; use [\'sh\', \'-c\', \'... "$TOKEN" ...\'].',
    ]);
    expect(checking('localhost:$(PORT)', [secret])).toEqual([]);
    expect(checking('$$(TOKEN)', [secret])).toEqual([]);
    expect(checking('$(TOKEN)')).toEqual([]);
  });

  test('is refused also when the Secret is added later', () => {
    const set = small({ syncRole: { processes: [{ name: 'server', command: ['serve'], ready: Check.command(['$(TOKEN)']) }] } });
    set.mainContainer.env.copyFrom(secret);

    expect(complaints(set)).toEqual([expect.stringContaining('must not use $(TOKEN)')]);
  });
});

test.each(['/', '/proc', '/dev', '/dev/termination-log', '//dev/'])('a mount at %s is refused, without which no container starts', path => {
  const set = small();
  set.mainContainer.mount(path, kplus.Volume.fromEmptyDir(set, 'Other', 'other'));

  expect(complaints(set)).toEqual([
    `[test/ocr] 'volumeMounts' (${path}) must not be one of /, /proc, /dev, /dev/termination-log in order for the container to start.`,
  ]);
});

test('a mount whose path is made of a variable that the kubelet does not know is refused', () => {
  const set = small();
  set.mainContainer.mount('/data', kplus.Volume.fromEmptyDir(set, 'Other', 'other'), { subPathExpr: 'pods/$(POD_ORDINAL)' });

  expect(complaints(set)).toEqual([
    '[test/ocr] \'volumeMounts\' (/data) must not use $(POD_ORDINAL) in \'subPathExpr\' in order to be mounted: the kubelet does not know this variable; use $(POD_NAME).',
  ]);
});

test('a Service that is not headless is refused', () => {
  const chart = Testing.chart();
  const service = new kplus.Service(chart, 'Own', { ports: [{ port: 80 }] });

  expect(complaints(small({ service }, chart))).toEqual([
    '[test/ocr] \'service\' (test/Own) must be headless, with clusterIP \'None\', in order for the pods to have names.',
  ]);
});

describe('a command', () => {
  const using = (word: string, props = {}) => complaints(small({ syncRole: { processes: [{ name: 'server', command: ['serve', word] }] }, ...props }));

  test('may use the variables that the container has', () => {
    expect(using('$(POD_NAME) $(SYNC_INSTANCE) $(INSTANCE) $(OTHER)')).toEqual([]);
  });

  test('may not use the count of a split that has none', () => {
    expect(complaints(small({ split: Split.between(1, 3, { demand: ['ask', '$(SYNC_INSTANCE)'] }) }))).toEqual([
      '[test/ocr] \'command\' must not use $(SYNC_INSTANCE) in order to be what it says: the container has no such variable with this split.',
    ]);
    expect(using('$(SYNC_INSTANCE)', { split: Split.share(1, 2) })).toEqual([
      '[test/ocr] \'command\' must not use $(SYNC_INSTANCE) in order to be what it says: the container has no such variable with this split.',
    ]);
  });

  test('may not use the number of pods when an autoscaler decides it', () => {
    const set = small({ replicas: undefined, syncRole: { processes: [{ name: 'server', command: ['serve', '$(INSTANCE)'] }] } });
    set.markHasAutoscaler();

    expect(complaints(set)).toEqual([
      '[test/ocr] \'command\' must not use $(INSTANCE) in order to be what it says: the container has no such variable with an autoscaler.',
    ]);
  });
});

test('a variable that is added later is looked at like the others', () => {
  const set = small();
  set.mainContainer.env.addVariable('a.b', kplus.EnvValue.fromValue('x'));

  expect(complaints(set)).toEqual([expect.stringContaining('\'envVariables\' (a.b) must be letters, digits and underscores')]);
});

describe('PATH', () => {
  const value = kplus.EnvValue.fromValue;
  const refused = (path: string) => [expect.stringContaining(`'envVariables' (PATH: ${path}) must not end up with a $ in it`)];
  const configMap = (set: SyncAsyncStatefulSet) => kplus.ConfigMap.fromConfigMapName(set, 'C', 'c');

  test('may be made of a variable before it', () => {
    expect(complaints(small({ envVariables: { PREFIX: value('/opt'), BIN: value('$(PREFIX)/bin'), PATH: value('$(BIN):/bin:/$(POD_NAME)') } }))).toEqual([]);
  });

  test('may be made of a value that is not known here', () => {
    const set = small();
    set.mainContainer.env.addVariable('PREFIX', kplus.EnvValue.fromConfigMap(configMap(set), 'prefix'));
    set.mainContainer.env.addVariable('PATH', value('$(PREFIX)/bin:/bin'));

    expect(complaints(set)).toEqual([]);
  });

  test('is refused when it is made of itself, of nothing, of a variable after it, or of one that keeps its $', () => {
    expect(complaints(small({ envVariables: { PATH: value('/opt/venv/bin:$(PATH)') } }))).toEqual(refused('/opt/venv/bin:$(PATH)'));
    expect(complaints(small({ envVariables: { PATH: value('$(PREFIX)/bin:/bin') } }))).toEqual(refused('$(PREFIX)/bin:/bin'));
    expect(complaints(small({ envVariables: { PATH: value('$(PREFIX)/bin:/bin'), PREFIX: value('/opt') } }))).toEqual(refused('$(PREFIX)/bin:/bin'));
    expect(complaints(small({ envVariables: { PREFIX: value('$HOME'), PATH: value('$(PREFIX)/bin:/bin') } }))).toEqual(refused('$(PREFIX)/bin:/bin'));
    expect(complaints(small({ envVariables: { PREFIX: value('$(HOME)'), PATH: value('$(PREFIX)/bin:/bin') } }))).toEqual(refused('$(PREFIX)/bin:/bin'));
  });

  test('may be made of anything that envFrom can bring, also later, but of nothing else', () => {
    const set = small({ envVariables: { PREFIX: value('$(HOME)'), PATH: value('$(PREFIX)/bin:$(PATH)') } });
    set.mainContainer.env.copyFrom(kplus.Env.fromConfigMap(configMap(set)));
    expect(complaints(set)).toEqual([]);

    const other = small();
    other.mainContainer.env.copyFrom(kplus.Env.fromConfigMap(configMap(other)));
    other.mainContainer.env.addVariable('PATH', value('/opt/venv/bin:$PATH'));
    expect(complaints(other)).toEqual(refused('/opt/venv/bin:$PATH'));
  });

  test('of other containers is their own affair', () => {
    expect(complaints(small({ containers: [{ name: 'sidecar', image: 'sidecar', envVariables: { PATH: value('/x:$PATH') } }] }))).toEqual([]);
  });
});
