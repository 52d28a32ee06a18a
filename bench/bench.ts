import { Table } from '../util/markdown';

/**
 * One thing that is measured.
 */
export interface Bench {
  readonly name: string;
  /** What is measured, in a sentence. */
  readonly about: string;
  run(options: Options): Promise<Outcome>;
}

export interface Options {
  /** How often each thing is measured; undefined leaves it to the bench. */
  readonly rounds?: number;
  /** What pods run, on a cluster; undefined leaves it to the bench. */
  readonly image?: string;
  /** How long a bench takes that plays something; undefined leaves it to the bench. */
  readonly minutes?: number;
  /** A script to measure beside the library's entrypoint.sh. */
  readonly script?: string;
  /** Keeps a file in the folder of the report, if there is one. */
  keep(name: string, content: string): void;
}

export interface Outcome {
  readonly tables: Table[];
  readonly goals: Goal[];
  /** What was not measured, with the reason. */
  readonly leftOut: string[];
  /** Programs that were measured, with their versions. */
  readonly versions?: string[];
}

/**
 * A value that the library is to have.
 */
export interface Goal {
  readonly what: string;
  readonly seen: number;
  readonly most: number;
  readonly unit?: string;
  /** A promise, and not a wish: missed by a busy machine it would be no promise. */
  readonly must: boolean;
}

export function isMet({ seen, most }: Goal): boolean {
  return seen <= most;
}

/** A number with as many digits as say something. */
export function digits(value: number): string {
  const magnitude = Math.abs(value);
  return magnitude < 0.1 ? `${Number(value.toPrecision(2))}` : value.toFixed(Number.isInteger(value) || magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2);
}

/** A goal in one line. */
export function goal(it: Goal): string {
  const verdict = isMet(it) ? 'met' : it.must ? 'BROKEN' : 'missed';
  const unit = it.unit ? ` ${it.unit}` : '';
  return `- ${verdict}: ${it.what}: ${digits(it.seen)}${unit}, at most ${digits(it.most)}${unit}`;
}
