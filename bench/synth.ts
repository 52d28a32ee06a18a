import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ts from 'typescript';
import { Bench, digits, Goal } from './bench';
import { median, p95 } from '../util/statistics';

/** Where the programs lie compiled, as a user's would: as deep in the repository as their sources, from which it has the library by its name. */
const COMPILED = join(__dirname, '../dist/bench');

const WAYS = ['by-library', 'by-hand'] as const;
type Way = typeof WAYS[number];

/** How many services, and how many rounds of them are worth the time. */
const SIZES = [{ services: 1, rounds: 41 }, { services: 100, rounds: 21 }, { services: 1000, rounds: 7 }];

interface Cost {
  readonly cpu: number;
  readonly memory: number;
}

function compile(): void {
  const sources = join(__dirname, 'synth');
  rmSync(COMPILED, { recursive: true, force: true });
  mkdirSync(COMPILED, { recursive: true });
  for (const file of readdirSync(sources)) {
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
    const { outputText } = ts.transpileModule(readFileSync(join(sources, file), 'utf8'), { compilerOptions });
    writeFileSync(join(COMPILED, file.replace(/ts$/, 'js')), outputText);
  }
}

/** One synthesis, in a process of its own: what it took, and the documents that it wrote. */
function once(way: Way, services: number): { cost: Cost; documents: () => string[] } {
  const outdir = join(directory, way);
  const cost = JSON.parse(execFileSync(process.execPath, [join(COMPILED, 'once.js'), way, `${services}`, outdir], { encoding: 'utf8' }));
  return { cost, documents: () => readFileSync(join(outdir, 'bench.k8s.yaml'), 'utf8').split(/^---$/m).map(document => document.trim()).sort() };
}
let directory = '';

/** Both ways have to give the same documents; in which order is nobody's concern. */
function compare(): void {
  const [library, hand] = WAYS.map(way => once(way, 3).documents().join('\n---\n').split('\n'));
  const differs = [...library, ''].findIndex((line, i) => line !== hand[i]);
  if (library.length !== hand.length || differs < library.length) {
    throw new Error(`both ways must give the same documents; line ${differs + 1} is '${library[differs]}' by the library, and '${hand[differs]}' by hand`);
  }
}

/** Both ways one after the other, and the other way round the next time. */
function measure(services: number, rounds: number): Record<Way, Cost[]> {
  const costs: Record<Way, Cost[]> = { 'by-library': [], 'by-hand': [] };
  for (let round = 0; round < rounds; round++) {
    for (const way of round % 2 === 0 ? WAYS : [...WAYS].reverse()) {
      costs[way].push(once(way, services).cost);
    }
  }
  return costs;
}

export const SYNTH: Bench = {
  name: 'synth',
  about: 'what synthesis costs, against the same objects written by hand with cdk8s-plus',
  async run(options) {
    compile();
    directory = mkdtempSync(join(tmpdir(), 'bench-'));
    const rows: string[][] = [];
    const goals: Goal[] = [];
    try {
      compare();
      for (const { services, rounds } of SIZES) {
        const costs = measure(services, options.rounds ?? rounds);
        const ratios = (key: keyof Cost) => costs['by-library'].map((cost, i) => cost[key] / costs['by-hand'][i][key]);
        const both = (key: keyof Cost, way: Way, parts: number) => {
          const values = costs[way].map(cost => cost[key] / parts);
          return `${digits(median(values))} / ${digits(p95(values))}`;
        };
        rows.push([
          `${services}`, ...WAYS.map(way => both('cpu', way, services)), digits(median(ratios('cpu'))),
          ...WAYS.map(way => both('memory', way, 1)), digits(median(ratios('memory'))),
        ]);
        const of = `of ${services} ${services === 1 ? 'service' : 'services'}, ratio`;
        goals.push({ what: `CPU ${of}`, seen: median(ratios('cpu')), most: 1.05, must: false });
        goals.push({ what: `memory ${of}`, seen: median(ratios('memory')), most: 1.05, must: false });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    return {
      tables: [{
        title: 'Services in one chart, a fresh process each time; median / p95, and the median of the ratios of each round',
        columns: ['Services', 'CPU ms per service, library', 'by hand', 'ratio', 'memory MiB, library', 'by hand', 'ratio'],
        rows,
      }],
      goals,
      leftOut: [],
    };
  },
};
