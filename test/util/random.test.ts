import { seeded } from '../../util/random';

test('the same seed gives the same numbers', () => {
  const [a, b, c] = [seeded(7), seeded(7), seeded(8)];
  const first = [a(), a(), a()];
  expect([b(), b(), b()]).toEqual(first);
  expect([c(), c(), c()]).not.toEqual(first);
  expect(first.every(value => value >= 0 && value < 1)).toBe(true);
});
