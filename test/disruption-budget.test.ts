import { ApiObject, App, Chart, Testing, Yaml } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { DisruptionBudgetOptions, QueueTrigger, Split, SplitMove, SyncAsyncStatefulSet, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { manifest, rendered, small } from './manifest';
import { validate } from './schema';

const LABEL = 'cdk8s-sync-async/role';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const ALONE = { split: undefined, asyncRole: undefined };
const BOTH = { syncMinAvailable: 1, asyncMinAvailable: 1 };
const ADDRESS = { 'cdk8s.io/metadata.addr': 'test-ocr-c814d370' };

function budgeted(options: DisruptionBudgetOptions, props: Partial<SyncAsyncStatefulSetProps> = {}, chart: Chart = Testing.chart()) {
  const set = small({ replicas: 10, split: Split.count(4), ...props }, chart);
  set.addDisruptionBudgets(options);
  return set;
}

const budget = (set: SyncAsyncStatefulSet, role: string) => rendered(set, 'PodDisruptionBudget', `-${role}budget`);
const names = (...ordinals: number[]) => ordinals.map(ordinal => `test-ocr-c8ea0272-${ordinal}`);
const between = Split.between(2, 6, { demand: ['ask'] });
type Change = (set: SyncAsyncStatefulSet) => void;
const synthProblem = (options: DisruptionBudgetOptions, props: Partial<SyncAsyncStatefulSetProps>, change: Change = () => {}) => {
  const set = budgeted(options, props);
  change(set);
  return () => Testing.synth(Chart.of(set));
};
const hpa = (minReplicas: number): Change => set => {
  const metrics = [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70))];
  new kplus.HorizontalPodAutoscaler(Chart.of(set), `Scaler${minReplicas}`, { target: set, minReplicas, maxReplicas: 20, metrics });
};
const keda: Change = set => set.markHasAutoscaler();

test('there is none that nobody asked for', () => {
  expect(manifest(Chart.of(small())).map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
});

test('a role without a number has none', () => {
  const kinds = (options: DisruptionBudgetOptions) => manifest(Chart.of(budgeted(options))).filter(({ kind }) => kind === 'PodDisruptionBudget').map(({ metadata }) => metadata.name);

  expect(kinds({ syncMinAvailable: 3 })).toEqual(['test-ocr-syncbudget-c87a1c10']);
  expect(kinds({ asyncMinAvailable: 3 })).toEqual(['test-ocr-asyncbudget-c8c2c969']);
});

test('by the label, where the pods keep one, they follow every move', () => {
  const set = budgeted({ syncMinAvailable: 3, asyncMinAvailable: 2 }, { roleLabel: {} });

  expect(budget(set, 'sync').spec).toEqual({ minAvailable: 3, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { ...ADDRESS, [LABEL]: 'sync' } } });
  expect(budget(set, 'async').spec).toEqual({ minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { ...ADDRESS, [LABEL]: 'async' } } });
});

test('by names, where they keep none, every pod is in one of both', () => {
  const set = budgeted({ syncMinAvailable: 3, asyncMinAvailable: 2 });
  const expression = (operator: string) => ({ matchLabels: ADDRESS, matchExpressions: [{ key: POD_NAME, operator, values: names(0, 1, 2, 3) }] });

  expect(budget(set, 'sync').spec).toEqual({ minAvailable: 3, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: expression('In') });
  expect(budget(set, 'async').spec).toEqual({ minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: expression('NotIn') });
});

describe('the names are', () => {
  const values = (props: Partial<SyncAsyncStatefulSetProps>, role = 'sync') =>
    budget(budgeted(role === 'sync' ? { syncMinAvailable: 1 } : { asyncMinAvailable: 1 }, props), role).spec.selector.matchExpressions?.[0].values;

  test('those of a share', () => {
    expect(values({ split: Split.share(2, 5) })).toEqual(names(0, 2, 5, 7));
    expect(values({ split: Split.share(2, 5) }, 'async')).toEqual(names(0, 2, 5, 7));
  });

  test('those of a count that is rolled out', () => {
    expect(values({ split: Split.count(2, { move: SplitMove.ROLLOUT }) })).toEqual(names(0, 1));
  });

  test('not there without a split, since every pod is synchronous', () => {
    expect(values(ALONE)).toBeUndefined();
    expect(budget(budgeted({ syncMinAvailable: 1 }, ALONE), 'sync').spec.selector).toEqual({ matchLabels: ADDRESS });
  });

  test('not there with a count of none, since every pod is asynchronous', () => {
    expect(values({ split: Split.count(0) }, 'async')).toBeUndefined();
  });

  test('those of a count, however many pods an autoscaler makes', () => {
    const set = budgeted({ syncMinAvailable: 1 }, { replicas: undefined });
    hpa(5)(set);

    expect(budget(set, 'sync').spec.selector.matchExpressions[0].values).toEqual(names(0, 1, 2, 3));
  });
});

test('pods are selected as the set selects them, also by what it is told later', () => {
  const set = budgeted({ syncMinAvailable: 3 });
  set.select(kplus.LabelSelector.of({ labels: { app: 'ocr' }, expressions: [kplus.LabelExpression.exists('team')] }));
  const labelled = budgeted({ syncMinAvailable: 3 }, { roleLabel: {} });
  labelled.select(kplus.LabelSelector.of({ expressions: [kplus.LabelExpression.exists('team')] }));

  expect(budget(set, 'sync').spec.selector.matchLabels).toEqual({ ...ADDRESS, app: 'ocr' });
  expect(budget(set, 'sync').spec.selector.matchExpressions).toEqual([{ key: 'team', operator: 'Exists' }, { key: POD_NAME, operator: 'In', values: names(0, 1, 2, 3) }]);
  expect(budget(labelled, 'sync').spec.selector.matchExpressions).toEqual([{ key: 'team', operator: 'Exists' }]);
});

test('they are in the namespace of the set, and have its labels', () => {
  const chart = new Chart(new App(), 'vision', { namespace: 'vision', disableResourceNameHashes: true });
  const set = budgeted(BOTH, {}, chart);
  const elsewhere = budgeted(BOTH, { metadata: { namespace: 'speech', labels: { 'app.kubernetes.io/name': 'words' } } });

  expect(budget(set, 'sync').metadata).toEqual({
    name: 'vision-ocr-syncbudget',
    namespace: 'vision',
    labels: { 'app.kubernetes.io/name': 'ocr', 'app.kubernetes.io/instance': 'vision-ocr', 'app.kubernetes.io/managed-by': 'cdk8s' },
  });
  expect(budget(elsewhere, 'async').metadata).toMatchObject({ namespace: 'speech', labels: { 'app.kubernetes.io/name': 'words' } });
});

test('ids and names stay as they are', () => {
  const set = budgeted(BOTH);

  expect(set.node.children.map(child => child.node.id).slice(-2)).toEqual(['SyncBudget', 'AsyncBudget']);
  expect([budget(set, 'sync'), budget(set, 'async')].map(({ metadata }) => metadata.name)).toEqual(['test-ocr-syncbudget-c87a1c10', 'test-ocr-asyncbudget-c8c2c969']);
});

test.each<[string, Partial<SyncAsyncStatefulSetProps>, DisruptionBudgetOptions]>([
  ['a label', { roleLabel: {} }, BOTH],
  ['names', {}, BOTH],
  ['no split', ALONE, { syncMinAvailable: 1 }],
  ['a count of none', { split: Split.count(0) }, { asyncMinAvailable: 1 }],
])('with %s the YAML is what the Kubernetes API takes', (_, props, options) => {
  const chart = Chart.of(budgeted(options, props));

  expect(() => validate(manifest(chart))).not.toThrow();
  expect(Yaml.stringify(...Testing.synth(chart))).toMatch(/^ {2}minAvailable: 1$/m);
});

test('patches have the last word', () => {
  const set = budgeted({ syncMinAvailable: 3 });
  ApiObject.of(set.node.findChild('SyncBudget')).metadata.addAnnotation('owner', 'vision');

  expect(budget(set, 'sync').metadata.annotations).toEqual({ owner: 'vision' });
});

describe('refused at once', () => {
  const whole = 'must be a whole number from 1 to 999999 in order to count the pods of one role: Kubernetes takes percentages of all replicas of the StatefulSet.';

  test.each([
    [{ syncMinAvailable: '50%' }, `'syncMinAvailable' (50%) ${whole}`],
    [{ asyncMinAvailable: '1' }, `'asyncMinAvailable' (1) ${whole}`],
    [{ syncMinAvailable: 1.5 }, `'syncMinAvailable' (1.5) ${whole}`],
    [{ syncMinAvailable: -1 }, `'syncMinAvailable' (-1) ${whole}`],
    [{ syncMinAvailable: 3, asyncMinAvailable: 0 }, `'asyncMinAvailable' (0) ${whole}`],
    [{ syncMinAvailable: null }, `'syncMinAvailable' (null) ${whole}`],
    [{}, '\'syncMinAvailable\' (undefined) must be given, or \'asyncMinAvailable\', in order for a budget to keep pods.'],
    [{ syncMinAvailable: 3, minReplicas: 0.5 }, '\'minReplicas\' (0.5) must be a whole number from 1 to 999999 in order to be the fewest pods that there will be.'],
  ])('%j', (options, message) => {
    expect(() => budgeted(options as any)).toThrow(new Error(message));
  });

  test.each(['maxUnavailable', 'syncMaxUnavailable'])('%s, which would block every drain', key => {
    expect(() => budgeted({ syncMinAvailable: 3, [key]: 1 } as any)).toThrow(new Error(
      `'${key}' (1) must be said as 'syncMinAvailable' or 'asyncMinAvailable' in order to be about one role: Kubernetes subtracts it from all replicas of the StatefulSet, and would refuse every eviction.`));
  });

  test('a second call, since a pod with two budgets can never be evicted', () => {
    expect(() => budgeted({ syncMinAvailable: 3 }).addDisruptionBudgets({ asyncMinAvailable: 1 })).toThrow(new Error(
      '\'addDisruptionBudgets\' (called again) must be called once, with the numbers of both roles, in order for no pod to have two budgets: it could never be evicted.'));
  });

  test.each([['Split.between(2, 6)', between], ['Split.schedule', Split.schedule([{ from: '08:00', to: '20:00', sync: 6 }], { otherwise: 2 })]])(
    '%s without a label, since nothing else knows the roles of the pods between', (name, split) => {
      expect(() => budgeted({ syncMinAvailable: 1 }, { split })).toThrow(new Error(
        `'roleLabel' (undefined) must be given, such as roleLabel: {}, in order for budgets to know the roles of the pods that follow ${name}.`));
    });

  test('nothing of the set is changed by what is refused', () => {
    const set = small({ replicas: 10, split: Split.count(4) });
    expect(() => set.addDisruptionBudgets({ syncMinAvailable: 3, asyncMinAvailable: -1 })).toThrow();
    set.addDisruptionBudgets({ syncMinAvailable: 3 });

    expect(budget(set, 'sync').spec.minAvailable).toBe(3);
  });
});

describe('refused at synth is what would block every drain', () => {
  const blocked = (prop: string, floor: number, role: string, fewest: number, why: string) =>
    `'${prop}' (${floor}) must be less than the ${role} pods that are sure to be there, which are ${fewest} (${why}), in order for drains to end: with no pod to spare, each would wait for ever.`;

  test.each<[DisruptionBudgetOptions, Partial<SyncAsyncStatefulSetProps>, string]>([
    [{ syncMinAvailable: 4 }, {}, blocked('syncMinAvailable', 4, 'synchronous', 4, '10 pods, Split.count(4)')],
    [{ asyncMinAvailable: 6 }, {}, blocked('asyncMinAvailable', 6, 'asynchronous', 6, '10 pods, Split.count(4)')],
    [{ syncMinAvailable: 4 }, { split: Split.share(2, 5) }, blocked('syncMinAvailable', 4, 'synchronous', 4, '10 pods, Split.share(2, 5)')],
    [{ asyncMinAvailable: 6 }, { split: Split.share(2, 5) }, blocked('asyncMinAvailable', 6, 'asynchronous', 6, '10 pods, Split.share(2, 5)')],
    [{ syncMinAvailable: 2 }, { split: between, roleLabel: {} }, blocked('syncMinAvailable', 2, 'synchronous', 2, '10 pods, Split.between(2, 6)')],
    [{ asyncMinAvailable: 4 }, { split: between, roleLabel: {} }, blocked('asyncMinAvailable', 4, 'asynchronous', 4, '10 pods, Split.between(2, 6)')],
    [{ syncMinAvailable: 10 }, ALONE, blocked('syncMinAvailable', 10, 'synchronous', 10, '10 pods, no split')],
    [{ syncMinAvailable: 1 }, { ...ALONE, replicas: undefined }, blocked('syncMinAvailable', 1, 'synchronous', 1, '1 pods, no split')],
    [{ syncMinAvailable: 3, minReplicas: 3 }, {}, blocked('syncMinAvailable', 3, 'synchronous', 3, '3 pods, Split.count(4)')],
    [{ asyncMinAvailable: 2, minReplicas: 6 }, {}, blocked('asyncMinAvailable', 2, 'asynchronous', 2, '6 pods, Split.count(4)')],
  ])('%j of %j', (options, props, message) => {
    expect(synthProblem(options, props)).toThrow(message);
    const [[key, floor]] = Object.entries(options);
    if (floor > 1) expect(synthProblem({ ...options, [key]: floor - 1 }, props)).not.toThrow();
  });

  test.each<[string, DisruptionBudgetOptions, Partial<SyncAsyncStatefulSetProps>]>([
    ['asynchronous pods, without a split', { asyncMinAvailable: 1 }, ALONE],
    ['asynchronous pods, where all are synchronous', { asyncMinAvailable: 1 }, { split: Split.count(10) }],
    ['asynchronous pods, where all could be synchronous', { asyncMinAvailable: 1 }, { split: Split.between(2, 10, { demand: ['ask'] }), roleLabel: {} }],
    ['asynchronous pods, where fewer are left than are counted', { asyncMinAvailable: 1, minReplicas: 3 }, {}],
    ['synchronous pods, where all are asynchronous', { syncMinAvailable: 1 }, { split: Split.count(0) }],
  ])('a floor for %s', (_, options, props) => {
    expect(synthProblem(options, props)).toThrow(/MinAvailable' \(1\) must be less than the a?synchronous pods that are sure to be there, which are 0 \(/);
  });

  describe('with an autoscaler', () => {
    const scaled = { replicas: undefined, roleLabel: { maxReplicas: 20 } };

    test('its smallest number of pods counts', () => {
      expect(synthProblem({ asyncMinAvailable: 4 }, scaled, hpa(8))).toThrow(blocked('asyncMinAvailable', 4, 'asynchronous', 4, '8 pods, Split.count(4)'));
      expect(synthProblem({ asyncMinAvailable: 3 }, scaled, hpa(8))).not.toThrow();
      const share = { ...scaled, split: Split.share(2, 5) };
      expect(synthProblem({ syncMinAvailable: 2 }, share, hpa(5))).toThrow(blocked('syncMinAvailable', 2, 'synchronous', 2, '5 pods, Split.share(2, 5)'));
      expect(synthProblem({ syncMinAvailable: 2 }, share, hpa(6))).not.toThrow();
    });

    test('of two the smaller one counts', () => {
      const two: Change = set => [hpa(8), hpa(5)].forEach(add => add(set));

      expect(synthProblem({ asyncMinAvailable: 4 }, { ...scaled, split: Split.count(1) }, two))
        .toThrow(blocked('asyncMinAvailable', 4, 'asynchronous', 4, '5 pods, Split.count(1)'));
    });

    test('scaleAsync tells its fewest workers, also when it comes after the budgets', () => {
      const queue = QueueTrigger.rabbitmq({ queueName: 'jobs', host: 'amqp://rabbitmq' });
      const workers = (minWorkers: number): Change => set => void set.scaleAsync({ queue, jobsPerWorker: 20, minWorkers, maxWorkers: 9 });

      expect(synthProblem({ asyncMinAvailable: 1 }, scaled, workers(2))).not.toThrow();
      expect(synthProblem({ asyncMinAvailable: 1 }, scaled, workers(1))).toThrow(blocked('asyncMinAvailable', 1, 'asynchronous', 1, '5 pods, Split.count(4)'));
    });

    test('one that is none of cdk8s-plus leaves all of a count, and of the others what is said', () => {
      expect(synthProblem({ syncMinAvailable: 3 }, scaled, keda)).not.toThrow();
      expect(synthProblem({ syncMinAvailable: 4 }, scaled, keda)).toThrow(blocked('syncMinAvailable', 4, 'synchronous', 4, 'Split.count(4)'));
      expect(synthProblem({ asyncMinAvailable: 1 }, scaled, keda)).toThrow(
        '\'minReplicas\' (undefined) must be given in order to know that \'asyncMinAvailable\' (1) does not block every drain: an autoscaler decides how many pods there are.');
      expect(synthProblem({ syncMinAvailable: 1 }, { ...scaled, split: Split.share(2, 5) }, keda)).toThrow('\'minReplicas\' (undefined) must be given in order to know that \'syncMinAvailable\' (1)');
      expect(synthProblem({ syncMinAvailable: 1 }, { ...scaled, ...ALONE }, keda)).toThrow('\'minReplicas\' (undefined) must be given in order to know that \'syncMinAvailable\' (1)');
      expect(synthProblem({ asyncMinAvailable: 1, minReplicas: 6 }, scaled, keda)).not.toThrow();
      expect(synthProblem({ asyncMinAvailable: 2, minReplicas: 6 }, scaled, keda)).toThrow(blocked('asyncMinAvailable', 2, 'asynchronous', 2, '6 pods, Split.count(4)'));
    });

    test('a share needs a label, since every new pod can be of either role', () => {
      const share = { replicas: undefined, split: Split.share(2, 5) };

      expect(synthProblem({ syncMinAvailable: 1 }, share, hpa(5))).toThrow(
        '\'roleLabel\' (undefined) must be given, such as roleLabel: { maxReplicas: 20 }, in order for budgets to know the roles of the pods that an autoscaler adds to Split.share(2, 5).');
      expect(synthProblem({ syncMinAvailable: 1 }, { ...share, roleLabel: { maxReplicas: 20 } }, hpa(5))).not.toThrow();
      expect(synthProblem({ syncMinAvailable: 4 }, { replicas: undefined, ...ALONE }, hpa(5))).not.toThrow();
    });
  });

  test('a smallest number of pods that is more than the set has', () => {
    expect(synthProblem({ syncMinAvailable: 3, minReplicas: 11 }, {})).toThrow('\'minReplicas\' (11) must be at most 10, the fewest pods that test/ocr has, in order to be the fewest.');
    expect(synthProblem({ syncMinAvailable: 3, minReplicas: 6 }, { replicas: undefined }, hpa(5))).toThrow('\'minReplicas\' (6) must be at most 5, the fewest pods that test/ocr has, in order to be the fewest.');
  });
});
