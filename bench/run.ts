import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench, goal, isMet, Options, Outcome } from './bench';
import { DAY } from './day';
import { ENTRYPOINT } from './entrypoint';
import { GPU } from './gpu';
import { MOVE } from './move';
import { SPLIT } from './split';
import { SYNTH } from './synth';
import { table } from '../util/markdown';

const BENCHES = [SPLIT, SYNTH, ENTRYPOINT, MOVE, DAY, GPU];

const USAGE = `npm run bench -- [options]

Measures the library against what people use instead. Ends with 1 when something could not be measured, or when what must be is not.

  --only NAME    one bench; may be repeated
  --rounds N     how often each thing is measured (default: what suits the bench)
  --minutes N    how long a day takes, in bench day (default: 12)
  --image IMAGE  for the cluster of $KUBECONFIG, with sh, cat, and for day python3 (default: busybox:1.36, and python:3.13-alpine)
  --script FILE  measure this script beside the library's entrypoint.sh
  --report DIR   write the tables to DIR/bench.md, and what else there is beside it
  --list         say what is measured, and end
`;

function refuse(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        minutes: { type: 'string' },
        image: { type: 'string' },
        script: { type: 'string' },
        report: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** What the numbers belong to. */
function machine(): string[] {
  const version = (name: string) => `${name} ${JSON.parse(readFileSync(join(__dirname, '../node_modules', name, 'package.json'), 'utf8')).version}`;
  const commit = (() => {
    try {
      return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: __dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return 'unknown';
    }
  })();
  return [
    `${new Date().toISOString().slice(0, 10)}, commit ${commit}`,
    `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `Node ${process.versions.node}, ${['cdk8s', 'cdk8s-plus-27', 'constructs'].map(version).join(', ')}`,
  ];
}

/** What a bench has to say: its tables, its goals, what it left out. */
function text(bench: Bench, outcome: Outcome): string {
  const list = (lines: string[]) => lines.length > 0 ? [lines.join('\n')] : [];
  return [
    `## ${bench.name}: ${bench.about}`,
    ...list(outcome.versions?.map(version => `- ${version}`) ?? []),
    ...outcome.tables.map(table),
    ...list(outcome.goals.map(goal)),
    ...list(outcome.leftOut.map(reason => `- left out: ${reason}`)),
  ].join('\n\n');
}

async function main(): Promise<void> {
  const { only, rounds, minutes, image, script, report, list, help } = options();
  if (help || list) {
    console.log(help ? USAGE : BENCHES.map(bench => `${bench.name.padEnd(12)} ${bench.about}`).join('\n'));
    return;
  }
  const unknown = only.find(name => !BENCHES.some(bench => bench.name === name));
  if (unknown !== undefined) {
    refuse(`--only (${unknown}) must be one of ${BENCHES.map(bench => bench.name).join(', ')}`);
  }
  if (rounds !== undefined && !/^[1-9]\d{0,4}$/.test(rounds)) {
    refuse(`--rounds (${rounds}) must be a whole number of at least 1`);
  }
  if (minutes !== undefined && !/^[1-9]\d{0,2}$/.test(minutes)) {
    refuse(`--minutes (${minutes}) must be a whole number from 1 to 999`);
  }
  const keep = (name: string, content: string) => {
    if (report !== undefined) {
      mkdirSync(report, { recursive: true });
      writeFileSync(join(report, name), content);
    }
  };
  const number = (value?: string) => value === undefined ? undefined : Number(value);
  const chosen: Options = { image, script, rounds: number(rounds), minutes: number(minutes), keep };

  const parts = [machine().map(line => `- ${line}`).join('\n')];
  console.log(parts[0]);
  for (const bench of BENCHES.filter(({ name }) => only.length === 0 || only.includes(name))) {
    try {
      const outcome = await bench.run(chosen);
      parts.push(text(bench, outcome));
      if (outcome.goals.some(each => each.must && !isMet(each))) {
        process.exitCode = 1;
      }
    } catch (error) {
      parts.push(`## ${bench.name}: could not be measured: ${(error as Error).message}`);
      process.exitCode = 1;
    }
    console.log(`\n${parts[parts.length - 1]}`);
    keep('bench.md', `${parts.join('\n\n')}\n`);
  }
}

main().catch(error => refuse(error.stack));
