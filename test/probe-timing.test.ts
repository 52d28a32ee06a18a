import { Duration } from 'cdk8s';
import { toTiming } from '../src/probe-timing';

test('probes come every five seconds, last five, and may fail once or three times', () => {
  expect(toTiming({})).toEqual({ period: 5, timeout: 5, readinessFailures: 1, livenessFailures: 3, settle: 10 });
});

test('a failing readiness has been seen after all its periods and one timeout', () => {
  expect(toTiming({ period: Duration.seconds(10), readinessFailures: 3, timeout: Duration.seconds(2) }).settle).toBe(32);
});

test.each([
  [{ period: Duration.seconds(0) }, '\'probes.period\' (0 seconds) must be whole seconds from 1 to 999999'],
  [{ period: Duration.millis(2500) }, '\'probes.period\' (2 seconds 500 millis) must be whole seconds from 1 to 999999'],
  [{ timeout: Duration.seconds(1) }, '\'probes.timeout\' (1 second) must be whole seconds from 2 to 999999'],
  [{ readinessFailures: 0 }, '\'probes.readinessFailures\' (0) must be a whole number from 1 to 100 in order to be waited for in a move of the split.'],
  [{ livenessFailures: 0.5 }, '\'probes.livenessFailures\' (0.5) must be a whole number from 1 to 999999 in order to be counted.'],
  [{ period: Duration.days(10), readinessFailures: 2 }, '\'probes.period\' (20 days 5 seconds) must be whole seconds from 1 to 999999'],
])('%j is refused', (props, message) => {
  expect(() => toTiming(props)).toThrow(message);
});
