import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench, digits, Goal } from './bench';
import { Init, inits, OURS, PACKAGES, PEER } from './entrypoint/inits';
import { Life, Size, Stop } from './entrypoint/life';
import { seeded } from '../util/random';
import { median, p95 } from '../util/statistics';
import { sleep } from '../util/wait';

const ROUNDS = 30;

const IDLE = 20;

/** What was measured of one init. */
class Seen {
  public readonly lives: (Stop & Size)[] = [];
  public wakeUps = NaN;

  public values(key: keyof (Stop & Size)): number[] {
    return this.lives.map(life => life[key]);
  }
}

/** The helper, compiled; without libraries, whose loading would be measured too. */
function compile(place: string): string {
  const helper = join(place, 'life');
  execFileSync('cc', ['-O2', '-Wall', '-static', '-o', helper, join(__dirname, 'entrypoint/life.c')], { stdio: ['ignore', 'ignore', 'inherit'] });
  return helper;
}

/** At any moment of the second in which some look around only once. */
async function measure(init: Init, helper: string, place: string, random: () => number): Promise<Stop & Size> {
  const life = new Life(init, helper, place);
  try {
    await life.begun();
    await sleep(0.3 + random());
    const size = life.size();
    return { ...size, ...await life.stop() };
  } finally {
    await life.dispose();
  }
}

async function idle(init: Init, helper: string, place: string): Promise<number> {
  const life = new Life(init, helper, place);
  try {
    await life.begun();
    await sleep(2);
    return await life.wakeUps(IDLE);
  } finally {
    await life.dispose();
  }
}

function versions(): string[] {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status} ${Package} ${Version}\n', ...PACKAGES], { encoding: 'utf8' });
  const installed = (stdout ?? '').split('\n').filter(line => line.startsWith('installed ')).map(line => line.replace('installed ', ''));
  return installed.length > 0 ? [`Debian's ${installed.join(', ')}`] : [];
}

function goals(seen: Map<Init, Seen>): Goal[] {
  const ours = seen.get(OURS);
  const peer = seen.get(PEER);
  if (ours === undefined) {
    throw new Error('dash must be installed');
  }
  const middle = (it: Seen) => (['term', 'gone', 'start', 'cpu', 'rss'] as const).map(key => median(it.values(key)));
  const [term, gone, start, cpu, rss] = middle(ours);
  const ahead: Goal[] = peer === undefined ? [] : ['TERM', 'end', 'start', 'CPU', 'memory', 'wake-ups'].map((what, i) => ({
    what: `${what}, part of what supervisord takes`,
    seen: [term, gone, start, cpu, rss, ours.wakeUps][i] / [...middle(peer), peer.wakeUps][i],
    most: 1,
    must: true,
  }));
  return [
    { what: 'two processes under dash: TERM until every process has it', seen: term, most: 5, unit: 'ms', must: false },
    { what: 'two processes under dash: last exit until process 1 is gone', seen: gone, most: 3, unit: 'ms', must: false },
    { what: 'two processes under dash: exec until the last main', seen: start, most: 12, unit: 'ms', must: false },
    { what: 'two processes under dash: wake-ups with nothing to watch', seen: ours.wakeUps, most: 0, must: true },
    ...ahead,
  ];
}

export const ENTRYPOINT: Bench = {
  name: 'entrypoint',
  about: 'the script as process 1 of a PID namespace, against other inits',
  async run({ rounds = ROUNDS, script }) {
    const all = inits(script);
    const place = mkdtempSync(join(tmpdir(), 'bench-'));
    const random = seeded(20261124);
    try {
      const helper = compile(place);
      const seen = new Map(all.filter(init => init.program !== undefined).map(init => [init, new Seen()]));
      for (let round = 0; round < rounds; round++) {
        for (const [init, { lives }] of seen) {
          lives.push(await measure(init, helper, place, random));
        }
      }
      // Side by side, since all that they do is wait.
      await Promise.all([...seen].map(async ([init, it]) => it.wakeUps = await idle(init, helper, place)));

      const both = (values: number[]) => `${digits(median(values))} / ${digits(p95(values))}`;
      return {
        tables: [{
          title: `${rounds} interleaved rounds; milliseconds, as median / p95; memory in MiB and processes without the services`,
          columns: ['Process 1', 'TERM until every service has it', 'last exit until it is gone', 'exec until the last main', 'CPU of start and stop', 'RSS', 'PSS', 'processes',
            `wake-ups in ${IDLE} idle s`],
          rows: [...seen].map(([init, it]) => [
            init.name, both(it.values('term')), both(it.values('gone')), both(it.values('start')), both(it.values('cpu')),
            ...(['rss', 'pss', 'processes'] as const).map(key => digits(median(it.values(key)))), `${it.wakeUps}`,
          ]),
        }],
        goals: goals(seen),
        leftOut: all.filter(init => init.program === undefined).map(init => `${init.name}: not installed`),
        versions: versions(),
      };
    } finally {
      rmSync(place, { recursive: true });
    }
  },
};
