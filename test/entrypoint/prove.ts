import assert from 'node:assert/strict';
import { Entrypoint, Life } from './harness';
import { MISSING } from './machine';
import { FOUND, Shell } from '../../util/shells';

/** Starts one life of the entrypoint under the shell of the proof. It is looked through and cleared away when the proof is over. */
export type Start = (life: Life) => Promise<Entrypoint>;

/**
 * A sentence about the entrypoint, and what proves it.
 */
export interface Proof {
  readonly sentence: string;
  readonly shells: Shell[];
  readonly run: (start: Start, shell: Shell) => Promise<void>;
}

/** Everything that has been declared by the files that were loaded. */
export const PROOFS: Proof[] = [];

export interface Options {
  /** Shells under which it does not hold, and why: printed instead of being proved. */
  readonly except?: Record<string, string>;
  /** What this machine lacks for it, in a sentence, if so: then it is printed and proved nowhere. */
  readonly lacking?: string;
}

/**
 * Declares a proof. Under jest it is a test for each shell; elsewhere (see mutants.ts) it is only collected.
 */
export function prove(sentence: string, run: Proof['run'], options: Options = {}): void {
  const { except = {}, lacking } = options;
  const shells = FOUND.filter(shell => !lacking && !except[shell.name]);
  const proof: Proof = { sentence, shells, run };
  PROOFS.push(proof);
  if (!JEST) return;
  FOUND.filter(shell => !shells.includes(shell)).forEach(shell => skip(`[${shell.name}] ${sentence} ${lacking ?? except[shell.name]}`));
  shells.forEach(shell => test.concurrent(`[${shell.name}] ${sentence}`, () => attempt(proof, shell), HANGS));
}

/** Jest's own limit, in milliseconds. It is for a test that hangs by itself, and cannot tell what was waited for: a wait for a life has a limit of its own that can (see Life). */
export const HANGS = 15 * 60_000;

/** Proves the sentence under one shell, with the real script or another one; says what happened when it cannot. It can be given up. */
export async function attempt(proof: Proof, shell: Shell, script?: string, abort?: AbortSignal): Promise<void> {
  const lives: Entrypoint[] = [];
  let over = false;
  abort?.addEventListener('abort', () => lives.forEach(life => life.giveUp('not needed any more')));
  const start: Start = async life => {
    await room();
    if (over || abort?.aborted) { // one of several that are started at once has failed meanwhile
      leave();
      throw new Error('not needed any more');
    }
    const entrypoint = new Entrypoint(shell, { script, ...life });
    lives.push(entrypoint);
    void entrypoint.over.then(leave);
    return entrypoint.begun();
  };
  try {
    await proof.run(start, shell);
    for (const life of lives) lookThrough(life);
  } catch (error) {
    // One of many lives may be meant: those that are not over, or else the last ones.
    const open = lives.filter(life => life.broken || !life.end);
    const stories = (open.length > 0 ? open : lives).slice(-3).map(life => life.story());
    const { message, stack } = error as Error;
    throw Object.assign(new Error(message), { stack: [message, ...stories, stack!.slice(stack!.indexOf('\n    at '))].join('\n') });
  } finally {
    over = true;
    await Promise.all(lives.map(life => life.dispose()));
  }
}

/** Lives at a time. They only wait, but to begin one is work: with too many a small machine is late for everything. */
export const LIVES = { most: 24 };
let living = 0;
const queue: (() => void)[] = [];

async function room(): Promise<void> {
  if (living < LIVES.most) living++;
  else await new Promise<void>(resolve => queue.push(resolve));
}

function leave(): void {
  const next = queue.shift();
  if (next) next();
  else living--;
}

/** What is true of every life that is over. */
export function lookThrough(life: Entrypoint): void {
  if (!life.end) return;
  assert.deepEqual(life.strange, [], 'stderr holds only lines of the log');
  assert.deepEqual(life.eventsLike('init', 'left'), [], 'nobody is left behind');
  if (life.life.args) return;
  const ends = life.linesLike({ event: 'end' });
  assert.equal(ends.length, 1, 'one line tells of the end');
  assert.equal(ends[0], life.lines.at(-1), 'it is the last line');
  assert.equal(ends[0].status, `${life.end.status}`, 'it tells the exit status');
  if (!life.life.terminationLog) assert.equal(life.terminationLog(), `${ends[0].reason}\n`, 'the same reason stands in the termination log');
}

/** All at once: most lives only wait. */
export async function each<T>(all: readonly T[], what: (one: T) => Promise<void>): Promise<void> {
  await Promise.all(all.map(what));
}

/** That what happened lies this many seconds after something else, at least and at most. The clocks tell hundredths. */
export function assertSeconds(seconds: number, least: number, most: number, what: string): void {
  assert.ok(seconds >= least - 0.02 && seconds <= most, `${what}: ${seconds.toFixed(2)} s, not ${least} to ${most} s`);
}

/** That these events of the processes came in this order. */
export function assertOrder(life: Entrypoint, ...wanted: string[]): void {
  const seen = life.events.map(event => `${event.name} ${event.what.split(' ').slice(0, event.what.startsWith('got') ? 2 : 1).join(' ')}`)
    .filter(event => wanted.includes(event));
  assert.deepEqual(seen, wanted);
}

function skip(sentence: string): void {
  process.stderr.write(`skipped: ${sentence}\n`);
  test.skip(sentence, () => {});
}

const JEST = typeof test !== 'undefined';
if (JEST) MISSING.forEach(skip);
