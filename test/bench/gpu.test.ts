import { spawnSync } from 'node:child_process';
import { Outcome } from '../../bench/bench';
import { measure, missing } from '../../bench/gpu';
import { NO_NAMESPACE } from '../entrypoint/machine';

/** One that has PyTorch: a machine may have several. */
const PYTHON = [...new Set(['python3', '/usr/bin/python3'])].find(each => spawnSync(each, ['-c', 'import torch']).status === 0);
const without = [PYTHON ? [] : ['PyTorch'], NO_NAMESPACE ? ['PID namespace'] : []].flat();
if (without.length > 0) {
  console.warn(`left out: the programs of bench gpu, because there is no ${without.join(', no ')}`);
}

test('What a machine lacks is named', () => {
  expect(missing('no-python')).toMatch(/^no-python: .*ENOENT/);
  expect(missing('false')).toBe('false: ');
});

(without.length > 0 ? describe.skip : describe)('With small sizes, on a CPU', () => {
  let seen: Outcome;
  const table = (title: RegExp) => seen.tables.find(each => title.test(each.title))!.rows;

  beforeAll(() => {
    process.env.CUDA_VISIBLE_DEVICES = '';
    seen = measure(PYTHON!, ['--blocks=1', '--width=32', '--heads=2', '--tokens=8', '--batch=4', '--rate=50', '--seconds=2', '--gigabytes=0.05', '--tries=1']);
  }, 120_000);
  afterAll(() => { delete process.env.CUDA_VISIBLE_DEVICES; });

  test('callers are answered at random arrivals, alone and beside the queue', () => {
    const [alone, queue, both] = table(/transformer/);
    for (const [, p50, p99, answered] of [alone, both]) {
      expect(Number(answered)).toBeGreaterThan(50); // 100 are to be expected, with a deviation of 10
      expect(Number(answered)).toBeLessThan(150);
      expect(Number(p50)).toBeGreaterThan(0);
      expect(Number(p99)).toBeGreaterThanOrEqual(Number(p50));
    }
    expect(queue.slice(1, 5)).toEqual(['', '', '', '']);
  });

  test('the queue gets its batches, and two models take more memory than one', () => {
    const [alone, queue, both] = table(/transformer/);
    expect(Number(queue[5])).toBeGreaterThan(0);
    expect(Number(both[5])).toBeGreaterThan(0);
    expect(Number(both[6])).toBeGreaterThan(Math.max(Number(alone[6]), Number(queue[6])));
  });

  test('a warm move starts no container, and a cold one does', () => {
    const [warm, cold] = table(/goes from async/);
    expect([warm[0], warm[3]]).toEqual(['warm: the model is shared', '0']);
    expect([cold[0], cold[3]]).toEqual(['cold: each role loads the model', '1']);
    expect(Number(warm[1])).toBeLessThan(Number(cold[1]));
  });

  test('MPS is left out with the reason', () => {
    expect(seen.leftOut).toEqual(['MPS: there is no CUDA']);
  });

  test('the processor is named', () => {
    expect(seen.versions![0]).toMatch(/^a CPU, PyTorch \d/);
  });
});
