import { Chart, Testing } from 'cdk8s';
import { Gpu } from 'cdk8s-sync-async';
import { mainContainer, podSpec, small } from './manifest';

test('every pod gets one NVIDIA GPU by default, and nothing else is limited', () => {
  expect(mainContainer(small()).resources).toEqual({ limits: { 'nvidia.com/gpu': 1 } });
});

test('the text of the manifest says a number, without quotes', () => {
  const app = Testing.app();
  small({}, new Chart(app, 'test'));

  expect(app.synthYaml()).toMatch(/^ +nvidia\.com\/gpu: 1$/m);
});

test.each([
  ['several NVIDIA GPUs', Gpu.nvidia(4), { 'nvidia.com/gpu': 4 }],
  ['a MIG slice', Gpu.mig('1g.5gb'), { 'nvidia.com/mig-1g.5gb': 1 }],
  ['MIG slices with media extensions', Gpu.mig('1g.10gb.me', 2), { 'nvidia.com/mig-1g.10gb.me': 2 }],
  ['a compute instance of a MIG slice', Gpu.mig('1c.3g.20gb'), { 'nvidia.com/mig-1c.3g.20gb': 1 }],
  ['another extended resource', Gpu.of('amd.com/gpu', 2), { 'amd.com/gpu': 2 }],
])('every pod can get %s', (_, gpu, limits) => {
  expect(mainContainer(small({ gpu })).resources).toEqual({ limits });
});

test('without a GPU nothing is limited and no taint tolerated', () => {
  const spec = podSpec(small({ gpu: Gpu.none() }));

  expect(spec.containers[0]).not.toHaveProperty('resources');
  expect(spec).not.toHaveProperty('tolerations');
});

test.each([
  ['of whole GPUs', Gpu.nvidia(), 'nvidia.com/gpu'],
  ['of MIG slices is that of the whole GPUs, it', Gpu.mig('2g.10gb'), 'nvidia.com/gpu'],
  ['of another resource', Gpu.of('gpu.intel.com/i915'), 'gpu.intel.com/i915'],
])('the taint %s is tolerated', (_, gpu, key) => {
  expect(podSpec(small({ gpu })).tolerations).toEqual([{ key, operator: 'Exists', effect: 'NoSchedule' }]);
});

test('no taint is tolerated when that is not wanted', () => {
  expect(podSpec(small({ gpu: Gpu.nvidia(1, { tolerate: false }) }))).not.toHaveProperty('tolerations');
});

test('a runtime class and node labels can be asked for', () => {
  const spec = podSpec(small({ gpu: Gpu.mig('1g.5gb', 1, { runtimeClassName: 'nvidia', nodeSelector: { 'nvidia.com/gpu.product': 'A100', 'pool': 'gpu' } }) }));

  expect(spec.runtimeClassName).toBe('nvidia');
  expect(spec.nodeSelector).toEqual({ 'nvidia.com/gpu.product': 'A100', 'pool': 'gpu' });
});

test('a GPU does not change with the labels that it was made of', () => {
  const nodeSelector: { [label: string]: string } = { pool: 'gpu' };
  const gpu = Gpu.nvidia(1, { nodeSelector });
  nodeSelector.pool = 'other';

  expect(podSpec(small({ gpu })).nodeSelector).toEqual({ pool: 'gpu' });
});

test('neither is there by default', () => {
  expect(podSpec(small())).not.toHaveProperty('runtimeClassName');
  expect(podSpec(small())).not.toHaveProperty('nodeSelector');
});

describe('refused is', () => {
  test.each([0, -1, 1.5, NaN])('a count of %p', count => {
    expect(() => Gpu.nvidia(count)).toThrow(new Error(
      `'count' (${count}) must be a whole number from 1 to 999999 in order to ask for nvidia.com/gpu; Gpu.none() asks for none.`));
    expect(() => Gpu.mig('1g.5gb', count)).toThrow(`'count' (${count})`);
    expect(() => Gpu.of('amd.com/gpu', count)).toThrow(`'count' (${count})`);
  });

  test.each(['', 'A100', '1g.5gb+me', 'nvidia.com/mig-1g.5gb', '1g', `1g.5gb.${'a'.repeat(60)}`])('the MIG profile %p', profile => {
    expect(() => Gpu.mig(profile)).toThrow(new Error(
      `'profile' (${profile}) must be written as in the name of a resource, such as 1g.5gb or 1g.5gb.me, in order to name a MIG slice.`));
  });

  test.each(['', 'cpu', 'amd.com/', '/gpu', 'amd.com/a/b', 'amd.com/-gpu', 'amd com/gpu', 'a..b/gpu', 'requests.nvidia.com/gpu'])('the resource %p', resource => {
    expect(() => Gpu.of(resource)).toThrow(new Error(
      `'resource' (${resource}) must be a domain, a slash and a name, such as amd.com/gpu, in order to name an extended resource.`));
  });

  test.each(['', 'Nvidia', 'a_b'])('the runtime class %p', runtimeClassName => {
    expect(() => Gpu.nvidia(1, { runtimeClassName })).toThrow(new Error(`'runtimeClassName' (${runtimeClassName}) must be a DNS name in order to name a RuntimeClass.`));
  });

  test.each<[string, unknown]>([['a b', 'x'], ['', 'x'], ['a/b/c', 'x'], ['a', 'x y'], ['a', 1], ['a', 'x'.repeat(64)]])('the node label %p: %p', (key, value) => {
    expect(() => Gpu.nvidia(1, { nodeSelector: { [key]: value as string } })).toThrow(new Error(
      `'nodeSelector' (${key}: ${value}) must be the key and the value of a label in order for a node to have it.`));
  });
});
