import { Ledger, Request } from './ledger';
import { System } from './systems/system';
import { countedOf, lostPerTry, Verdict } from './trial';

/** What one system went through. */
export interface Result {
  readonly system: System;
  readonly verdicts: Verdict[];
  readonly leftOut: { readonly name: string; readonly why: string }[];
  /** Disruptions that somebody has asked for by name. */
  readonly asked: string[];
  /** All tries have been made, or given up, and the driver has waited for the last jobs. */
  readonly ended: boolean;
  /** What went wrong on the way. */
  readonly error?: string;
  readonly ledger: Ledger;
}

/** Where a control has to lose something. */
const LOSING = ['KILL to server', 'delete a sync pod', 'rolling restart'];

/**
 * What the run has shown, a line for each promise: of the library's tries, of what happened between them, and that the load could show losses.
 */
export function promises({ system, verdicts, leftOut, asked, ended, error, ledger }: Result): { ok: boolean; what: string }[] {
  const of = (row: string) => countedOf(verdicts, row);
  const rows = [...new Set(verdicts.map(({ trial }) => trial.row))];
  const missing = [
    ...ended ? [] : ['its tries have not ended'],
    ...error === undefined ? [] : [error],
    ...verdicts.length > 0 ? [] : ['nothing could be tried'],
    ...leftOut.filter(({ name }) => asked.includes(name)).map(({ name, why }) => `${name} was asked for and left out: ${why}`),
    ...rows.filter(row => of(row).length === 0).map(row => `${row}: no try counts`),
  ].map(what => ({ ok: false, what: `${system.name}: ${what}` }));
  if (!system.promised) {
    const proofs = rows.filter(row => LOSING.includes(row) && of(row).length > 0)
      .map(row => ({ ok: lostPerTry(of(row)) > 0, what: `${system.name}: ${row}: a control has lost nothing, so the load is too weak to show anything` }));
    return [...missing, ...proofs];
  }
  const outside = ledger.requests.filter(({ ok, stream, begin, end }) => !ok && stream !== 'control'
    && !verdicts.some(({ trial: { window } }) => end >= window.from && begin <= window.to));
  const lost = ended ? ledger.open().length : 0;
  return [
    ...missing,
    ...verdicts.filter(verdict => verdict.void === undefined || verdict.broken.length > 0) // one that does not count can break a promise, and keep none
      .map(({ trial, broken }) => ({ ok: broken.length === 0, what: `${system.name}: ${trial.row}: ${broken.join('; ')}` })),
    { ok: outside.length === 0, what: `${system.name}: between the disruptions: ${outside.length} requests failed${outside.length === 0 ? '' : firstOf(outside, ledger)}` },
    { ok: lost === 0, what: `${system.name}: at the end: ${lost} jobs are lost` },
  ];
}

function firstOf([{ stream, why, begin }]: Request[], { requests }: Ledger): string {
  const seconds = begin - Math.min(...requests.map(each => each.begin));
  return `, the first (${stream}) after ${seconds.toFixed(1)} s: ${why ?? '?'}`;
}

/**
 * The promises that are broken.
 */
export function brokenPromises(results: Result[]): string[] {
  return results.flatMap(promises).flatMap(({ ok, what }) => ok ? [] : [what]);
}
