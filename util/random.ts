import { createHash } from 'node:crypto';

/**
 * Numbers from 0 to 1, the same after the same seed, and unlike those after its neighbours.
 */
export function seeded(seed: number): () => number {
  let drawn = 0;
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32;
}
