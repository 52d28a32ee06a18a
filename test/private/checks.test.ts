import { Duration } from 'cdk8s';
import { wholeNumber, wholeSeconds } from '../../src/private/checks';

test('a whole number within its bounds is taken', () => {
  expect(wholeNumber('x', 0, 0, 1, 'to pass')).toBe(0);
  expect(wholeNumber('x', 1, 0, 1, 'to pass')).toBe(1);
});

test('a duration is taken in seconds, in whatever unit it was given', () => {
  expect(wholeSeconds('x', Duration.millis(3000), 1)).toBe(3);
  expect(wholeSeconds('x', Duration.minutes(1.5), 1)).toBe(90);
  expect(wholeSeconds('x', Duration.seconds(999999), 1)).toBe(999999);
});
