/**
 * races [--tries N] [--shell NAME]... [--scenario WORDS] [--seed N] [--at-once N]
 *
 * Lives every scenario many times under each shell, with signals at moments that nobody chose, and prints how many were lost: not ended in time, ended
 * with a wrong status, in a wrong order, with a signal that never arrived or a process left behind. Ends with 0 only when none was.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Entrypoint } from './harness';
import { MISSING } from './machine';
import { judge, Scenario, SCENARIOS } from './scenarios';
import { seeded } from '../../util/random';
import { FOUND, Shell } from '../../util/shells';

/** One try; the reason if it was lost. The logs of a lost one are kept. */
export async function attempt(scenario: Scenario, shell: Shell, seed: number): Promise<string | undefined> {
  const life = new Entrypoint(shell, scenario.life);
  let reason: string | undefined;
  try {
    if (!scenario.atOnce) await life.begun();
    await scenario.act(life, seeded(seed), seed);
    judge(life);
    scenario.expect(life);
  } catch (error) {
    reason = `[${shell.name}] ${scenario.name}, seed ${seed}: ${(error as Error).message}\n${life.story()}`;
  }
  await life.dispose(reason !== undefined);
  return reason;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'tries': { type: 'string', default: '500' },
      'shell': { type: 'string', multiple: true },
      'scenario': { type: 'string', default: '' },
      'seed': { type: 'string', default: `${Date.now() % 1e6}` },
      'at-once': { type: 'string', default: '16' },
    },
  });
  const tries = Number(values.tries);
  const first = Number(values.seed);
  const shells = FOUND.filter(shell => !values.shell || values.shell.includes(shell.name));
  const scenarios = SCENARIOS.filter(scenario => scenario.name.includes(values.scenario!));
  MISSING.forEach(sentence => console.log(`skipped: ${sentence}`));
  console.log(`${tries} tries for each shell and scenario, seeds ${first} to ${first + tries - 1}`);

  const lost = new Map<string, number>();
  const key = (scenario: Scenario, shell: Shell) => `${scenario.name}/${shell.name}`;
  // Mixed, so that a busy moment of the machine meets all alike.
  const jobs = Array.from({ length: tries }, (_, index) => first + index)
    .flatMap(seed => scenarios.flatMap(scenario => shells.map(shell => ({ scenario, shell, seed }))));
  let next = 0;
  // Ctrl-C: the table of what has been tried so far.
  process.once('SIGINT', () => jobs.splice(next));
  const begun = Date.now();
  await Promise.all(Array.from({ length: Number(values['at-once']) }, async () => {
    while (next < jobs.length) {
      const { scenario, shell, seed } = jobs[next++];
      if (next % 500 === 0) console.log(`${next} of ${jobs.length} after ${Math.round((Date.now() - begun) / 1000)} s, load ${loadavg()[0].toFixed(1)}`);
      const reason = await attempt(scenario, shell, seed);
      if (reason === undefined) continue;
      lost.set(key(scenario, shell), (lost.get(key(scenario, shell)) ?? 0) + 1);
      console.log(reason);
    }
  }));

  console.table(Object.fromEntries(scenarios.map(scenario =>
    [scenario.name, Object.fromEntries(shells.map(shell => [shell.name, lost.get(key(scenario, shell)) ?? 0]))])));
  const all = [...lost.values()].reduce((sum, each) => sum + each, 0);
  console.log(`${jobs.length - all} passed, ${all} failed`);
  process.exitCode = all > 0 ? 1 : 0;
}

if (require.main === module) void main();
