import { arrivals, load } from '../../../bench/day/curve';

const HOURS = [...Array(241).keys()].map(i => i / 10);

describe('The load of a day', () => {
  test('is a part of the most, and reaches it once', () => {
    const loads = HOURS.map(load);
    expect(Math.min(...loads)).toBeGreaterThan(0);
    expect(loads.filter(each => each === 1)).toHaveLength(1);
    expect(Math.max(...loads)).toBe(1);
  });

  test('rises and falls evenly between two hours', () => {
    expect(load(8)).toBe(0.3);
    expect(load(8.5)).toBeCloseTo(0.65);
    expect(load(9)).toBe(1);
  });

  test('ends as it begins, so that one day can follow another', () => {
    expect(load(24)).toBe(load(0));
  });

  test.each([-0.1, 24.1, NaN])('is not told of hour %p', hour => {
    expect(() => load(hour)).toThrow(`hour (${hour}) must be from 0 to 24`);
  });
});

describe('Requests', () => {
  const DAY = 2400;
  const moments = arrivals(DAY, 20, 1);

  test('arrive one after another within the day', () => {
    expect([...moments].sort((a, b) => a - b)).toEqual(moments);
    expect(moments[0]).toBeGreaterThan(0);
    expect(moments[moments.length - 1]).toBeLessThan(DAY);
  });

  test.each([[2, 4], [8, 9], [9, 12], [12, 14], [20, 22]])('from hour %p to %p are as many as the load says', (from, to) => {
    const seen = moments.filter(at => at >= from * 100 && at < to * 100).length;
    const between = HOURS.filter(hour => hour >= from && hour < to);
    const expected = 20 * (to - from) * 100 * between.reduce((sum, hour) => sum + load(hour + 0.05), 0) / between.length;
    // Chance has a standard deviation of the root.
    expect(Math.abs(seen - expected)).toBeLessThan(3 * Math.sqrt(expected));
  });

  test('come by chance: the gaps between them differ as much as they are long', () => {
    const morning = moments.filter(at => at > 900 && at < 1200);
    const gaps = morning.slice(1).map((at, i) => at - morning[i]);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).toBeCloseTo(1, 1);
  });

  test('are the same after the same seed, and others after another', () => {
    expect(arrivals(100, 20, 1)).toEqual(arrivals(100, 20, 1));
    expect(arrivals(100, 20, 2)).not.toEqual(arrivals(100, 20, 1));
  });
});
