import { ApiObject, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { AsyncScalerOptions, QueueTrigger, RoleLabelOptions, Split, SplitMove, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { manifest, rendered, small } from './manifest';

const QUEUE = QueueTrigger.redis({ listName: 'jobs', address: 'redis.vision.svc:6379' });
const OPTIONS: AsyncScalerOptions = { queue: QUEUE, jobsPerWorker: 20, maxWorkers: 16 };

/** A set with a scaler. */
function scaled(options: Partial<AsyncScalerOptions> = {}, props: Partial<SyncAsyncStatefulSetProps> = {}, chart?: Chart) {
  const set = small({ replicas: undefined, split: Split.count(4), ...props }, chart);
  set.scaleAsync({ ...OPTIONS, ...options });
  return set;
}
const spec = (options?: Partial<AsyncScalerOptions>, props?: Partial<SyncAsyncStatefulSetProps>) => rendered(scaled(options, props), 'ScaledObject').spec;
const behavior = (options: Partial<AsyncScalerOptions>) => spec(options).advanced.horizontalPodAutoscalerConfig.behavior;

/** What an autoscaler makes of the formula, with its tolerance of 0, within the bounds. */
function pods({ minReplicaCount, maxReplicaCount, advanced: { scalingModifiers: { formula, target } } }: any, queue: number): number {
  const value = new Function('queue', `return ${formula}`)(queue);
  return Math.min(maxReplicaCount, Math.max(minReplicaCount, Math.ceil(value / Number(target))));
}

test('it is an object of KEDA that scales the set', () => {
  const chart = Testing.chart();
  scaled({}, {}, chart);

  expect(manifest(chart).find(object => object.kind === 'ScaledObject')).toMatchSnapshot();
});

describe('the number of pods', () => {
  test('is the synchronous ones, and a worker for each so many jobs', () => {
    expect([0, 1, 20, 21, 100, 101, 320, 321, 9999].map(queue => pods(spec(), queue))).toEqual([5, 5, 5, 6, 9, 10, 20, 20, 20]);
  });

  test.each([[1, 1], [4, 20], [100, 3]])('with %d synchronous pods and %d jobs for a worker counts workers alone', (sync, jobsPerWorker) => {
    const { minReplicaCount, ...rest } = spec({ jobsPerWorker, minWorkers: 0 }, { split: Split.count(sync) });

    for (const workers of [0, 1, 2, 7, 16]) expect(pods({ minReplicaCount, ...rest }, workers * jobsPerWorker)).toBe(sync + workers);
  });

  test('is never less than the synchronous pods and the fewest workers', () => {
    expect(spec()).toMatchObject({ minReplicaCount: 5, maxReplicaCount: 20 });
    expect(spec({ minWorkers: 0 })).toMatchObject({ minReplicaCount: 4, maxReplicaCount: 20 });
    expect(spec({ minWorkers: 16 })).toMatchObject({ minReplicaCount: 20, maxReplicaCount: 20 });
  });

  test('is the same however the count is moved', () => {
    expect(spec({}, { split: Split.count(4, { move: SplitMove.ROLLOUT }) })).toEqual(spec());
  });

  test('counts all pods as synchronous that can be, where the number follows a demand', () => {
    expect(spec({}, { split: Split.between(2, 4, { demand: ['ask'] }) })).toEqual(spec());
    expect(spec({}, { split: Split.schedule([{ from: '08:00', to: '18:00', sync: 4 }], { otherwise: 1 }) })).toEqual(spec());
  });

  test('is a matter of workers alone, where none is synchronous', () => {
    const { minReplicaCount, advanced } = spec({}, { split: Split.count(0) });

    expect([minReplicaCount, advanced.scalingModifiers.formula]).toEqual([1, 'queue + 0']);
  });
});

describe('the set', () => {
  test('has no replicas and no INSTANCE, as with any autoscaler', () => {
    const set = scaled();

    expect(rendered(set).spec).not.toHaveProperty('replicas');
    expect(rendered(set, 'ConfigMap', 'values').data).toEqual({ SYNC_INSTANCE: '4' });
  });

  test('is otherwise what it was, and so are its pods', () => {
    const set = small({ replicas: undefined, split: Split.count(4) });
    set.markHasAutoscaler();

    expect(rendered(scaled())).toEqual(rendered(set));
  });

  test('gives its name, namespace and labels to the scaler, which comes after it', () => {
    const chart = new Chart(Testing.app(), 'test', { namespace: 'vision', disableResourceNameHashes: true });
    const set = scaled({}, {}, chart);
    new kplus.ConfigMap(chart, 'Last').node.addDependency(ApiObject.of(set));
    const { metadata, spec: { scaleTargetRef } } = rendered(set, 'ScaledObject');

    expect(metadata).toEqual({ name: 'test-ocr', namespace: 'vision', labels: rendered(set).metadata.labels });
    expect(scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'test-ocr' });
    expect(manifest(chart).map(object => object.kind).filter(kind => kind.startsWith('S')).slice(-2)).toEqual(['StatefulSet', 'ScaledObject']);
  });

  test('gives a namespace of its own too', () => {
    expect(rendered(scaled({}, { metadata: { namespace: 'speech' } }), 'ScaledObject').metadata.namespace).toBe('speech');
  });

  test('knows its synchronous pods', () => {
    expect(scaled().syncHosts()).toHaveLength(4);
  });
});

describe('how fast it is', () => {
  test('is what Kubernetes does by itself, but that no tenth of the pods is left alone', () => {
    expect(behavior({})).toEqual({ scaleUp: { tolerance: '0' }, scaleDown: { tolerance: '0' } });
  });

  test('is what the rules say', () => {
    const policies = [{ replicas: kplus.Replicas.absolute(2) }, { replicas: kplus.Replicas.percent(50), duration: Duration.minutes(1) }];

    expect(behavior({
      scaleUp: { strategy: kplus.ScalingStrategy.MIN_CHANGE, policies },
      scaleDown: { stabilizationWindow: Duration.minutes(10) },
    })).toEqual({
      scaleUp: { tolerance: '0', selectPolicy: 'Min', policies: [{ type: 'Pods', value: 2, periodSeconds: 15 }, { type: 'Percent', value: 50, periodSeconds: 60 }] },
      scaleDown: { tolerance: '0', stabilizationWindowSeconds: 600 },
    });
  });

  test('can be at once', () => {
    expect(behavior({ scaleDown: { stabilizationWindow: Duration.seconds(0) } }).scaleDown).toEqual({ tolerance: '0', stabilizationWindowSeconds: 0 });
  });
});

test('what comes back is the object, for what has no option', () => {
  const set = small({ replicas: undefined });
  set.scaleAsync(OPTIONS).addJsonPatch(JsonPatch.add('/spec/fallback', { failureThreshold: 3, replicas: 6 }));

  expect(rendered(set, 'ScaledObject').spec.fallback).toEqual({ failureThreshold: 3, replicas: 6 });
});

describe('with the role label', () => {
  const names = (roleLabel: RoleLabelOptions) => rendered(scaled({}, { roleLabel }), 'Role').rules[0].resourceNames.length;

  test('the Role names all pods that there can be', () => {
    expect(names({})).toBe(20);
    expect(names({ maxReplicas: 20 })).toBe(20);
    expect(names({ maxReplicas: 30 })).toBe(30);
  });

  test('fewer are refused', () => {
    expect(() => scaled({}, { roleLabel: { maxReplicas: 19 } })).toThrow(new Error(
      '\'roleLabel.maxReplicas\' (19) must be at least 20, which is \'maxWorkers\' (16) and 4 synchronous pods, in order for the Role to name every pod.'));
  });

  test('and more than fit into one Role', () => {
    const set = scaled({ maxWorkers: 20_000 }, { roleLabel: {} });

    expect(() => Testing.synth(Chart.of(set))).toThrow('\'roleLabel.maxReplicas\' (20004) must be at most');
  });
});

describe('refused is', () => {
  test('a set without a split, which has no workers', () => {
    expect(() => scaled({}, { split: undefined, asyncRole: undefined })).toThrow(new Error('\'split\' (undefined) must be given in order for some pods to be workers, such as Split.count(2).'));
  });

  test('a share, with which both roles grow', () => {
    expect(() => scaled({}, { split: Split.share(2, 5) })).toThrow(new Error(
      '\'split\' (Split.share(2, 5)) must have a number of synchronous pods in order for workers alone to be scaled: with a share a new pod may be a synchronous one. A kplus.HorizontalPodAutoscaler scales both roles.'));
  });

  test('a fixed number of pods', () => {
    expect(() => scaled({}, { replicas: 10 })).toThrow(new Error('\'replicas\' (10) must be left out in order for an autoscaler to decide.'));
  });

  test('a second scaler', () => {
    expect(() => scaled().scaleAsync(OPTIONS)).toThrow(new Error(
      '\'scaleAsync\' (test/ocr) must be the only autoscaler in order to decide how many pods there are: there is one already.'));
  });

  const hpa = (set: ReturnType<typeof small>) => new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Hpa', {
    target: set, minReplicas: 5, maxReplicas: 9, metrics: [kplus.Metric.external({ name: 'queue', target: kplus.MetricTarget.averageValue(20) })],
  });

  test('an HPA before it', () => {
    const set = small({ replicas: undefined });
    hpa(set);

    expect(() => set.scaleAsync(OPTIONS)).toThrow('must be the only autoscaler');
  });

  test('an HPA after it', () => {
    const set = scaled();
    hpa(set);

    expect(() => Testing.synth(Chart.of(set))).toThrow(
      '\'target\' (test/ocr) of test/Hpa must have no other autoscaler in order for one to decide how many pods there are: it has that of scaleAsync.');
  });

  test('but not an HPA of another set', () => {
    const set = scaled();
    hpa(small({ replicas: undefined, metadata: { name: 'other' } }, new Chart(Chart.of(set), 'inner')));

    expect(() => Testing.synth(Chart.of(set))).not.toThrow();
  });

  test.each<[string, Partial<AsyncScalerOptions>, string]>([
    ['no queue', { queue: undefined as any }, '\'queue\' (undefined) must be given in order for its jobs to be counted.'],
    ['another queue', { queue: {} as any }, '\'queue\' ({}) must be a QueueTrigger, such as QueueTrigger.rabbitmq({ ... }), in order to be understood.'],
    ['no job for a worker', { jobsPerWorker: 0 }, '\'jobsPerWorker\' (0) must be a whole number from 1 to 999999 in order to be jobs for one worker.'],
    ['half a job', { jobsPerWorker: 2.5 }, '\'jobsPerWorker\' (2.5) must be a whole number'],
    ['too many jobs', { jobsPerWorker: 1_000_000 }, '\'jobsPerWorker\' (1000000) must be a whole number'],
    ['fewer than no workers', { minWorkers: -1 }, '\'minWorkers\' (-1) must be a whole number from 0 to 999995 in order to be the fewest workers.'],
    ['fewest and most the wrong way round', { minWorkers: 5, maxWorkers: 4 },
      '\'maxWorkers\' (4) must be a whole number from 5 to 999995 in order to be the most workers, where 5 are the fewest and 4 pods are synchronous.'],
    ['no worker at all', { minWorkers: 0, maxWorkers: 0 }, '\'maxWorkers\' (0) must be a whole number from 1'],
    ['more pods than can be counted', { maxWorkers: 999_996 }, '\'maxWorkers\' (999996) must be a whole number from 1 to 999995'],
    ['a window of more than an hour', { scaleDown: { stabilizationWindow: Duration.minutes(61) } },
      '\'scaleDown.stabilizationWindow\' (3660) must be a whole number from 0 to 3600 in order to be seconds that Kubernetes takes.'],
    ['a policy of more than half an hour', { scaleUp: { policies: [{ replicas: kplus.Replicas.absolute(1), duration: Duration.minutes(31) }] } },
      '\'scaleUp.policies[0].duration\' (1860) must be a whole number from 1 to 1800 in order to be seconds that Kubernetes takes.'],
    ['a policy of no pods', { scaleUp: { policies: [{ replicas: kplus.Replicas.absolute(0) }] } }, '\'scaleUp.policies[0].replicas\' (0) must be a whole number from 1'],
    ['rules without policies', { scaleUp: { policies: [] } }, '\'scaleUp.policies\' ([]) must have at least one policy in order to limit anything; leave it out for the default.'],
    ['a strategy that there is not', { scaleUp: { strategy: 'Some' as any } }, '\'scaleUp.strategy\' (Some) must be one of Max, Min, Disabled in order to choose among policies.'],
  ])('%s', (_, options, message) => {
    expect(() => scaled(options)).toThrow(message);
  });
});

test('ids and names stay as they are', () => {
  const set = scaled();

  expect(set.node.children.map(child => child.node.id)).toEqual(['Resource', 'Service', 'Values', 'ScriptVolume', 'ValuesVolume', 'RunVolume', 'TmpVolume', 'Scaler']);
  expect(ApiObject.of(set).name).toBe('test-ocr-c8ea0272');
  expect(rendered(set, 'ScaledObject').metadata.name).toBe('test-ocr-c8ea0272');
});
