import { count, Ledger, Note, Stream, Window } from '../../chaos/ledger';

function request(begin: number, end: number, options: { ok?: boolean; pod?: string; stream?: Stream; why?: string } = {}): Note {
  return { e: 'request', stream: 'plain', begin, end, pod: 'a', ok: true, ...options };
}

function job(id: string, begin: number, done: number[], again: boolean = false): Note[] {
  return [{ e: 'job', id, begin, at: begin, again }, ...done.map((at): Note => ({ e: 'done', id, at, pod: 'w' }))];
}

function ledger(...notes: Note[]): Ledger {
  const made = new Ledger();
  notes.forEach(note => made.add(note));
  return made;
}

const WINDOW: Window = { from: 100, to: 110, after: 90, dead: [] };

describe('Requests', () => {
  test('in flight are those that had begun and not ended at the moment', () => {
    const ours = [request(99, 99.9), request(99, 101), request(99.9, 100.1, { stream: 'retry' }), request(100.5, 101)];
    const counts = count(ledger(...ours, request(99, 101, { stream: 'control' })), WINDOW);
    expect(counts.requestsInFlight).toBe(2);
  });

  test('count from the moment to the end of the window, with those that were in flight', () => {
    expect(count(ledger(request(98, 99), request(99, 101), request(105, 112), request(110.5, 111)), WINDOW).requests).toBe(2);
  });

  test('that fail are counted for each stream by itself', () => {
    const failed = { ok: false, why: 'UNAVAILABLE: gone' };
    const others = (['transparent', 'retry', 'control'] as const).map(stream => request(101, 102, { ...failed, stream }));
    const counts = count(ledger(request(101, 102, failed), request(101, 102), ...others), WINDOW);
    expect(counts).toMatchObject({ requests: 2, failed: 1, failedTransparent: 1, failedWithRetry: 1, failedControl: 1 });
  });

  test('that fail in a dead process are told from those that were sent to it later, and from those elsewhere', () => {
    const [inside, later, elsewhere] = [
      request(99, 100.2, { ok: false, pod: 'a' }), request(102, 102.1, { ok: false, pod: 'a' }), request(99, 100.2, { ok: false, pod: 'b' }),
    ];
    const counts = count(ledger(inside, request(99.5, 100.2, { ok: false, pod: 'a' }), later, elsewhere), { ...WINDOW, dead: ['a'] });
    expect(counts).toMatchObject({ failed: 4, failedInside: 2, failedUnknowing: 1 });
    expect(counts.unknowingSeconds).toBeCloseTo(1.8);
  });

  test('to a process that has vanished tell no sooner than their deadline when it died; who has ended it does', () => {
    const failed = [99, 104, 112].map(begin => request(begin, begin + 30, { ok: false, pod: 'a' }));
    const window = { ...WINDOW, to: 150, dead: ['a'] };
    expect(count(ledger(...failed), window)).toMatchObject({ failedInside: 3, unknowingSeconds: 0 });
    expect(count(ledger(...failed), { ...window, deadBy: 101 })).toMatchObject({ failedInside: 1, failedUnknowing: 2, unknowingSeconds: 11 });
    expect(count(ledger(request(99, 100, { ok: false, pod: 'a' }), ...failed), { ...window, deadBy: 101 }).unknowingSeconds).toBe(12);
  });

  test('that fail and had begun before the moment are told', () => {
    const after = [request(100.5, 101, { ok: false }), request(101, 102, { ok: false })];
    expect(count(ledger(request(99, 101, { ok: false }), ...after, request(99, 101)), WINDOW).failedBefore).toBe(1);
  });

  test('have reasons, without the addresses that would make each another', () => {
    const why = (port: number) => `UNAVAILABLE: failed to connect to ipv4:10.244.0.${port % 9}:500${port}`;
    const counts = count(ledger(request(101, 102, { ok: false, why: why(51) }), request(101, 102, { ok: false, why: why(52) })), WINDOW);
    expect(counts.reasons).toEqual({ 'plain: UNAVAILABLE: failed to connect to ADDRESS': 2 });
  });

  test('have latencies, of those that were answered', () => {
    const notes = [...Array(100).keys()].map(i => request(101, 101 + (i + 1) / 100));
    const { p50, p95, p99 } = count(ledger(...notes, request(101, 109, { ok: false })), WINDOW);
    expect([p50, p95, p99]).toEqual([0.5, 0.95, 0.99].map(value => expect.closeTo(value)));
  });

  test('have none where nothing was answered', () => {
    expect(count(ledger(request(101, 109, { ok: false })), WINDOW)).toMatchObject({ p50: 0, p95: 0, p99: 0 });
  });
});

describe('Jobs', () => {
  test('in flight are those that were sent and not done at the moment', () => {
    expect(count(ledger(...job('1', 98, [101]), ...job('2', 98, [99]), ...job('3', 101, [102])), WINDOW)).toMatchObject({ jobs: 2, jobsInFlight: 1 });
  });

  test('without a result are lost, in the first window that can have lost them', () => {
    const books = ledger(...job('1', 98, []));
    expect(count(books, WINDOW).lost).toBe(1);
    expect(count(books, { from: 120, to: 130, after: 110, dead: [] }).lost).toBe(0);
  });

  test('with two results have run twice, unless the driver has sent them twice', () => {
    expect(count(ledger(...job('1', 98, [101, 105]), ...job('2', 98, [101, 105], true)), WINDOW).twice).toBe(1);
  });

  test('may be done before the driver has noted them', () => {
    const [sent, done] = job('1', 98, [101]);
    const books = ledger(done, sent);
    expect(books.open()).toEqual([]);
    expect(books.jobs.get('1')).toMatchObject({ begin: 98, done: [101] });
  });

  test('are open until there is a result', () => {
    expect(ledger(...job('1', 98, []), ...job('2', 105, [])).open(100).map(({ id }) => id)).toEqual(['1']);
  });
});

test('The driver\'s own stalls within the window are told', () => {
  const tick = (at: number, stall: number): Note => ({ e: 'tick', at, requests: 9, jobs: 1, stall });
  expect(count(ledger(tick(99, 5), tick(105, 0.4), tick(106, 0.2), tick(120, 3)), WINDOW).stall).toBe(0.4);
});
