import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { picture } from './picture';
import { Result } from './promises';
import { figures, page } from './report';
import { LOAD } from './settings';

/**
 * Makes the folder of the report, and writes into it, before anything is tried that could not be told then.
 */
export function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'chaos.md'), 'Nothing has been tried yet.\n');
}

/**
 * The report of what has been seen so far. The pictures of all systems but the last are there already.
 */
export function write(folder: string, facts: string[], results: Result[], seed: number): void {
  writeFileSync(join(folder, 'chaos.md'), page(facts, results));
  writeFileSync(join(folder, 'chaos.json'), `${JSON.stringify({ facts, seed, load: LOAD, systems: figures(results) }, undefined, 2)}\n`);
  const { system, verdicts, ledger } = results[results.length - 1];
  writeFileSync(join(folder, `chaos-${system.name}.svg`), picture(system.name, ledger, verdicts.map(({ trial }) => trial)));
}
