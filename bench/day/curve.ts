import { seeded } from '../../util/random';

/** A day of callers: hours, and how many there are then, as a part of the most. In between it rises and falls evenly. */
const HOURS: [hour: number, load: number][] = [
  [0, 0.2], [6, 0.15], [8, 0.3], [9, 1], [12, 0.9], [13, 0.5], [14, 0.9], [17, 0.95], [19, 0.35], [20, 0.7], [21, 0.6], [22, 0.2], [24, 0.2],
];

/** How many callers there are at an hour from 0 to 24, as a part of the most. */
export function load(hour: number): number {
  const next = HOURS.findIndex(([end]) => hour <= end);
  if (next < 0 || !(hour >= 0)) {
    throw new Error(`hour (${hour}) must be from 0 to 24 in order to be of a day`);
  }
  const [[from, before], [to, after]] = [HOURS[Math.max(0, next - 1)], HOURS[next]];
  return to === from ? after : before + (after - before) * (hour - from) / (to - from);
}

/**
 * The moments at which requests arrive in a day of so many seconds, independent of each other and the same after the same seed.
 *
 * @param most Requests per second when there are most.
 */
export function arrivals(seconds: number, most: number, seed: number): number[] {
  const random = seeded(seed);
  const moments: number[] = [];
  // As many as come at the worst hour, of whom the others stay away.
  for (let at = gap(most, random()); at < seconds; at += gap(most, random())) {
    if (random() < load(24 * at / seconds)) {
      moments.push(at);
    }
  }
  return moments;
}

/** Seconds until the next of those who come by chance. */
function gap(rate: number, chance: number): number {
  return -Math.log(1 - chance) / rate;
}
