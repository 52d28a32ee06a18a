/**
 * Waits for seconds.
 */
export function sleep(seconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, seconds * 1000));
}

/**
 * Asks again and again until there is an answer, which is returned, and gives up with an error that says what was missing. A function is asked for
 * that only then, and so can say how things are at the end.
 */
export async function until<T>(
  what: string | (() => string),
  seconds: number,
  ask: () => T | Promise<T>,
  every: number = 1,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer as Exclude<T, undefined | false>;
    }
    if (Date.now() >= end) {
      throw new Error(`not within ${seconds} s: ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(every);
  }
}

/**
 * Seconds that have passed since a moment of `Date.now()`.
 */
export function since(moment: number): number {
  return (Date.now() - moment) / 1000;
}
