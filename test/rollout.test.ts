import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Rollout, Split, SplitMove, SyncAsyncStatefulSet, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { manifest, rendered, small } from './manifest';
import { validate } from './schema';

const schedule = Split.schedule([{ from: '08:00', to: '20:00', sync: 6 }], { otherwise: 2, timeZone: 'UTC' });
const between = Split.between(2, 6, { demand: ['demand'] });
const strategy = (props: Partial<SyncAsyncStatefulSetProps>) => rendered(small({ replicas: 10, ...props })).spec.updateStrategy;

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

test('by default a new template reaches every pod, one after another', () => {
  expect(strategy({})).toEqual({ type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
  expect(strategy({ rollout: Rollout.toAll() })).toEqual(strategy({}));
});

test.each([
  ['a count', Split.count(4), 4],
  ['a count that is rolled out', Split.count(4, { move: SplitMove.ROLLOUT }), 4],
  ['a count of 0, where all pods are asynchronous', Split.count(0), 0],
  ['two numbers', between, 6],
  ['a schedule', schedule, 6],
])('with asyncFirst it reaches the pods that are always asynchronous: with %s', (_, split, partition) => {
  expect(strategy({ split, rollout: Rollout.asyncFirst() })).toEqual({ type: 'RollingUpdate', rollingUpdate: { partition } });
});

test('asyncFirst goes with an autoscaler, which adds and takes asynchronous pods', () => {
  const set = small({ replicas: undefined, split: Split.count(4), rollout: Rollout.asyncFirst() });
  set.markHasAutoscaler();

  expect(rendered(set).spec.updateStrategy.rollingUpdate).toEqual({ partition: 4 });
});

test.each([
  ['a count', Split.count(4)],
  ['a share', Split.share(4, 10)],
  ['no split', undefined],
])('a canary is the last pods: with %s', (_, split) => {
  expect(strategy({ split, rollout: Rollout.canary(2), ...split ? {} : { asyncRole: undefined } }).rollingUpdate).toEqual({ partition: 8 });
});

test('several pods at a time: the number is in the manifest, and a warning says that not every cluster honors it', () => {
  const set = small({ replicas: 10, split: Split.count(4), rollout: Rollout.asyncFirst({ maxUnavailable: 3 }) });

  expect(rendered(set).spec.updateStrategy.rollingUpdate).toEqual({ partition: 4, maxUnavailable: 3 });
  expect(() => validate(manifest(Chart.of(set)))).not.toThrow();
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(warnings.mock.calls[0]).toEqual([expect.stringMatching(/^'maxUnavailable' \(3\) is honored from Kubernetes 1\.37 on/), 'cdk8s-sync-async']);
});

test.each([
  ['the cluster is said to honor it', Rollout.toAll({ maxUnavailable: 3, maxUnavailableEnabled: true })],
  ['it is 1, as everywhere', Rollout.canary(2, { maxUnavailable: 1 })],
  ['it is not given', Rollout.asyncFirst()],
])('there is no warning when %s', (_, rollout) => {
  strategy({ rollout });

  expect(warnings).not.toHaveBeenCalled();
});

test('a new rollout changes nothing in the template', () => {
  const template = (rollout: Rollout) => rendered(small({ replicas: 10, rollout })).spec.template;

  expect(template(Rollout.asyncFirst())).toEqual(template(Rollout.toAll({ maxUnavailable: 2 })));
});

test.each<[Partial<SyncAsyncStatefulSetProps>, string]>([
  [{ split: Split.share(4, 10), rollout: Rollout.asyncFirst() }, '\'rollout\' (Rollout.asyncFirst()) must come with a split by count, or between two, in order for asynchronous pods to be those with the highest ordinals: Split.share(4, 10) spreads the roles over all of them; use Rollout.canary(1).'],
  [{ split: undefined, asyncRole: undefined, rollout: Rollout.asyncFirst() }, '\'split\' is none, every pod is synchronous.'],
  [{ split: Split.count(10), rollout: Rollout.asyncFirst() }, '\'rollout\' (Rollout.asyncFirst()) must leave some of the 10 pods always asynchronous in order to reach any: \'split\' is Split.count(10).'],
  [{ replicas: 6, split: between, rollout: Rollout.asyncFirst() }, '\'split\' is Split.between(2, 6).'],
  [{ rollout: Rollout.canary(10) }, '\'rollout\' (Rollout.canary(10)) must be fewer pods than \'replicas\' (10) in order to be a canary.'],
  [{ replicas: undefined, rollout: Rollout.canary(1) }, '\'rollout\' (Rollout.canary(1)) must come with fixed \'replicas\' in order to know which pods are the last.'],
  [{ rollout: Rollout.toAll(), strategy: kplus.StatefulSetUpdateStrategy.onDelete() }, '\'strategy\' must not be given beside \'rollout\''],
  [{ rollout: 'asyncFirst' as any }, '\'rollout\' ("asyncFirst") must be a Rollout, such as Rollout.asyncFirst()'],
])('refused: %#', (props, message) => {
  expect(() => small({ replicas: 10, ...props })).toThrow(message);
});

test.each<[string, (set: SyncAsyncStatefulSet) => void, number]>([
  ['one pod, which is what there is without a number', () => {}, 1],
  ['the most pods of an autoscaler', set => new kplus.HorizontalPodAutoscaler(Chart.of(set), 'hpa', {
    target: set, minReplicas: 4, maxReplicas: 4, metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70))],
  }), 4],
])('refused at synth: asyncFirst where every pod is synchronous, of %s', (_, scale, most) => {
  const set = small({ replicas: undefined, split: Split.count(most), rollout: Rollout.asyncFirst() });
  scale(set);

  expect(() => Testing.synth(Chart.of(set))).toThrow(
    `'rollout' (Rollout.asyncFirst()) must leave some of the ${most} pods always asynchronous in order to reach any: 'split' is Split.count(${most}).`);
});

test('refused: a canary of a number of pods that an autoscaler changes', () => {
  const set = small({ replicas: 10, rollout: Rollout.canary(2) });
  set.markHasAutoscaler();

  expect(() => Testing.synth(Chart.of(set))).toThrow('\'rollout\' (Rollout.canary(2)) must come with fixed \'replicas\' in order to know which pods are the last.');
});

test.each([0, 1.5, -1, '30%' as any, 1_000_000])('refused: %p pods', value => {
  expect(() => Rollout.canary(value)).toThrow(`'pods' (${value}) must be a whole number from 1 to 999999 in order to be the number of pods that get the new template.`);
  expect(() => Rollout.toAll({ maxUnavailable: value })).toThrow(`'maxUnavailable' (${value}) must be a whole number from 1 to 999999 in order to be a number of pods that are replaced at a time.`);
});
