import { ETCD_DOWN } from './disruptions';
import { brokenPromises, Result } from './promises';
import { countedOf, lostPerTry, Verdict } from './trial';
import { table } from '../util/markdown';

const COLUMNS = [
  'Disruption', 'tries', 'in flight at least', 'requests', 'failed', '... in the dead process', '... to it, unknowing', 'failed, with gRPC\'s transparent retry', 'failed, with a retry policy for UNAVAILABLE',
  'jobs', 'lost', 'run twice', 'pods re-created', 'containers restarted', 'steady after, s', 'p99 during, s',
];

/**
 * What a system went through, a row for each disruption.
 */
export function tableOf(title: string, verdicts: Verdict[]): string {
  const names = [...new Set(verdicts.map(({ trial }) => trial.row))];
  return table({ title, columns: COLUMNS, rows: names.map(name => row(name, verdicts.filter(({ trial }) => trial.row === name))) });
}

function row(name: string, all: Verdict[]): string[] {
  const counted = all.filter(each => each.void === undefined);
  const tries = counted.length === all.length ? `${all.length}` : `${counted.length} of ${all.length}`;
  if (counted.length === 0) {
    return [name, tries, ...COLUMNS.slice(2).map(() => '-')];
  }
  const sum = (value: (verdict: Verdict) => number) => String(counted.reduce((total, each) => total + value(each), 0));
  const least = (value: (verdict: Verdict) => number) => Math.min(...counted.map(value));
  const most = (value: (verdict: Verdict) => number) => Math.max(...counted.map(value));
  return [
    name,
    tries,
    `${least(({ counts }) => counts.requestsInFlight)} + ${least(({ counts }) => counts.jobsInFlight)}`,
    sum(({ counts }) => counts.requests),
    sum(({ counts }) => counts.failed),
    sum(({ counts }) => counts.failedInside),
    sum(({ counts }) => counts.failedUnknowing),
    sum(({ counts }) => counts.failedTransparent),
    sum(({ counts }) => counts.failedWithRetry),
    sum(({ counts }) => counts.jobs),
    sum(({ counts }) => counts.lost),
    sum(({ counts }) => counts.twice),
    sum(({ trial }) => trial.recreated),
    sum(({ trial }) => trial.restarted),
    steady(counted),
    counted.some(({ counts }) => counts.p99 > 0) ? most(({ counts }) => counts.p99).toFixed(2) : '-',
  ];
}

function steady(counted: Verdict[]): string {
  const seconds = counted.flatMap(({ trial }) => trial.steady ?? []).sort((a, b) => a - b);
  const never = counted.length - seconds.length;
  const range = seconds.length === 0 ? [] : [seconds[0].toFixed(0) === seconds[seconds.length - 1].toFixed(0)
    ? seconds[0].toFixed(0)
    : `${seconds[0].toFixed(0)} to ${seconds[seconds.length - 1].toFixed(0)}`];
  return [...range, ...never > 0 ? [`never: ${never}`] : []].join(', ');
}

/**
 * The rows in which the library loses as much as a control, or more.
 */
export function noBetter(library: Verdict[], control: Verdict[]): string[] {
  const rows = [...new Set(control.map(({ trial }) => trial.row))]
    .filter(name => countedOf(library, name).length > 0 && countedOf(control, name).length > 0);
  return rows.filter(name => lostPerTry(countedOf(library, name)) >= lostPerTry(countedOf(control, name)));
}

/**
 * A table for each system, and what else there is to say.
 */
export function tables(results: Result[]): string[] {
  const library = results.filter(({ system }) => system.promised).flatMap(({ verdicts }) => verdicts);
  const remarks = [
    ...results.flatMap(({ system, verdicts }) => reloads(verdicts).map(times => `${system.name}: ${ETCD_DOWN}: models loaded again: ${times}`)),
    ...results.filter(({ system }) => !system.promised)
      .flatMap(({ system, verdicts }) => noBetter(library, verdicts).map(name => `${name}: the library loses no less than ${system.name}${lostPerTry(countedOf(verdicts, name)) === 0 ? ', which loses nothing' : ''}`)),
    ...results.flatMap(({ verdicts }) => verdicts.filter(({ void: reason }) => reason !== undefined)).map(({ trial, counts, void: reason }) =>
      `${trial.system}: ${trial.row}: a try does not count, since ${reason}; in it ${counts.failed} requests failed and ${counts.lost} jobs were lost`),
    ...results.flatMap(({ system, leftOut }) => leftOut.map(({ name, why }) => `${system.name}: left out: ${name}: ${why}`)),
  ];
  return [
    ...results.filter(({ verdicts }) => verdicts.length > 0).map(({ system, verdicts }) => tableOf(`${system.name}: ${system.about}`, verdicts)),
    ...remarks.length > 0 ? [list(remarks)] : [],
  ];
}

// Whatever starts again loads its model.
function reloads(verdicts: Verdict[]): number[] {
  const rows = countedOf(verdicts, ETCD_DOWN);
  return rows.length === 0 ? [] : [rows.reduce((sum, { trial }) => sum + trial.recreated + trial.restarted, 0)];
}

function list(items: string[]): string {
  return items.map(item => `- ${item}`).join('\n');
}

/**
 * All of it as a document. What is broken stands in it too, or a run that ended early would look like a good one.
 */
export function page(facts: string[], results: Result[]): string {
  const wrong = brokenPromises(results).map(what => `BROKEN: ${what}`);
  return `${[list(facts), ...tables(results), ...wrong.length > 0 ? [list(wrong)] : []].join('\n\n')}\n`;
}

/**
 * All figures, every request that failed, every job that was not done just once, and what went wrong with jobs.
 */
export function figures(results: Result[]): any[] {
  return results.map(each => {
    const { system, error, leftOut, verdicts, ledger: { requests, jobs, errors } } = each;
    return {
      system: system.name,
      error,
      broken: brokenPromises([each]),
      leftOut,
      verdicts,
      failed: requests.filter(({ ok }) => !ok),
      jobs: [...jobs.values()].filter(({ done }) => done.length !== 1),
      errors,
    };
  });
}

/**
 * A try in a line, while it runs.
 */
export function line({ trial, counts, void: reason, broken }: Verdict): string {
  const verdict = broken.length > 0 ? 'FAIL' : reason !== undefined ? 'void' : trial.promised ? 'ok  ' : '-   ';
  const failed = `${counts.failed} of ${counts.requests} requests failed`
    + (trial.planned ? '' : ` (${counts.failedInside} in the dead process, ${counts.failedUnknowing} to it)`)
    + `, ${counts.failedTransparent} with transparent retry, ${counts.failedWithRetry} with a policy`;
  const jobs = `${counts.lost} of ${counts.jobs} jobs lost, ${counts.twice} twice`;
  const well = trial.steady === undefined ? `not well: ${trial.trouble}` : `steady after ${trial.steady.toFixed(0)} s`;
  const why = [reason, ...broken.map(each => `BROKEN: ${each}`), ...Object.entries(counts.reasons).map(([text, times]) => `${times} x ${text}`)];
  return [
    `${verdict} ${trial.system}: ${trial.row}: ${failed}; ${jobs}; ${well}; ${counts.requestsInFlight} + ${counts.jobsInFlight} in flight; `
      + `${trial.recreated} pods new, ${trial.restarted} restarts; p99 ${counts.p99.toFixed(2)} s, stall ${counts.stall.toFixed(2)} s`,
    ...why.flatMap(each => each === undefined ? [] : [`       ${each}`]),
  ].join('\n');
}
