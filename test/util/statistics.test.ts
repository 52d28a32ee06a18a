import { mean, median, p95, percentile } from '../../util/statistics';

const hundred = [...Array(100).keys()].map(i => 100 - i);

test('the median is the value in the middle, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 9, 2])).toBe(9); // numbers, not their texts
});

test('the median of an even number of values lies between two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('percentiles are by the nearest rank', () => {
  expect([50, 99, 100].map(part => percentile([4, 1, 3, 2], part))).toEqual([2, 4, 4]);
});

test('the 95th of 100 values', () => {
  expect(p95(hundred)).toBe(95);
});

test('of few values it is the greatest', () => {
  expect(p95([3, 1, 2])).toBe(3);
  expect(p95(hundred.slice(0, 20))).toBe(99);
});

test('the mean', () => {
  expect(mean([1, 2, 6])).toBe(3);
});

test('the values stay as they were', () => {
  const values = [3, 1, 2];
  median(values);
  p95(values);
  expect(values).toEqual([3, 1, 2]);
});

test.each([[[]], [[1, NaN]]])('refuses %p', values => {
  for (const statistic of [median, p95, mean]) {
    expect(() => statistic(values)).toThrow('must be numbers, and at least one');
  }
});
