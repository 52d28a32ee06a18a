import { isMet } from '../../../bench/bench';
import { Books, Stay } from '../../../bench/day/books';
import { Figures, figures, goals, overlap } from '../../../bench/day/figures';
import { division } from '../../../bench/day/picture';

const stay = (name: string, role: Stay['role'], from: number, to: number): Stay => ({ name, role, from, to });

/** Three GPUs in 100 s: one serves all the time, one changes its job and needs 12 s for that, one is away for its last 5 s. */
const BOOKS: Books = {
  seconds: 100,
  requests: [...Array(200).keys()].map(i => ({ at: i / 2, seconds: (i + 1) / 100, ok: i !== 199 })),
  jobs: [2, 4, 6],
  stays: [stay('a', 'server', -3, Infinity), stay('b', 'worker', -2, 40), stay('c', 'server', 52, 103), stay('d', 'worker', -1, 95)],
};

describe('The figures of a day', () => {
  const seen = figures(BOOKS, 3);

  test('have the time of those requests that were answered', () => {
    expect([seen.requests, seen.failed, seen.p50, seen.p99]).toEqual([200, 1, 1, 1.98]);
  });

  test('have the GPU-seconds in which nobody served or worked', () => {
    expect(seen.neither).toBeCloseTo(12 + 5);
  });

  test('count a GPU as lost from the begin that nobody had then', () => {
    expect(figures({ ...BOOKS, stays: [stay('a', 'server', 7, 100)] }, 1).neither).toBeCloseTo(7);
  });

  test('have the GPU-seconds of callers, of the day alone', () => {
    expect(seen.serving).toBeCloseTo(100 + 48);
  });

  test('count as a move who came within the day', () => {
    expect(seen.moves).toBe(1);
  });

  test('have the jobs', () => {
    expect(seen.jobs).toBe(3);
  });

  test('add up: GPUs that serve, work or do neither are all there are', () => {
    expect(seen.serving + seen.neither + overlap(BOOKS.stays[1], 0, 100) + overlap(BOOKS.stays[3], 0, 100)).toBeCloseTo(300);
  });
});

test('A picture divides the same GPUs over the parts of the day', () => {
  const parts = division(BOOKS, 3, 10);
  expect(parts[0]).toEqual({ at: 0, callers: 1, queue: 2, neither: 0 });
  expect(parts[5]).toEqual({ at: 50, callers: 1.8, queue: 1, neither: expect.closeTo(0.2) });
  expect(parts.reduce((sum, { neither }) => sum + 10 * neither, 0)).toBeCloseTo(figures(BOOKS, 3).neither);
});

describe('The goals', () => {
  const SAME = { requests: 6000, p50: 0.2, p99: 0.5, failed: 0, jobs: 1000, moves: 16, neither: 100, serving: 2000 };
  const of = (days: { fixed?: Partial<Figures>; pair?: Partial<Figures>; between?: Partial<Figures> }) =>
    goals({ fixed: { ...SAME, ...days.fixed }, pair: { ...SAME, ...days.pair }, between: { ...SAME, neither: 20, ...days.between } });
  const broken = (days: Parameters<typeof of>[0]) => of(days).filter(goal => !isMet(goal)).map(({ what }) => what);

  test('are met at their limits', () => {
    expect(broken({ between: { jobs: 980 } })).toEqual([]);
  });

  test.each([[{ fixed: { jobs: 1021 } }], [{ pair: { jobs: 1021 } }]])('want jobs within 2 %% of the best of the others: %p', others => {
    expect(broken(others)).toEqual(['fewer jobs than the best of the others']);
  });

  test.each([[{ fixed: { p99: 0.49 } }], [{ pair: { p99: 0.49 } }]])('want a p99 that is no worse than that of any other: %p', others => {
    expect(broken(others)).toEqual(['p99 of requests, as a part of the best of the others']);
  });

  test('want a fifth of the GPU-seconds that two Deployments lose', () => {
    expect(broken({ between: { neither: 20.1 } })).toEqual(['GPU-seconds in which a GPU did neither, as a part of two Deployments']);
  });

  test.each(['fixed', 'between'])('are a promise where it is about requests that fail: %s', name => {
    expect(broken({ [name]: { failed: 1 } })).toEqual(['requests failed with a fixed split, and between two numbers']);
    expect(of({}).filter(({ must }) => must)).toHaveLength(1);
  });
});
