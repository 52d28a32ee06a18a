import { ApiObject, Chart, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Gpu, Split, SplitMove } from 'cdk8s-sync-async';
import { manifest, small, two } from './manifest';
import { validate } from './schema';

test.each<[string, Parameters<typeof small>[0]]>([
  ['the defaults', {}],
  ['no split', { split: undefined, asyncRole: undefined }],
  ['a share', { split: Split.share(1, 3) }],
  ['a count that is rolled out', { split: Split.count(1, { move: SplitMove.ROLLOUT }) }],
  ['no GPU', { gpu: Gpu.none() }],
  ['ports', { ports: [{ name: 'grpc', number: 50051 }, { name: 'metrics', number: 9090 }] }],
  ['CPU and memory', { resources: { cpu: { request: kplus.Cpu.millis(500) } } }],
])('%s: the manifest is what Kubernetes takes', (_, props) => {
  expect(() => validate(manifest(Chart.of(small(props))))).not.toThrow();
});

test('with an autoscaler the manifest is what Kubernetes takes', () => {
  const set = small({ replicas: undefined, split: Split.share(1, 3) });
  new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Hpa', {
    target: set, maxReplicas: 5, metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(50))],
  });

  expect(() => validate(manifest(Chart.of(set)))).not.toThrow();
});

test.each<[string, Parameters<typeof two>[0]]>([
  ['the defaults', {}],
  ['what both share, and ports', { sharedProcesses: [{ name: 'model', command: ['load'] }], ports: [{ name: 'grpc', number: 50051 }, { name: 'metrics', number: 9090 }] }],
  ['different roles', { syncDeployment: { replicas: 4, gpu: Gpu.none() }, asyncDeployment: { resources: { cpu: { request: kplus.Cpu.millis(500) } } } }],
])('two Deployments, %s: the manifest is what Kubernetes takes', (_, props) => {
  const deployments = two(props);
  const { percent, absolute } = kplus.PercentOrAbsolute;
  deployments.addDisruptionBudgets({ syncMaxUnavailable: percent(25), asyncMaxUnavailable: absolute(1) });

  expect(() => validate(manifest(Chart.of(deployments)))).not.toThrow();
});

describe('the validation notices', () => {
  const patched = (patch: JsonPatch) => {
    const set = small();
    ApiObject.of(set).addJsonPatch(patch);
    return () => validate(manifest(Chart.of(set)));
  };

  test('a GPU whose number got lost, though the objects look right', () => {
    const set = small();
    ApiObject.of(set).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu', 2));

    expect(() => validate(Testing.synth(Chart.of(set)))).not.toThrow();
    expect(() => validate(manifest(Chart.of(set)))).toThrow('nvidia.com~1gpu');
  });

  test('a mount of no volume', () => {
    expect(patched(JsonPatch.remove('/spec/template/spec/volumes/0'))).toThrow();
  });

  test('a Service that is not there', () => {
    expect(patched(JsonPatch.replace('/spec/serviceName', 'other'))).toThrow();
  });
});
