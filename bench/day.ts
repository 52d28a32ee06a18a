import { randomBytes } from 'node:crypto';
import { Bench, digits } from './bench';
import { Books, read } from './day/books';
import { Figures, figures, goals } from './day/figures';
import { picture } from './day/picture';
import { play } from './day/play';
import { BETWEEN, FIXED, GPUS, Pace, PAIR, Way } from './day/ways';
import { LOAD } from './move/ways';
import { allGpus } from '../cluster/gpus';
import { Kubectl } from '../cluster/kubectl';
import { meet } from '../cluster/meet';
import { inNamespace } from '../cluster/namespace';
import { Table, table } from '../util/markdown';

const WAYS = [FIXED, PAIR, BETWEEN];

/** How long a day takes. */
const MINUTES = 12;
/** Small, and with Python. */
const IMAGE = 'python:3.13-alpine';

function tableOf(results: Map<Way, Figures>, seconds: number, { period, window }: Pace): Table {
  return {
    title: `A day in ${digits(seconds / 60)} minutes on ${GPUS} GPUs, none other is free; a model loads in ${LOAD} s; the demand is asked every ${period} s, and there are fewer after ${window} s`,
    columns: ['Way', 'requests', 'p50, s', 'p99, s', 'failed', 'jobs done', 'moves', 'GPUs for callers, mean', 'GPU-seconds in which a GPU did neither', 'of all, %'],
    rows: [...results].map(([{ about }, its]) => [
      about, `${its.requests}`, digits(its.p50), digits(its.p99), `${its.failed}`, `${its.jobs}`, `${its.moves}`,
      digits(its.serving / seconds), digits(its.neither), digits(100 * its.neither / (GPUS * seconds)),
    ]),
  };
}

export const DAY: Bench = {
  name: 'day',
  about: 'a day of callers and a queue that never empties on the same few GPUs of a cluster',
  async run({ image = IMAGE, minutes = MINUTES, keep }) {
    if (!process.env.KUBECONFIG) {
      return { tables: [], goals: [], leftOut: [`everything, because KUBECONFIG names no cluster; it needs kubectl, and ${GPUS} free GPUs`] };
    }
    const name = `bench-day-${randomBytes(4).toString('hex')}`;
    const { version } = await meet(new Kubectl(name));
    const gpus = await allGpus(new Kubectl(name));
    if (gpus < GPUS) {
      return { tables: [], goals: [], leftOut: [`everything, because the cluster has ${gpus} GPUs, and ${GPUS} are needed`] };
    }
    const seconds = Math.round(60 * minutes);
    const pace = { period: 5, window: Math.round(seconds / 24) };
    const days: { name: string; books: Books }[] = [];
    const results = new Map<Way, Figures>();
    const versions = [`Kubernetes ${version}, image ${image}`];
    for (const way of WAYS) {
      const kubectl = new Kubectl(`${name}-${way.name}`);
      const log = await inNamespace(kubectl, () => play(kubectl, way, image, seconds, pace));
      const books = read(log);
      days.push({ name: way.about, books });
      results.set(way, figures(books, GPUS));
      // After each way, since the next one takes long, and may be interrupted.
      keep(`day-${way.name}.log`, log);
      keep('day.md', `${[...versions, table(tableOf(results, seconds, pace))].join('\n\n')}\n`);
      keep('day.svg', picture(days, GPUS));
      console.log(`${way.name}: ${digits(results.get(way)!.p99)} s p99, ${results.get(way)!.jobs} jobs, ${digits(results.get(way)!.neither)} GPU-seconds with neither`);
    }
    return {
      tables: [tableOf(results, seconds, pace)],
      goals: goals({ fixed: results.get(FIXED)!, pair: results.get(PAIR)!, between: results.get(BETWEEN)! }),
      leftOut: [],
      versions,
    };
  },
};
