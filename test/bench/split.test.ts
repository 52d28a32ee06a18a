import { Split } from 'cdk8s-sync-async';
import { drawing, simulate } from '../../bench/split';
import { seeded } from '../../util/random';

test('a rule that is always right', () => {
  const split = Split.share(4, 10);
  expect(simulate(ordinal => split.isSync(ordinal), 30, 12, 10)).toEqual({ meanError: 0, worstError: 0, withoutSync: 0, roleChanges: 0 });
});

test('a rule that is never right', () => {
  expect(simulate(() => false, 10, 4, 3)).toEqual({ meanError: 4, worstError: 4, withoutSync: 1, roleChanges: 0 });
});

test('a role that is another one at every start', () => {
  const started = new Map<number, boolean>();
  const rule = (ordinal: number) => {
    started.set(ordinal, !started.get(ordinal));
    return started.get(ordinal)!;
  };
  expect(simulate(rule, 5, 5, 2)).toEqual({ meanError: 0, worstError: 0, withoutSync: 0, roleChanges: 1 });
});

test('errors of either sign count', () => {
  const fleets = [true, true, false, false].flatMap(role => [role, role]); // each fleet of one pod starts twice
  expect(simulate(() => fleets.shift()!, 1, 0.5, 4)).toEqual({ meanError: 0.5, worstError: 0.5, withoutSync: 0.5, roleChanges: 0 });
});

test('drawn numbers are as chance has it', () => {
  const seen = simulate(drawing(4, 10, seeded(1)), 4, 2, 20_000);
  // Of binomial(4, 0.4): no success, and the mean distance from 2; then two draws that differ.
  expect(seen.withoutSync).toBeCloseTo(0.6 ** 4, 2);
  expect(seen.meanError).toBeCloseTo(2 * 0.6 ** 4 + 4 * 0.4 * 0.6 ** 3 + 4 * 0.4 ** 3 * 0.6 + 2 * 0.4 ** 4, 1);
  expect(seen.roleChanges).toBeCloseTo(2 * 0.4 * 0.6, 2);
  expect(seen.worstError).toBe(2);
});
