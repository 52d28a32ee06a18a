import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { Split, SplitMove } from 'cdk8s-sync-async';
import * as fc from 'fast-check';

/** Splits as the entrypoint reads them, and the roles (s, a) of the pods from a certain ordinal on. The tests of the entrypoint read the same table. */
const TABLE: { split: string; from: number; roles: string }[] = JSON.parse(readFileSync(join(__dirname, 'split-table.json'), 'utf8'));

function parse(split: string): Split {
  const [kind, ...numbers] = split.split(/[:/]/);
  return kind === 'count' ? Split.count(Number(numbers[0])) : Split.share(Number(numbers[0]), Number(numbers[1]));
}

describe('the table of ordinals and splits', () => {
  test.each(TABLE.filter(({ split }) => split !== 'none'))('agrees with $split from $from on', ({ split, from, roles }) => {
    const found = [...roles].map((_, i) => parse(split).isSync(from + i) ? 's' : 'a').join('');

    expect(found).toBe(roles);
  });
});

test('a count makes the lowest ordinals synchronous', () => {
  expect(Split.count(2).syncOrdinals(5)).toEqual([0, 1]);
});

test('a count beyond the pods makes them all synchronous', () => {
  expect(Split.count(7).syncOrdinals(3)).toEqual([0, 1, 2]);
});

test('a share is spread evenly', () => {
  expect(Split.share(4, 10).syncOrdinals(20)).toEqual([0, 2, 5, 7, 10, 12, 15, 17]);
});

test('no pods have no synchronous ones', () => {
  expect(Split.share(1, 2).syncOrdinals(0)).toEqual([]);
});

test('a share is exact at every number of replicas', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 2000 }), (x, y, replicas) => {
    const [sync, of] = [Math.min(x, y), Math.max(x, y)];

    expect(Split.share(sync, of).syncOrdinals(replicas)).toHaveLength(Number((BigInt(replicas * sync) + BigInt(of - 1)) / BigInt(of)));
  }), { numRuns: 300 });
});

test('the entrypoint is told of a share, of a count that stays, and not of one that is moved in place', () => {
  expect(Split.share(4, 10)._arguments).toEqual(['split=share:4/10']);
  expect(Split.count(4, { move: SplitMove.ROLLOUT })._arguments).toEqual(['split=count:4']);
  expect(Split.count(4)._arguments).toEqual(['split=count']);
  expect(Split.count(4, { move: SplitMove.IN_PLACE })._arguments).toEqual(['split=count']);
});

test('only a count that is moved in place is watched', () => {
  expect(Split.count(4)._watched).toBe(4);
  expect(Split.count(0)._watched).toBe(0);
  expect(Split.count(4, { move: SplitMove.ROLLOUT })._watched).toBeUndefined();
  expect(Split.share(4, 10)._watched).toBeUndefined();
});

describe('a number that follows a demand', () => {
  const split = Split.between(2, 6, { demand: ['python', 'demand.py'] });

  test('is told to the entrypoint with its demand and its pace', () => {
    expect(split._arguments).toEqual(['split=between:2/6', 'demand-period=15', 'demand-timeout=10', 'stabilization-window=300', 'demand=2', 'python', 'demand.py']);
    const quick = { demand: ['ask'], period: Duration.seconds(5), timeout: Duration.seconds(2), stabilizationWindow: Duration.seconds(0) };
    expect(Split.between(0, 1, quick)._arguments).toEqual(['split=between:0/1', 'demand-period=5', 'demand-timeout=2', 'stabilization-window=0', 'demand=1', 'ask']);
  });

  test('is watched, and not in the values until somebody pins it', () => {
    expect([split._watches, split._watched]).toEqual([true, undefined]);
  });

  test('says which pods are always synchronous, and how many can be', () => {
    expect(split.syncOrdinals(10)).toEqual([0, 1]);
    expect([split._count, split._most]).toEqual([2, 6]);
  });

  test('is called by what its user wrote', () => {
    expect(split._name).toBe('Split.between(2, 6)');
  });

  test.each<[string, () => Split, string]>([
    ['a most of none', () => Split.between(0, 0, { demand: ['x'] }), '\'max\' (0) must be a whole number from 1 to 999999 in order to be the most synchronous pods.'],
    ['a least that is not below the most', () => Split.between(6, 6, { demand: ['x'] }), '\'min\' (6) must be a whole number from 0 to 5 in order to be fewer than the most synchronous pods (6).'],
    ['no demand', () => Split.between(2, 6, {} as any), '\'demand\' (undefined) must be a list of words, the first of which names a program, in order to run something.'],
    ['no options', () => (Split as any).between(2, 6), '\'demand\' (undefined) must be a list of words, the first of which names a program, in order to run something.'],
    ['a demand that the kubelet cannot fill in', () => Split.between(2, 6, { demand: ['ask', '$(POD_ORDINAL)'] }),
      '\'demand\' (ask $(POD_ORDINAL)) must not use $(POD_ORDINAL) in order to be what it says: the kubelet does not know this variable; use [\'sh\', \'-c\', \'... "$POD_ORDINAL" ...\'].'],
    ['a period without length', () => Split.between(2, 6, { demand: ['x'], period: Duration.seconds(0) }), '\'period\' (0 seconds) must be whole seconds from 1 to 999999 in order to be counted by a shell.'],
    ['half a second to answer', () => Split.between(2, 6, { demand: ['x'], timeout: Duration.millis(500) }), '\'timeout\' (500 millis) must be whole seconds from 1 to 999999 in order to be counted by a shell.'],
    ['a window of a day', () => Split.between(2, 6, { demand: ['x'], stabilizationWindow: Duration.days(1) }), '\'stabilizationWindow\' (86400) must be a whole number from 0 to 3600 in order to be at most an hour of seconds.'],
  ])('is refused with %s', (_, make, message) => {
    expect(make).toThrow(new Error(message));
  });
});

describe('refused is', () => {
  test.each([-1, 1.5, NaN, Infinity, 1000000, '4' as any])('a count of %p', sync => {
    expect(() => Split.count(sync)).toThrow(new Error(`'sync' (${sync}) must be a whole number from 0 to 999999 in order to count synchronous pods.`));
  });

  test('an unknown move', () => {
    expect(() => Split.count(1, { move: 'later' as SplitMove })).toThrow(new Error(
      '\'move\' (later) must be one of in-place, rollout in order to reach pods that run already.'));
  });

  test.each([0, -1, 0.4, NaN, 11])('a share of %p of 10', sync => {
    expect(() => Split.share(sync, 10)).toThrow(new Error(
      `'sync' (${sync}) must be a whole number from 1 to 10 in order to be a share of 10 pods.`));
  });

  test.each([0, -1, 2.5, 1001])('a share of %p pods', of => {
    expect(() => Split.share(1, of)).toThrow(new Error(
      `'of' (${of}) must be a whole number from 1 to 1000 in order to be what a share is a part of.`));
  });

  test.each([-1, 0.5, 1000000])('an ordinal of %p', ordinal => {
    expect(() => Split.count(1).isSync(ordinal)).toThrow(new Error(
      `'ordinal' (${ordinal}) must be a whole number from 0 to 999999 in order to be the ordinal of a pod.`));
  });

  test('a fraction of a pod', () => {
    expect(() => Split.count(1).syncOrdinals(1.5)).toThrow(new Error(
      '\'replicas\' (1.5) must be a whole number from 0 to 999999 in order to be a number of pods.'));
  });
});
