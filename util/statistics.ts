/**
 * The value that half of all values are not above; of an even number of them the middle between two.
 */
export function median(values: number[]): number {
  const sorted = inOrder(values);
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[Math.floor(half)];
}

/**
 * The value that so many of 100 values are not above, by the nearest rank: always one that was seen.
 */
export function percentile(values: number[], part: number): number {
  const sorted = inOrder(values);
  return sorted[Math.ceil(sorted.length * part / 100) - 1];
}

export function p95(values: number[]): number {
  return percentile(values, 95);
}

export function mean(values: number[]): number {
  return inOrder(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function inOrder(values: number[]): number[] {
  if (values.length === 0 || values.some(value => !Number.isFinite(value))) {
    throw new Error(`values (${values}) must be numbers, and at least one, in order to have a statistic`);
  }
  return [...values].sort((a, b) => a - b);
}
