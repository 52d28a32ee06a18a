import { Ledger, Note, Stream } from '../../chaos/ledger';
import { noBetter, tableOf } from '../../chaos/report';
import { Stage, Undone } from '../../chaos/stage';
import { compare, judge, run, runAll, Trial } from '../../chaos/trial';

const TRIAL: Trial = {
  system: 'library',
  row: 'delete a sync pod',
  promised: true,
  planned: true,
  unknowingSeconds: 0,
  window: { from: 100, to: 110, after: 90, dead: [] },
  recreated: 1,
  restarted: 0,
  steady: 7,
};

/** Enough in flight, and whatever else. */
function ledger(...notes: Note[]): Ledger {
  const made = new Ledger();
  [...Array(6).keys()].forEach(i => made.add({ e: 'request', stream: i < 3 ? 'plain' : 'retry', begin: 99, end: 101, pod: 'a', ok: true }));
  made.add({ e: 'job', id: 'one', begin: 99, at: 99, again: false });
  made.add({ e: 'done', id: 'one', at: 101, pod: 'w' });
  notes.forEach(note => made.add(note));
  return made;
}

function failure(begin: number, end: number, stream: Stream = 'plain', pod: string = 'a'): Note {
  return { e: 'request', stream, begin, end, pod, ok: false, why: 'UNAVAILABLE' };
}

/** Where a step has an effect at once, and all is well. */
const STAGE = {
  pods: [],
  asyncPods: [],
  system: { name: 'library', promised: true },
  driver: { now: () => 100, isAlive: true, ledger: { lastTick: { requests: 9, jobs: 1 } } },
  steady: async () => 101,
} as unknown as Stage;

const LOST: Note = { e: 'job', id: 'two', begin: 101, at: 101, again: false };

describe('A planned disruption', () => {
  test('breaks nothing when nothing is lost', () => {
    expect(judge(TRIAL, ledger())).toMatchObject({ void: undefined, broken: [] });
  });

  test.each([
    ['one request fails', [failure(102, 103)], ['1 requests failed']],
    ['one fails in spite of gRPC\'s transparent retry', [failure(102, 103, 'transparent')], ['1 requests failed in spite of gRPC\'s transparent retry']],
    ['one fails in spite of a retry policy', [failure(102, 103, 'retry')], ['1 requests failed in spite of a retry policy']],
    ['a job is lost', [LOST], ['1 jobs are lost']],
  ])('breaks a promise when %s', (_, notes, broken) => {
    expect(judge(TRIAL, ledger(...notes)).broken).toEqual(broken);
  });

  test('breaks a promise when the system is not well again', () => {
    expect(judge({ ...TRIAL, steady: undefined, trouble: '4 pods, not 5' }, ledger()).broken).toEqual(['it was not well again: 4 pods, not 5']);
  });

  test('breaks a promise when it costs more than it may', () => {
    const most = { recreated: 0, restarted: 1 };
    expect(judge({ ...TRIAL, most, recreated: 0, restarted: 1 }, ledger()).broken).toEqual([]);
    expect(judge({ ...TRIAL, most, recreated: 0, restarted: 2 }, ledger()).broken)
      .toEqual(['0 pods were re-created and 2 containers restarted, which must be at most 0 and 1']);
    expect(judge({ ...TRIAL, most }, ledger()).broken).toEqual(['1 pods were re-created and 0 containers restarted, which must be at most 0 and 1']);
  });

  test('breaks nothing in a control', () => {
    expect(judge({ ...TRIAL, promised: false }, ledger(failure(102, 103), LOST)).broken).toEqual([]);
  });
});

describe('A disruption that nobody has planned', () => {
  const trial = { ...TRIAL, planned: false, unknowingSeconds: 5, window: { ...TRIAL.window, dead: ['a'] } };

  test('may cost the requests in the dead process, and those that are sent to it until the registry tells', () => {
    expect(judge(trial, ledger(failure(99, 100.1), failure(102, 102.1), failure(99, 103, 'retry'))).broken).toEqual([]);
  });

  test.each([
    ['a request fails elsewhere', [failure(99, 100.1, 'plain', 'b')], ['1 requests failed that were in no dead process']],
    ['clients hear of it too late', [failure(99, 100), failure(106, 106.1)], ['clients were sent to a dead process for 6.0 s']],
    ['a job is lost', [LOST], ['1 jobs are lost']],
  ])('breaks a promise when %s', (_, notes, broken) => {
    expect(judge(trial, ledger(...notes)).broken).toEqual(broken);
  });
});

test('A process that is asked to end may lose no request that it has', () => {
  const trial = { ...TRIAL, planned: false, unknowingSeconds: 5, window: { ...TRIAL.window, dead: ['a'], askedAt: 100.6 } };
  const late = failure(100.55, 100.8);
  expect(judge({ ...trial, finishes: true }, ledger(late)).broken).toEqual([]);
  expect(judge({ ...trial, finishes: true }, ledger(late, failure(100.3, 100.7))).broken).toEqual(['1 requests failed that had begun before the process was asked to end']);
  expect(judge(trial, ledger(late, failure(100.3, 100.7))).broken).toEqual([]);
});

describe('A try does not count', () => {
  test('when too little was in flight, but what it lost is lost', () => {
    expect(judge(TRIAL, new Ledger())).toMatchObject({ void: 'only 0 requests and 0 jobs were in flight', broken: [] });
    const little = new Ledger();
    little.add(LOST);
    expect(judge(TRIAL, little)).toMatchObject({ void: 'only 0 requests and 0 jobs were in flight', broken: ['1 jobs are lost'] });
  });

  test('when the disruption could not be done, but what it lost is lost', () => {
    const trial = { ...TRIAL, undone: 'no API server' };
    expect(judge(trial, ledger())).toMatchObject({ void: 'it could not be done: no API server', broken: [] });
    expect(judge(trial, ledger(LOST)).broken).toEqual(['1 jobs are lost']);
  });

  test('when the control failed too', () => {
    expect(judge(TRIAL, ledger(failure(102, 103), failure(102, 103, 'control')))).toMatchObject({ void: 'the control\'s requests failed too (1)', broken: [] });
  });

  test('when the machine was too busy, whatever came of it', () => {
    const slow: Note = { e: 'request', stream: 'control', begin: 101, end: 107, pod: 'control', ok: true };
    expect(judge(TRIAL, ledger(slow)).void).toBe('the control took 6.0 s for a request');
    expect(judge(TRIAL, ledger({ e: 'tick', at: 105, requests: 9, jobs: 1, stall: 4 })).void).toBe('the driver was held up for 4.0 s');
  });
});

describe('What goes wrong in a step', () => {
  const tried = (error: Error) => run(STAGE, {
    name: 'node',
    planned: false,
    limit: 1,
    act: async (_, deaths) => {
      Object.assign(deaths, { dead: ['a'], deadBy: 100.5 });
      throw error;
    },
  }, 90);

  test('breaks a promise', async () => {
    expect(await tried(new Error('no rollout'))).toMatchObject({ trouble: 'no rollout', undone: undefined });
  });

  test('breaks none where the step itself could not be done; who has died is known all the same', async () => {
    expect(await tried(new Undone('no API server'))).toMatchObject({
      trouble: undefined, undone: 'no API server', steady: 1, window: { from: 100, dead: ['a'], deadBy: 100.5 },
    });
  });
});

test('What a step has shown is kept, whatever goes wrong after it', async () => {
  const trials: Trial[] = [];
  const undo = async () => { throw new Error('no API server'); };
  const steps = ['scale up', 'scale down'].map(name => ({ name, planned: true, limit: 1, act: async () => {} }));
  await expect(runAll(STAGE, { name: 'scale', steps, undo }, trials, 90)).rejects.toThrow('no API server');
  expect(trials.map(({ row, window: { after } }) => [row, after])).toEqual([['scale up', 90], ['scale down', 100]]);
});

test('Nothing more is done when the run is over', async () => {
  const acted: string[] = [];
  const stage = { isOver: true, driver: { ledger: { lastTick: { requests: 9, jobs: 1 } } } } as unknown as Stage;
  await expect(run(stage, { name: 'drain', planned: true, limit: 1, act: async () => acted.push('drain') }, 90)).rejects.toThrow('the run is over');
  expect(acted).toEqual([]);
});

test('Nothing is tried when the driver says nothing any more', async () => {
  const stage = { driver: { isAlive: false, ledger: { lastTick: { requests: 9, jobs: 1 } } } } as unknown as Stage;
  await expect(run(stage, { name: 'drain', planned: true, limit: 1, act: async () => {} }, 90)).rejects.toThrow('the driver says nothing any more');
});

describe('Pods', () => {
  const pod = (uid: string, restartCount: number) => ({ metadata: { uid }, status: { containerStatuses: [{ restartCount }] } }) as any;

  test('that take the place of others are re-created, those of a larger set are not', () => {
    expect(compare([pod('a', 0), pod('b', 0)], [pod('a', 0), pod('c', 0)])).toEqual({ recreated: 1, restarted: 0 });
    expect(compare([pod('a', 0)], [pod('a', 0), pod('b', 0)])).toEqual({ recreated: 0, restarted: 0 });
    expect(compare([pod('a', 0), pod('b', 0)], [pod('a', 0)])).toEqual({ recreated: 0, restarted: 0 });
  });

  test('restart their containers, those of new ones counted from nothing', () => {
    expect(compare([pod('a', 1), pod('b', 4)], [pod('a', 3), pod('c', 1)])).toEqual({ recreated: 1, restarted: 3 });
  });
});

test('The table has a row for each disruption: sums over its tries, the least in flight, and the slowest', () => {
  const verdicts = [
    judge(TRIAL, ledger(failure(102, 103))),
    judge({ ...TRIAL, steady: 9 }, ledger()),
    judge({ ...TRIAL, row: 'drain a node', steady: undefined }, ledger()),
    judge({ ...TRIAL, row: 'void' }, new Ledger()),
  ];
  const rows = tableOf('library', verdicts).split('\n').slice(4).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()));
  expect(rows).toEqual([
    ['delete a sync pod', '2', '6 + 1', '7', '1', '0', '0', '0', '0', '2', '0', '0', '2', '0', '7 to 9', '2.00'],
    ['drain a node', '1', '6 + 1', '3', '0', '0', '0', '0', '0', '1', '0', '0', '1', '0', 'never: 1', '2.00'],
    ['void', '0 of 1', ...new Array(14).fill('-')],
  ]);
});

test('The library is called no better where it loses as much for each try as a control', () => {
  const [nothing, one] = [judge(TRIAL, ledger()), judge(TRIAL, ledger(failure(102, 103)))];
  expect(noBetter([nothing, nothing], [nothing, one])).toEqual([]);
  expect(noBetter([nothing, one], [nothing, one])).toEqual(['delete a sync pod']);
  expect(noBetter([nothing], [nothing])).toEqual(['delete a sync pod']);
  expect(noBetter([nothing], [judge({ ...TRIAL, row: 'another' }, ledger())])).toEqual([]);
});
