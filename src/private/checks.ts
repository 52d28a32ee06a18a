import { Duration } from 'cdk8s';

/** What the entrypoint's shell arithmetic and its reading of digits can hold: six of them. */
export const MAX_NUMBER = 999999;

/** Variables that the entrypoint alone knows. */
export const LATE_ENV = ['SYNC_ASYNC_ROLE', 'POD_ORDINAL', 'SYNC_ASYNC_SPAWN'];

/** The longest word that a Linux kernel takes in a command line, in bytes. */
const MAX_WORD = 131071;

/** `$(NAME)` as the kubelet reads it: `$$` is a dollar. */
const REFERENCE = /\$\$|\$\(([^)]*)\)/g;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Refuses everything but a whole number from `min` to `max`. */
export function wholeNumber(prop: string, value: number, min: number, max: number, purpose: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`'${prop}' (${value}) must be a whole number from ${min} to ${max} in order ${purpose}.`);
  }
  return value;
}

/** A duration in seconds; refuses fractions of one, and what is shorter than `min` seconds. */
export function wholeSeconds(prop: string, duration: Duration, min: number): number {
  if (typeof duration?.toSeconds !== 'function') {
    throw new Error(`'${prop}' (${duration}) must be a Duration, such as Duration.seconds(30), in order to have a unit.`);
  }
  const seconds = duration.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < min || seconds > MAX_NUMBER) {
    throw new Error(`'${prop}' (${duration.toHumanString()}) must be whole seconds from ${min} to ${MAX_NUMBER} in order to be counted by a shell.`);
  }
  return seconds;
}

export function isDnsLabel(value: unknown): boolean {
  return typeof value === 'string' && DNS_LABEL.test(value);
}

/** DNS labels between dots, the form of domains and of most names in Kubernetes. */
export function isDnsSubdomain(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 253 && value.split('.').every(isDnsLabel);
}

/** What Kubernetes takes as the value of a label, and as the last part of its key. */
export function isLabelValue(value: unknown): boolean {
  return typeof value === 'string' && LABEL_VALUE.test(value);
}

/** A name, with a domain and a slash before it or without. */
export function isLabelKey(key: string): boolean {
  const [name, ...domain] = key.split('/').reverse();
  return name !== '' && isLabelValue(name) && domain.length <= 1 && domain.every(isDnsSubdomain);
}

/** Refuses what is no DNS label, the form that names take in logs and in Kubernetes. */
export function dnsLabel(prop: string, value: string): string {
  if (!isDnsLabel(value)) {
    throw new Error(`'${prop}' (${value}) must be a DNS label (lower case letters, digits and inner dashes, at most 63) in order to name it in logs and arguments.`);
  }
  return value;
}

/** The names in a word's `$(NAME)`. */
export function references(word: string): string[] {
  return word.includes('$') ? [...word.matchAll(REFERENCE)].flatMap(([, name]) => name ?? []) : []; // most words have none
}

/** A word with values in place of its `$(NAME)`. Without a value it stays as it is. */
export function expand(word: string, valueOf: (name: string) => string | undefined): string {
  return word.replace(REFERENCE, (reference, name?: string) => name === undefined ? '$' : valueOf(name) ?? reference);
}

/** A copy of a command; refuses one that names no program, and words that could not arrive. */
export function commandWords(prop: string, words: string[]): string[] {
  if (!Array.isArray(words) || words.some(word => typeof word !== 'string') || !words[0]) {
    throw new Error(`'${prop}' (${JSON.stringify(words)}) must be a list of words, the first of which names a program, in order to run something.`);
  }
  if (/^-|=/.test(words[0])) {
    throw new Error(`'${prop}' (${words[0]}) must begin with a program whose name has no leading dash and no equals sign in order not to be taken for an option or a variable.`);
  }
  const broken = words.find(word => /\0|\p{Surrogate}/u.test(word));
  if (broken !== undefined) {
    throw new Error(`'${prop}' (${JSON.stringify(broken)}) must have neither a NUL nor half a character in order to be a word of a command.`);
  }
  const long = words.find(word => Buffer.byteLength(word) > MAX_WORD);
  if (long !== undefined) {
    throw new Error(`'${prop}' (${long.slice(0, 20)}...) must have words of at most ${MAX_WORD} bytes, not ${Buffer.byteLength(long)}, in order for Linux to take them.`);
  }
  const unknown = words.flatMap(references).find(name => LATE_ENV.includes(name));
  if (unknown !== undefined) {
    throw new Error(`'${prop}' (${words.join(' ')}) must not use $(${unknown}) in order to be what it says: the kubelet does not know this variable; use ['sh', '-c', '... "$${unknown}" ...'].`);
  }
  return [...words];
}

/**
 * Refuses props that have a value and no meaning: nobody would hear of them. TypeScript lets them pass in an object that comes from elsewhere, and a dict in a list of Python's keeps Python's names.
 */
export function onlyKnown<Props extends object>(prop: string, given: Props, known: Known<Props>): void {
  const unknown = firstGiven(given, name => !Object.hasOwn(known, name));
  if (unknown) {
    throw new Error(`'${prop}.${unknown.name}' (${unknown.value}) must be one of ${Object.keys(known).join(', ')} in order to be heard.`);
  }
}

/** Every name that props can have: the compiler misses one that is forgotten. */
export type Known<Props> = { readonly [name in keyof Required<Props>]: true };

/** The first prop that has a value and such a name, with the value as an error can show it, whatever it is. */
export function firstGiven(given: object, such: (name: string) => boolean): { name: string; value: unknown } | undefined {
  const [name, value] = Object.entries(given ?? {}).find(([each, its]) => its !== undefined && such(each)) ?? [];
  return name === undefined ? undefined : { name, value: value instanceof Object ? value.constructor.name : value };
}

/** Refuses a value that is not one of an enum's: callers without types can pass anything. */
export function oneOf(prop: string, value: string, allowed: object, purpose: string): void {
  const values: string[] = Object.values(allowed);
  if (!values.includes(value)) {
    throw new Error(`'${prop}' (${value}) must be one of ${values.join(', ')} in order ${purpose}.`);
  }
}

/** Refuses what is given but is of another class. */
export function instanceOf(prop: string, value: unknown, type: Function, example: string): void {
  if (value !== undefined && value !== null && !(value instanceof type)) {
    throw new Error(`'${prop}' (${JSON.stringify(value)}) must be a ${type.name}, such as ${example}, in order to be understood.`);
  }
}
