import { Split } from 'cdk8s-sync-async';
import { Bench, digits } from './bench';
import { Table } from '../util/markdown';
import { seeded } from '../util/random';
import { mean } from '../util/statistics';

/** Whether the pod with this ordinal is synchronous, asked at each of its starts. */
export type Rule = (ordinal: number) => boolean;

export interface Fleets {
  /** By how many pods the number of synchronous ones differs from what was wanted, on average and at worst. */
  readonly meanError: number;
  readonly worstError: number;
  /** Parts of 1: fleets without a synchronous pod, and restarts after which a pod had another role. */
  readonly withoutSync: number;
  readonly roleChanges: number;
}

/** Starts so many fleets of so many pods each, then every pod once more. */
export function simulate(rule: Rule, pods: number, wanted: number, fleets: number): Fleets {
  const errors: number[] = [];
  let withoutSync = 0;
  let roleChanges = 0;
  for (let fleet = 0; fleet < fleets; fleet++) {
    const roles = Array.from({ length: pods }, (_, ordinal) => rule(ordinal));
    const sync = roles.filter(Boolean).length;
    errors.push(Math.abs(sync - wanted));
    withoutSync += sync === 0 ? 1 : 0;
    roleChanges += roles.filter((role, ordinal) => rule(ordinal) !== role).length;
  }
  return { meanError: mean(errors), worstError: Math.max(...errors), withoutSync: withoutSync / fleets, roleChanges: roleChanges / fleets / pods };
}

/** What such services often begin with: every pod draws a number from 1 to `of` when it starts, and is synchronous if that is at most `rate`. */
export function drawing(rate: number, of: number, random: () => number): Rule {
  return () => 1 + Math.floor(random() * of) <= rate;
}

const [RATE, OF] = [4, 10];
const FLEETS = 10_000;
const SEED = 20261124;

function percent(part: number): string {
  return `${digits(part * 100)} %`;
}

function row(pods: number, name: string, seen: Fleets): string[] {
  return [`${pods}`, name, digits(seen.meanError), digits(seen.worstError), percent(seen.withoutSync), percent(seen.roleChanges)];
}

export const SPLIT: Bench = {
  name: 'split',
  about: 'how exact a split of 40 % is',
  async run() {
    const random = seeded(SEED);
    const ours: Fleets[] = [];
    const rows = [4, 10, 30, 100].flatMap(pods => {
      const wanted = Math.ceil(pods * RATE / OF);
      const [count, share] = [Split.count(wanted), Split.share(RATE, OF)]
        .map(split => simulate(ordinal => split.isSync(ordinal), pods, wanted, FLEETS));
      ours.push(count, share);
      return [
        row(pods, 'a number drawn at each start', simulate(drawing(RATE, OF, random), pods, wanted, FLEETS)),
        row(pods, `Split.count(${wanted})`, count),
        row(pods, `Split.share(${RATE}, ${OF})`, share),
      ];
    });
    const table: Table = {
      title: `${FLEETS} simulated fleets each, every pod started twice`,
      columns: ['Pods', 'Rule', 'Error in pods, mean', 'worst', 'No synchronous pod at all', 'A restart changes the role'],
      rows,
    };
    const most = (value: (fleets: Fleets) => number) => Math.max(...ours.map(value));
    return {
      tables: [table],
      goals: [
        { what: 'pods too many or too few', seen: most(fleets => fleets.worstError), most: 0, must: true },
        { what: 'fleets without a synchronous pod', seen: most(fleets => fleets.withoutSync), most: 0, must: true },
        { what: 'restarts that change the role', seen: most(fleets => fleets.roleChanges), most: 0, must: true },
      ],
      leftOut: [],
    };
  },
};
