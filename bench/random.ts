/**
 * Numbers between 0 and 1, the same after the same seed. (Park and Miller's generator.)
 */
export function seeded(seed: number): () => number {
  const modulus = 2 ** 31 - 1;
  let state = 1 + seed % (modulus - 1);
  return () => {
    state = state * 48271 % modulus;
    return state / modulus;
  };
}
