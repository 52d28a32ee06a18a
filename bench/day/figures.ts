import { Books, Stay } from './books';
import { percentile } from '../../util/statistics';
import { Goal } from '../bench';

/** What a day comes to. */
export interface Figures {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  readonly jobs: number;
  /** GPUs that had another job than before. */
  readonly moves: number;
  /** GPU-seconds in which a GPU did neither: its model was loaded, or it waited, or was being stopped. */
  readonly neither: number;
  /** GPU-seconds for callers. */
  readonly serving: number;
}

/** Seconds of a stay that lie between two moments. */
export function overlap(stay: Stay, from: number, to: number): number {
  return Math.max(0, Math.min(stay.to, to) - Math.max(stay.from, from));
}

export function figures({ seconds, requests, jobs, stays }: Books, gpus: number): Figures {
  const answered = requests.filter(({ ok }) => ok).map(request => request.seconds);
  const spent = (these: Stay[]) => these.reduce((sum, stay) => sum + overlap(stay, 0, seconds), 0);
  return {
    requests: requests.length,
    p50: percentile(answered, 50),
    p99: percentile(answered, 99),
    failed: requests.length - answered.length,
    jobs: jobs.length,
    moves: stays.filter(({ from }) => from > 0).length,
    neither: gpus * seconds - spent(stays),
    serving: spent(stays.filter(({ role }) => role === 'server')),
  };
}

/** What the library is to reach beside the others. */
export function goals({ fixed, pair, between }: { readonly fixed: Figures; readonly pair: Figures; readonly between: Figures }): Goal[] {
  const best = Math.max(fixed.jobs, pair.jobs);
  return [
    { what: 'requests failed with a fixed split, and between two numbers', seen: fixed.failed + between.failed, most: 0, must: true },
    { what: 'fewer jobs than the best of the others', seen: 100 * (best - between.jobs) / best, most: 2, unit: '%', must: false },
    { what: 'p99 of requests, as a part of the best of the others', seen: between.p99 / Math.min(fixed.p99, pair.p99), most: 1, must: false },
    { what: 'GPU-seconds in which a GPU did neither, as a part of two Deployments', seen: between.neither / pair.neither, most: 0.2, must: false },
  ];
}
