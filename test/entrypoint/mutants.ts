/**
 * mutants [--only WORDS] [--list] [--at-once N]
 *
 * Changes one place of the entrypoint after the other, and looks for a proof that fails for it. Prints a table of what was changed and what noticed it,
 * and ends with 0 only when every change was noticed, or is listed below as one that changes nothing.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SCRIPT, service } from './harness';
import { assertOrder, attempt, Proof, PROOFS } from './prove';
import { attempt as tryScenario } from './races';
import { SCENARIOS } from './scenarios';
import { FOUND, Shell } from './shells';
import './start.test';
import './stop.test';
import './run.test';
import './move.test';
import './probes.test';
import './arguments.test';
import './shells.test';

interface Mutant {
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly script: string;
}

/** Changes of one place, by what they look for. Each place in each line is one mutant. */
const CHANGES: [RegExp, string][] = [
  // What is done is left out. The rest of the line stays, for it may open or close something.
  [/^(\s*)(trap|stop_on|forward_on|wake|mv|wait|reap|kill|state|log|signal|export|put|attend|watch_split|find_launcher|leave_role|spawn|started|now|exec|set|decide|conclude|refuse)\b[^|&;{}]*$/, '$1:'],
  [/&& mv -f [^;&|}]+ /, '&& : '],
  [/\|\| wait "\$_sentinel"/, '|| :'],
  [/\bkill -s [A-Z]+ "\$\w+"/, ':'],
  [/\bkill -s "\$1" "\$_pid"/, ':'],
  [/\btrap - INT QUIT\b/, ':'],
  [/\bforward_on "\$_signal"/, ':'],
  [/\bwake"/, ':"'],
  // What is compared is turned around, or misses by one.
  [/ -ge /, ' -lt '], [/ -ge /, ' -gt '],
  [/ -gt /, ' -le '], [/ -gt /, ' -ge '],
  [/ -le /, ' -gt '], [/ -le /, ' -lt '],
  [/ -lt /, ' -ge '], [/ -lt /, ' -le '],
  [/ -eq /, ' -ne '], [/ -ne /, ' -eq '],
  [/\[ -n /, '[ -z '], [/\[ -z /, '[ -n '],
  [/" = "/, '" != "'], [/" != "/, '" = "'], [/" = ([a-z0])/, '" != $1'], [/" != ([a-z0])/, '" = $1'],
  [/ && return\b/, ' && :'],
  [/\|\| return 1\b/, '|| :'],
  [/\|\| return 0\b/, '|| :'],
  [/\bbreak\b/, ':'],
  // Numbers.
  [/_pause \* 2/, '_pause'], [/\b6000\b/, '100'], [/ -le 30 \]/, ' -le 60 ]'], [/_idle_most=5\b/, '_idle_most=60'],
  [/\b_status=1\b/, '_status=0'], [/\b_exit=70\b/, '_exit=0'], [/\bconclude 64\b/, 'conclude 1'],
  [/_process \+ 1/, '_process'], [/_begun - 1/, '_begun'],
];

/** Lines that no mutant touches: comments, messages of the usage, and nothing else. */
const plain = (line: string) => !/^\s*#/.test(line) && line.trim() !== '';

/**
 * Changes that change nothing, or nothing that anyone could see, with the reason. By the line before and the line after.
 */
const EQUIVALENT: [RegExp, RegExp, string][] = [];

function mutants(): Mutant[] {
  const lines = readFileSync(SCRIPT, 'utf8').split('\n');
  const all = lines.flatMap((line, index) => !plain(line) ? [] : CHANGES.flatMap(([wanted, instead]) =>
    [...line.matchAll(new RegExp(wanted, 'g'))].map(match => {
      const after = line.slice(0, match.index) + match[0].replace(wanted, instead) + line.slice(match.index + match[0].length);
      return { line: index + 1, before: line.trim(), after: after.trim(), script: [...lines.slice(0, index), after, ...lines.slice(index + 1)].join('\n') };
    })));
  return [...new Map(all.map(mutant => [mutant.script, mutant])).values()];
}

interface Job {
  readonly name: string;
  readonly shell: Shell;
  /** Throws when the script is not as promised. */
  readonly run: (script: string, abort: AbortSignal) => Promise<void>;
}

/** A life that should take a moment. Many a change is noticed by it, and a script that does nothing but burn the processor sooner than by any other proof. */
const FIRST: Proof = {
  sentence: 'It starts and stops.',
  shells: FOUND,
  seconds: 1,
  run: async start => {
    const life = await start({ split: 'count', value: '1', limit: 6, sync: [service('server', [], { ready: ['true'] }), service('registrar')] });
    await life.event('registrar', 'started');
    await life.event('server', 'started');
    await life.line({ event: 'running' });
    await life.signal('TERM');
    assert.equal((await life.ended()).status, 0);
    assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
  },
};

/** Everything that could notice a change: fast proofs first under one shell, then under the others, then the races, then what takes long. */
function jobs(): Job[] {
  const shells = FOUND.filter(shell => shell.required);
  const of = (proofs: Proof[], some: Shell[]) => some.flatMap(shell => proofs.map(proof => ({
    name: `[${shell.name}] ${proof.sentence}`, shell, run: (script: string, abort: AbortSignal) => attempt(proof, shell, script, abort),
  })));
  const fast = PROOFS.filter(proof => proof.seconds <= 15);
  const slow = PROOFS.filter(proof => proof.seconds > 15);
  const races = shells.flatMap(shell => SCENARIOS.flatMap(scenario => Array.from({ length: 5 }, (_, seed) => ({
    name: `[${shell.name}] race: ${scenario.name}`,
    shell,
    run: async (script: string) => {
      const lost = await tryScenario({ ...scenario, life: { ...scenario.life, script } }, shell, seed);
      if (lost) throw new Error(lost);
    },
  }))));
  return [...of([FIRST], shells.slice(0, 2)), ...of(fast, shells.slice(0, 1)), ...of(fast, shells.slice(1, 2)), ...of(slow, shells.slice(0, 1)), ...of(fast, shells.slice(2)), ...races];
}

/** The name of the first job that fails for this script. */
async function notice(script: string, all: Job[], atOnce: number): Promise<string | undefined> {
  const [first, ...queue] = all;
  let found: Job | undefined;
  const abort = new AbortController();
  const one = (job: Job) => job.run(script, abort.signal).catch(() => {
    found ??= job;
    abort.abort();
  });
  await one(first);
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (!found && queue.length > 0) await one(queue.shift()!);
  }));
  // It may well notice the next one too.
  if (found && all.indexOf(found) > 1) all.splice(2, 0, ...all.splice(all.indexOf(found), 1));
  return found?.name;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'only': { type: 'string', default: '' },
      'list': { type: 'boolean', default: false },
      'at-once': { type: 'string', default: '12' },
    },
  });
  const chosen = mutants().filter(mutant => `${mutant.line}: ${mutant.before}`.includes(values.only!));
  const survivors: Mutant[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  const all = jobs();
  const begun = Date.now();
  console.log(`${chosen.length} mutants, ${all.length} proofs and tries for each at most`);
  for (const [index, mutant] of chosen.entries()) {
    const path = join(directory, `${index}.sh`);
    writeFileSync(path, mutant.script);
    const reason = EQUIVALENT.find(([before, after]) => before.test(mutant.before) && after.test(mutant.after))?.[2];
    const noticed = values.list ? '' : reason ? `(changes nothing: ${reason})` : await notice(path, all, Number(values['at-once']));
    if (noticed === undefined) survivors.push(mutant);
    const seconds = Math.round((Date.now() - begun) / 1000);
    console.log(`${mutant.line}: ${mutant.before}\n   -> ${mutant.after}\n   ${noticed ?? 'NOT NOTICED'} (${seconds} s)`);
  }
  rmSync(directory, { recursive: true });
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants were noticed`);
  survivors.forEach(({ line, before, after }) => console.log(`not noticed: ${line}: ${before} -> ${after}`));
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

void main();
