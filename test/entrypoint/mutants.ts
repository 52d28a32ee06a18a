/**
 * mutants [--only WORDS] [--from LINE] [--list] [--at-once N]
 *
 * Changes one place of the entrypoint after the other, and looks for a proof that fails for it. Prints what was changed and what noticed it, as it comes
 * and as a list in the end, and ends with 0 only when every change was noticed, or is listed below as one that changes nothing.
 *
 * Only what runs a line can notice that it is changed, so every proof is run once before, to see which lines it runs.
 *
 * A busy machine can fail a proof too. So a proof has noticed a change only when it fails with it, passes twice without it, and fails with it once more in four tries.
 */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { cover, Coverage, whoRuns } from './coverage';
import { SCRIPT, service } from './harness';
import { assertOrder, attempt, LIVES, Proof, PROOFS } from './prove';
import { attempt as tryScenario } from './races';
import { Scenario, SCENARIOS } from './scenarios';
import { FOUND, Shell } from '../../util/shells';
import './start.test';
import './stop.test';
import './run.test';
import './move.test';
import './warm-move.test';
import './demand.test';
import './probes.test';
import './arguments.test';
import './fixed-role.test';
import './leftovers.test';
import './shells.test';
import '../role-label/program.test';

interface Mutant {
  readonly line: number;
  /** The line and the one above it. */
  readonly context: string;
  readonly before: string;
  readonly after: string;
  readonly script: string;
}

/** Lines that begin with these words do one thing, which can be left out. */
const COMMANDS = 'trap|stop_on|forward_on|hear_children|wake|mv|wait|reap|gone|kill|state|log|send|ask|export|put|attend|watch_split|find_launcher|'
  + 'move|pass|settle_in|stop_all|stop_one|ask_taken|kill_taken|until_ended|await_ready|await_birth|spawn|started|now|true|exec|set|decide|exit_with|refuse|'
  + 'find_leftovers|list_children|list_own|allow|ended|printable|read|run_copy|shift|choose_role|heed_stop|follow_number|follow_pin|follow_demand|decide_between|hold_number|'
  + 'be_noticed|stop_last|last_words|copy_file|count_answer|take_answer|tell_problem|tell_move|hide_role|kill_rest_of_demand|give_up_demand|await_no_remnant|await_exec|read_arguments|program_of|count_on';

/** Changes of one place, by what they look for. Each place in each line is one mutant. */
const CHANGES: [RegExp, string][] = [
  // What is done is left out. The rest of the line stays, for it may open or close something.
  [new RegExp(`^(\\s*)(${COMMANDS})\\b[^|&;{}]*$`), '$1:'],
  [/&& mv -f [^;&|}]+ /, '&& : '],
  [/\bmv -f "\$_dir\/state\.new" "\$_dir\/state"/, ':'],
  [/\|\| wait "\$_sentinel"/, '|| :'],
  [/\bkill -s [A-Z]+ "\$\w+"/, ':'],
  [/\bkill -s "\$1" "\$2"/, ':'],
  [/\btrap - INT QUIT\b/, ':'],
  [/\bforward_on "\$_signal"/, ':'],
  [/\bwake"/, ':"'],
  [/_stop=\$\{_stop:-HUP\}/, ':'],
  // What is waited for, or looked at, twice is not.
  [/\[ "\$_seen" != "\$_events" \] \|\| /, ''],
  [/\[ "\$\{18\}" -le 1 \]/, ':'],
  // What is compared is turned around, or misses by one.
  [/ -ge /, ' -lt '], [/ -ge /, ' -gt '],
  [/ -gt /, ' -le '], [/ -gt /, ' -ge '],
  [/ -le /, ' -gt '], [/ -le /, ' -lt '],
  [/ -lt /, ' -ge '], [/ -lt /, ' -le '],
  [/ -eq /, ' -ne '], [/ -ne /, ' -eq '],
  [/\[ -n /, '[ -z '], [/\[ -z /, '[ -n '],
  [/" = "/, '" != "'], [/" != "/, '" = "'], [/" = ([a-z0])/, '" != $1'], [/" != ([a-z0])/, '" = $1'],
  [/\*" \$\w+ "\*\)/, '-)'], // whoever is on a list is not
  // What a function says, or when it ends.
  [/\breturn 1\b/, 'return 0'], [/(\|\|) return$/, '$1 :'], [/\breturn;/, ':;'], [/! gone /, 'gone '],
  // A fixed role is no other than any.
  [/\bfixed:\*\)/, 'nobody)'], [/ \| fixed:sync \| fixed:async\)/, ')'], [/\bunset \w+/, ':'],
  // Numbers.
  [/_pause \* 2/, '_pause'], [/\b6000\b/, '100'], [/ -le 30 \]/, ' -le 60 ]'], [/_idle_most=1\b/, '_idle_most=60'],
  [/\b_status=1\b/, '_status=0'], [/\b_exit=70\b/, '_exit=0'], [/\bexit_with 64\b/, 'exit_with 1'],
  [/_process \+ 1/, '_process'], [/_begun - 1/, '_begun'], [/_spawned \+ 1/, '_spawned'],
];

/** Lines that no mutant touches: comments, messages of the usage, and nothing else. */
const plain = (line: string) => !/^\s*#/.test(line) && line.trim() !== '';

/** Changes that change nothing, or nothing that anyone could see, with the reason. By the line and the one above it, and what becomes of it. */
const EQUIVALENT: [RegExp, RegExp, string][] = [
  [/"?\$(_now|\(\(_now - _began\)\))"? -(ge|lt) /, /"?\$(_now|\(\(_now - _began\)\))"? -(gt|le) /, 'a hundredth of a second later'],
  [/"\$_epoch" -le/, /"\$_epoch" -lt/, 'a second earlier, of ten to spare'],
  [/-ge "\$_idle_for"|-le 30 |"\$_deadline" -le|"\$_text" -(ge "\$_n"|le "\$_m")/, /-gt "\$_idle_for"|-lt 30 |"\$_deadline" -lt|"\$_text" -(gt "\$_n"|lt "\$_m")/,
    'where both are the same, either is right'],
  [/\$_earlier; do.*\n.*-gt "\$1"/, / -ge "\$1"/, 'of two that are the same the older one is kept too, and the newer one counts when it has gone'],
  [/\$\(\(_now - \$\{_answer%:\*\}\)\) -lt|-ge 10 \]; do now/, /-le \$\(\(_window|-gt 10 \]; do now/, 'a hundredth of a second later'],
  [/"\$_each" -lt "\$_begun"|"\$_(process|other)" -lt "\$_count"/, / -le "\$_(begun|count)"/, 'a process that has not begun has no pid and nothing due'],
  [/while \[ "\$_(begun|process)" -gt 0 \]/, / -ge 0 /, 'there is no process 0, so nothing to stop and nothing to count'],
  [/"\$_checks" -gt 0/, /"\$_checks" -ge 0/, 'an exec of nothing succeeds too'],
  [/put restart never/, /^:$/, 'whatever is not always is never'],
  [/reap "\$_sentinel"/, /^:$/, 'a shell takes the status of a child that was killed at its next wait; what it keeps of it is little'],
  [/^.*\ntrue 2>.*born/, /^:$/, 'a process has long let go of its traps when its turn to be signalled comes; the mark is for a machine on which it has not'],
  [/"\$_alike" -lt "\$_enough"/, / -le /, 'it asks once more than it has to'],
  [/until \[ -n "\$_woken" \]/, /^until/, 'at the limit of processes it looks around more often'],
  [/put spared ''$/, /^:$/, 'what was none of its leftovers once is none later; it only keeps the list short'],
  [/trap - INT QUIT/, /^(if fork )?'?:/, 'a bash of today gives them back by itself where they have been trapped, and dash and ash never do'],
  [/it may have left something behind.*\nreturn 1/, /return 0/, 'what has ended is taken out at the next look, which is the next thing to happen'],
  [/! gone "\$1" \|\| return 1/, /return 0$/, 'what has just ended is no child any more at the next look'],
  [/outlives KILL" _exit=70/, /_exit=0/, 'it is still there when its turn to stop comes, which gives the status too'],
  [/(event=forward.*|^fi)\nawait_birth/, /^:$/, 'as with born: a process has long let go of its traps when the first signal comes'],
  [/_limit=\$1\nattend/, /^:$/, 'what it would see keeps the loop from sleeping, which sees it too'],
  [/stop-delay process.*\n.*\|\| return/, /\|\| :$/, 'who has ended, and left nothing, is asked nothing'],
  [/put left "\$_still"\nnow|"\$_own \$_spared " in .*\nnow/, /^:$/, 'the other of the two places that look at the clock is soon reached'],
  [/ns\/mnt/, /\|\| :$/, 'it asks hundreds of questions instead of one'],
  [/"\$\{18\}" -le 1/, / -lt 1 /, 'these shells reap what has ended with every command or at its signal: what is a zombie now is nothing a moment later'],
  [/kill_rest_of_demand\(\) \{\nlist_own|case " \$_own " in\n/, /^:$|^-\) ;;/, 'none of its own children has the mark of a demand; it saves reading what they were started with'],
  [/until \[ -s "\$_dir\/born/, /-lt "\$_patience"/, 'as above: on a machine with time to spare the mark is there before anyone looks for it'],
];

function mutants(): Mutant[] {
  const lines = readFileSync(SCRIPT, 'utf8').split('\n');
  const all = lines.flatMap((line, index) => !plain(line) ? [] : CHANGES.flatMap(([wanted, instead]) =>
    [...line.matchAll(new RegExp(wanted, 'g'))].map(match => {
      const after = line.slice(0, match.index) + match[0].replace(wanted, instead) + line.slice(match.index + match[0].length);
      return {
        line: index + 1,
        context: `${lines[index - 1]?.trim()}\n${line.trim()}`,
        before: line.trim(),
        after: after.trim(),
        script: [...lines.slice(0, index), after, ...lines.slice(index + 1)].join('\n'),
      };
    })));
  return [...new Map(all.map(mutant => [mutant.script, mutant])).values()];
}

interface Job {
  readonly name: string;
  /** The proof or the scenario, whichever the shell. */
  readonly of: Proof | Scenario;
  /** Those of a lower one come first. */
  readonly rank: number;
  /** Throws when the script is not as promised; the real one unless another is given. */
  readonly run: (script?: string, abort?: AbortSignal) => Promise<void>;
}

/** A life that should take a moment. Many a change is noticed by it, and a script that only burns the processor sooner than by any other. */
const FIRST: Proof = {
  sentence: 'It starts, sleeps and stops.',
  shells: FOUND,
  run: async start => {
    const sync = [service('server', [], { ready: ['true'] }), service('registrar')];
    const life = await start({ split: 'count', value: '1', limit: 10, sync });
    await life.event('server', 'started');
    const { at } = await life.event('registrar', 'started');
    await life.line({ event: 'running' });
    await life.passed(at + 0.5);
    const before = processorTime(life.pid);
    await life.passed(at + 1.5);
    assert.ok(processorTime(life.pid) - before < 10, 'it sleeps');
    await life.signal('TERM');
    assert.equal((await life.ended()).status, 0);
    assertOrder(life, 'registrar got TERM', 'registrar ended', 'server got TERM', 'server ended');
  },
};

/** Of a process, in hundredths of a second. */
function processorTime(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').slice(11, 13);
  return Number(user) + Number(system);
}

/** How many tries of a race are one job: a change that is lost only now and then should be lost twice. */
const TRIES = 6;

async function race(scenario: Scenario, shell: Shell, script?: string, abort?: AbortSignal): Promise<void> {
  for (let seed = 0; seed < TRIES && !abort?.aborted; seed++) {
    const lost = await tryScenario({ ...scenario, life: { ...scenario.life, script } }, shell, seed);
    if (lost) throw new Error(lost);
  }
}

/** Everything that could notice a change: the first proof, the others under one shell, then under another, then under the rest, then the races. */
function jobs(): Job[] {
  const rank = (shell: Shell, of?: Proof) => of === FIRST ? -1 : Math.min(FOUND.indexOf(shell), 2);
  const proofs = [FIRST, ...PROOFS].flatMap(proof => proof.shells.map((shell): Job => ({
    name: `[${shell.name}] ${proof.sentence}`, of: proof, rank: rank(shell, proof), run: (script, abort) => attempt(proof, shell, script, abort),
  })));
  const races = SCENARIOS.flatMap(scenario => FOUND.map((shell): Job => ({
    name: `[${shell.name}] race: ${scenario.name}`, of: scenario, rank: 3, run: (script, abort) => race(scenario, shell, script, abort),
  })));
  return [...proofs, ...races];
}

/** What each of them runs. */
async function coverage(): Promise<Map<Job['of'], Coverage | undefined>> {
  const bash = FOUND.find(({ name }) => name === 'bash');
  const found = new Map<Job['of'], Coverage | undefined>();
  const queue = bash ? [FIRST, ...PROOFS, ...SCENARIOS] : [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one; (one = queue.shift());) {
      const of = one;
      found.set(of, await cover(script => 'run' in of ? attempt(of, bash!, script) : race(of, bash!, script)));
    }
  }));
  return found;
}

/** Why it fails, in one line; nothing when it passes. What takes much longer than with the real script fails too. */
async function fails(job: Job, seconds: number, script?: string, abort?: AbortSignal): Promise<string | undefined> {
  const late = AbortSignal.timeout(Math.ceil((3 * seconds + 10) * 1000));
  const reason = await job.run(script, abort ? AbortSignal.any([abort, late]) : late).then(() => undefined, error => `${error.message}`);
  return reason === undefined ? undefined : reason.replace(/\s+/g, ' ').slice(0, 300) || 'no reason';
}

/** Jobs at a time for one change. */
const WIDTH = 3;

/** The name of the first job that notices that this script is not the real one. The likely one is tried before the others. */
async function notice(line: number, script: string, candidates: Job[], seconds: (job: Job) => number, likely?: string): Promise<string | undefined> {
  const queue = [...candidates.filter(job => job.name === likely), ...candidates.filter(job => job.name !== likely)];
  let found: Job | undefined;
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const one = async (job: Job) => {
    const reason = await fails(job, seconds(job), script, abort.signal);
    if (!reason || found) return;
    // What is lost only now and then may take a few more tries to be lost again.
    const fail = async (times: number, of?: string) => {
      for (let attempts = 0; attempts < times; attempts++) {
        const other = await fails(job, seconds(job), of, abort.signal);
        if (other) return other;
      }
      return undefined;
    };
    const [without, again] = await Promise.all([fail(2), fail(4, script)]);
    if (found) return;
    const doubt = without ? 'fails without it too' : !again && 'fails only once';
    if (doubt) return console.log(`   (${line}: ${doubt}: ${job.name} ${without ?? reason})`);
    found = job;
    abort.abort();
  };
  // Alone, for it may be enough.
  if (queue.length > 0) await one(queue.shift()!);
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    while (!found && queue.length > 0) await one(queue.shift()!);
  }));
  return found?.name;
}

/** What noticed each change the last time: a run is much shorter when it begins with that. */
const MEMORY = join(__dirname, '../../node_modules/.cache/mutants.json');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'only': { type: 'string', default: '' },
      'from': { type: 'string', default: '1' }, // for a run in parts
      'list': { type: 'boolean', default: false },
      'at-once': { type: 'string', default: '3' },
    },
  });
  const chosen = mutants().filter(mutant => mutant.line >= Number(values.from) && `${mutant.line}: ${mutant.before} -> ${mutant.after}`.includes(values.only!));
  const text = ({ line, before, after }: Mutant) => `${line}: ${before}\n   -> ${after}`;
  const noticed: Record<string, string> = existsSync(MEMORY) ? JSON.parse(readFileSync(MEMORY, 'utf8')) : {};
  if (values.list) return chosen.forEach(mutant => console.log(text(mutant)));

  const directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  mkdirSync(dirname(MEMORY), { recursive: true });
  const all = jobs();
  const covered = await coverage();
  // What nothing is known of could run anything, and comes last.
  const seconds = ({ of }: Job) => covered.get(of)?.seconds ?? 120;
  const candidates = (line: number) => {
    const able = new Set(whoRuns(line, [...covered.values()].filter(each => each !== undefined)));
    return all.filter(({ of }) => !covered.get(of) || able.has(covered.get(of)!)).sort((a, b) => a.rank - b.rank || seconds(a) - seconds(b));
  };
  const outcomes = new Map<Mutant, string | undefined>();
  const begun = Date.now();
  console.log(`${chosen.length} mutants, ${all.length} proofs and races for each at most, ${[...covered.values()].filter(each => !each).length} of which nobody knows what they run`);
  // A script that was broken is mostly waited for.
  LIVES.most = 36;
  const queue = [...chosen];
  await Promise.all(Array.from({ length: Number(values['at-once']) }, async () => {
    for (let mutant; (mutant = queue.shift());) {
      const { context, before, after, script } = mutant;
      const reason = EQUIVALENT.find(([line, other]) => line.test(context) && other.test(after))?.[2];
      const path = join(directory, `${chosen.indexOf(mutant)}.sh`);
      writeFileSync(path, script);
      const key = `${before} -> ${after}`;
      const outcome = reason ? `changes nothing: ${reason}` : await notice(mutant.line, path, candidates(mutant.line), seconds, noticed[key]);
      outcomes.set(mutant, outcome);
      if (outcome && !reason) noticed[key] = outcome;
      writeFileSync(MEMORY, JSON.stringify(noticed));
      console.log(`[${outcomes.size}/${chosen.length}, ${Math.round((Date.now() - begun) / 1000)} s] ${text(mutant)}\n   ${outcome ?? 'NOT NOTICED'}`);
    }
  }));
  rmSync(directory, { recursive: true });

  const idle = EQUIVALENT.filter(([line, other]) => !chosen.some(({ context, after }) => line.test(context) && other.test(after)));
  if (!values.only && values.from === '1') assert.deepEqual(idle, [], 'no change is like these');
  const survivors = chosen.filter(mutant => outcomes.get(mutant) === undefined);
  console.log('\nWhat noticed each:');
  chosen.forEach(mutant => console.log(`${text(mutant)}\n   ${outcomes.get(mutant) ?? 'NOT NOTICED'}`));
  console.log(`${chosen.length - survivors.length} passed, ${survivors.length} failed`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

void main();
