import { Ledger, Note } from '../../chaos/ledger';
import { picture } from '../../chaos/picture';
import { brokenPromises, promises, Result } from '../../chaos/promises';
import { figures, page } from '../../chaos/report';
import { DEPLOYMENTS } from '../../chaos/systems/deployments';
import { BETWEEN, LIBRARY } from '../../chaos/systems/library';
import { SCRIPT } from '../../chaos/systems/script';
import { Verdict } from '../../chaos/trial';

const COUNTS = { failed: 0, lost: 0, requests: 9, requestsInFlight: 6, jobs: 3, jobsInFlight: 1, p99: 1, reasons: {} };

function verdict(row: string, more: Partial<Verdict> = {}, failed: number = 0): Verdict {
  const trial = { system: 'library', row, promised: true, window: { from: 100, to: 110, after: 90, dead: [] }, recreated: 1, restarted: 2, steady: 7 };
  return { trial, counts: { ...COUNTS, failed }, broken: [], ...more } as unknown as Verdict;
}

function result(more: Partial<Result>): Result {
  return { system: LIBRARY, verdicts: [verdict('scale')], leftOut: [], asked: [], ended: true, ledger: new Ledger(), ...more };
}

function ledger(...notes: Note[]): Ledger {
  const made = new Ledger();
  notes.forEach(note => made.add(note));
  return made;
}

const failure: Note = { e: 'request', stream: 'plain', begin: 80, end: 81, pod: 'a', ok: false, why: 'UNAVAILABLE' };

describe('A promise is broken', () => {
  test.each<[string, Partial<Result>, string[]]>([
    ['by a try', { verdicts: [verdict('scale', { broken: ['1 requests failed', '2 jobs are lost'] })] }, ['library: scale: 1 requests failed; 2 jobs are lost']],
    ['by a try that does not count', { verdicts: [verdict('scale', { broken: ['1 jobs are lost'], void: 'too little' }), verdict('scale')] },
      ['library: scale: 1 jobs are lost']],
    ['when no try counts', { verdicts: [verdict('scale', { void: 'too little' })] }, ['library: scale: no try counts']],
    ['when nothing could be tried', { verdicts: [] }, ['library: nothing could be tried']],
    ['when a control could not be tried', { system: SCRIPT, verdicts: [] }, ['script: nothing could be tried']],
    ['while its tries have not ended, and no open job is lost yet', { ended: false, ledger: ledger({ e: 'job', id: 'one', begin: 80, at: 80, again: false }) },
      ['library: its tries have not ended']],
    ['when it ended early', { error: 'no API server' }, ['library: no API server']],
    ['when something that was asked for is left out', { asked: ['node'], leftOut: [{ name: 'node', why: 'nobody has said how' }] },
      ['library: node was asked for and left out: nobody has said how']],
    ['between the disruptions', { ledger: ledger({ ...failure, begin: 75, ok: true }, failure) },
      ['library: between the disruptions: 1 requests failed, the first (plain) after 5.0 s: UNAVAILABLE']],
    ['at the end', { ledger: ledger({ e: 'job', id: 'one', begin: 80, at: 80, again: false }) }, ['library: at the end: 1 jobs are lost']],
    ['by a control that loses nothing where it has to', { system: SCRIPT, verdicts: [verdict('rolling restart')] },
      ['script: rolling restart: a control has lost nothing, so the load is too weak to show anything']],
  ])('%s', (_, more, what) => {
    expect(brokenPromises([result(more)])).toEqual(what);
  });

  test('by nothing else', () => {
    const library = result({ verdicts: [verdict('scale', { void: 'too little' }), verdict('scale')], leftOut: [{ name: 'node', why: 'nobody has said how' }] });
    expect(promises(library).map(({ ok }) => ok)).toEqual([true, true, true]); // the try that counts, in between, at the end
    expect(brokenPromises([result({ system: SCRIPT, verdicts: [verdict('rolling restart', {}, 3), verdict('drain a node')] })])).toEqual([]);
  });
});

describe('The report', () => {
  const early = result({ verdicts: [], error: 'no API server', leftOut: [{ name: 'api', why: 'nobody has said how' }] });

  test('tells of a run that ended early', () => {
    expect(page(['seed 7'], [early]).split('\n')).toEqual([
      '- seed 7', '', '- library: left out: api: nobody has said how', '', '- BROKEN: library: no API server', '- BROKEN: library: nothing could be tried', '',
    ]);
    expect(figures([early])).toMatchObject([{ system: 'library', error: 'no API server', broken: ['library: no API server', 'library: nothing could be tried'], leftOut: early.leftOut }]);
  });

  test('says where the library is no better than a control', () => {
    const control = result({ system: SCRIPT, verdicts: [verdict('scale'), verdict('drain a node', {}, 2), verdict('image change', {}, 3)] });
    const library = result({ verdicts: [verdict('scale'), verdict('drain a node', {}, 2), verdict('image change')] });
    const lines = page([], [library, control]).split('\n').filter(line => line.includes('no less'));
    expect(lines).toEqual(['- scale: the library loses no less than script, which loses nothing', '- drain a node: the library loses no less than script']);
  });

  test('compares a control with every system of the library', () => {
    const control = result({ system: DEPLOYMENTS, verdicts: [verdict('demand up, 2 to 3'), verdict('demand down, 3 to 1', {}, 4)] });
    const between = result({ system: BETWEEN, verdicts: [verdict('demand up, 2 to 3'), verdict('demand down, 3 to 1')] });
    const lines = page([], [result({}), between, control]).split('\n').filter(line => line.includes('no less'));
    expect(lines).toEqual(['- demand up, 2 to 3: the library loses no less than deployments, which loses nothing']);
  });

  test('tells what was lost in a try that does not count', () => {
    expect(page([], [result({ verdicts: [verdict('scale', { void: 'the control failed' }, 4), verdict('scale')] })]))
      .toContain('- library: scale: a try does not count, since the control failed; in it 4 requests failed and 0 jobs were lost\n');
  });

  test('has every request that failed, and every job that was not done just once', () => {
    const all = new Ledger();
    const lost: Note = { e: 'job', id: 'lost', begin: 80, at: 80, again: false };
    const twice: Note[] = [{ e: 'job', id: 'twice', begin: 80, at: 80, again: false }, ...[81, 82].map((at): Note => ({ e: 'done', id: 'twice', at, pod: 'w' }))];
    const once: Note[] = [{ e: 'job', id: 'once', begin: 80, at: 80, again: false }, { e: 'done', id: 'once', at: 81, pod: 'w' }];
    const error: Note = { e: 'job-error', id: 'lost', at: 80, why: 'refused' };
    [error, failure, { ...failure, ok: true }, lost, ...twice, ...once].forEach(note => all.add(note));
    const [{ failed, jobs, errors }] = figures([result({ ledger: all })]);
    expect(failed).toEqual([failure]);
    expect(errors).toEqual([error]);
    expect(jobs.map(({ id }: { id: string }) => id)).toEqual(['lost', 'twice']);
  });

  test('tells how many models an outage of etcd has had loaded again', () => {
    expect(page([], [result({ verdicts: [verdict('etcd down, back empty'), verdict('etcd down, back empty')] })]))
      .toContain('- library: etcd down, back empty: models loaded again: 6\n');
  });

  test('has a picture of no requests', () => {
    expect(picture('nothing', new Ledger(), [verdict('scale').trial])).toMatch(/^<svg/);
  });
});
