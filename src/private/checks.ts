import { Duration } from 'cdk8s';

/** What the entrypoint's shell arithmetic and its reading of digits can hold: six of them. */
export const MAX_NUMBER = 999999;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Refuses everything but a whole number from `min` to `max`. */
export function wholeNumber(prop: string, value: number, min: number, max: number, purpose: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`'${prop}' (${value}) must be a whole number from ${min} to ${max} in order ${purpose}.`);
  }
  return value;
}

/** A duration in seconds; refuses fractions of one, and what is shorter than `min` seconds. */
export function wholeSeconds(prop: string, duration: Duration, min: number): number {
  const seconds = duration.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < min || seconds > MAX_NUMBER) {
    throw new Error(`'${prop}' (${duration.toHumanString()}) must be whole seconds from ${min} to ${MAX_NUMBER} in order to be counted by a shell.`);
  }
  return seconds;
}

/** Refuses what is no DNS label, the form that names take in logs and in Kubernetes. */
export function dnsLabel(prop: string, value: string): string {
  if (!DNS_LABEL.test(value)) {
    throw new Error(`'${prop}' (${value}) must be a DNS label (lower case letters, digits and inner dashes, at most 63) in order to name it in logs and arguments.`);
  }
  return value;
}

/** A copy of a command; refuses one that names no program. */
export function commandWords(prop: string, words: string[]): string[] {
  if (!Array.isArray(words) || words.some(word => typeof word !== 'string') || !words[0]) {
    throw new Error(`'${prop}' (${JSON.stringify(words)}) must be a list of words, the first of which names a program, in order to run something.`);
  }
  return [...words];
}

/** Refuses a value that is not one of an enum's: callers without types can pass anything. */
export function oneOf(prop: string, value: string, allowed: object, purpose: string): void {
  const values: string[] = Object.values(allowed);
  if (!values.includes(value)) {
    throw new Error(`'${prop}' (${value}) must be one of ${values.join(', ')} in order ${purpose}.`);
  }
}
