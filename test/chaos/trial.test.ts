import { Ledger, Note } from '../../chaos/ledger';
import { noBetter, tableOf } from '../../chaos/report';
import { compare, judge, Trial } from '../../chaos/trial';

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

function failure(begin: number, end: number, stream: 'plain' | 'retry' | 'control' = 'plain', pod: string = 'a'): Note {
  return { e: 'request', stream, begin, end, pod, ok: false, why: 'UNAVAILABLE' };
}

const LOST: Note = { e: 'job', id: 'two', begin: 101, at: 101, again: false };

describe('A planned disruption', () => {
  test('breaks nothing when nothing is lost', () => {
    expect(judge(TRIAL, ledger())).toMatchObject({ void: undefined, broken: [] });
  });

  test.each([
    ['one request fails', [failure(102, 103)], ['1 requests failed']],
    ['one fails in spite of retries', [failure(102, 103, 'retry')], ['1 requests failed in spite of retries']],
    ['a job is lost', [LOST], ['1 jobs are lost']],
  ])('breaks a promise when %s', (_, notes, broken) => {
    expect(judge(TRIAL, ledger(...notes)).broken).toEqual(broken);
  });

  test('breaks a promise when the system is not well again', () => {
    expect(judge({ ...TRIAL, steady: undefined, trouble: '4 pods, not 5' }, ledger()).broken).toEqual(['it was not well again: 4 pods, not 5']);
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

describe('A try does not count', () => {
  test('when too little was in flight', () => {
    expect(judge(TRIAL, new Ledger())).toMatchObject({ void: 'only 0 requests and 0 jobs were in flight', broken: [] });
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
    ['delete a sync pod', '2', '6 + 1', '7', '1', '0', '0', '0', '2', '0', '0', '2', '0', '7 to 9', '2.00'],
    ['drain a node', '1', '6 + 1', '3', '0', '0', '0', '0', '1', '0', '0', '1', '0', 'never: 1', '2.00'],
    ['void', '0 of 1', ...new Array(13).fill('-')],
  ]);
});

test('The library is called no better where it loses as much for each try as a control', () => {
  const [nothing, one] = [judge(TRIAL, ledger()), judge(TRIAL, ledger(failure(102, 103)))];
  expect(noBetter([nothing, nothing], [nothing, one])).toEqual([]);
  expect(noBetter([nothing, one], [nothing, one])).toEqual(['delete a sync pod']);
  expect(noBetter([nothing], [nothing])).toEqual(['delete a sync pod']);
  expect(noBetter([nothing], [judge({ ...TRIAL, row: 'another' }, ledger())])).toEqual([]);
});
