import { digits, goal, Goal } from '../../bench/bench';

test.each([[0, '0'], [7, '7'], [1234, '1234'], [0.0042, '0.0042'], [0.5, '0.50'], [1.046, '1.05'], [27.53, '27.5'], [163.7, '164']])('%p is %p', (value, text) => {
  expect(digits(value)).toBe(text);
});

describe('a goal', () => {
  const of = (seen: number, must: boolean): Goal => ({ what: 'end', seen, most: 3, unit: 'ms', must });

  test('is met by the value itself', () => {
    expect(goal(of(3, false))).toBe('- met: end: 3 ms, at most 3 ms');
  });

  test('can be missed', () => {
    expect(goal(of(3.25, false))).toBe('- missed: end: 3.25 ms, at most 3 ms');
  });

  test('that must be met is broken', () => {
    expect(goal(of(4, true))).toBe('- BROKEN: end: 4 ms, at most 3 ms');
  });

  test('is not met by what is no number', () => {
    expect(goal(of(NaN, true))).toContain('BROKEN');
  });
});
