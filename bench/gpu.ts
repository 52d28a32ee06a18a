import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Bench, Outcome } from './bench';

const PROGRAM = join(__dirname, 'gpu/gpu.py');

/** Why the GPU of this machine cannot be measured, if it cannot. */
export function missing(python: string): string | undefined {
  const { error, status, stderr } = spawnSync(python, ['-c', 'import sys, torch; sys.exit("PyTorch finds no CUDA" if not torch.cuda.is_available() else 0)'], { encoding: 'utf8' });
  return error || status !== 0 ? `${python}: ${error?.message ?? stderr.trim().split('\n').pop()}` : undefined;
}

/** What the program has measured, which can also be run by itself where there is no Node.js. */
export function measure(python: string, sizes: string[]): Outcome {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }; // nothing is left beside the programs
  return JSON.parse(execFileSync(python, [PROGRAM, '--json', ...sizes], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env }));
}

export const GPU: Bench = {
  name: 'gpu',
  about: 'callers and queue on one GPU and on two, and a GPU that changes its job with a model of 10 GB',
  async run() {
    const reason = missing('python3');
    return reason === undefined ? measure('python3', []) : { tables: [], goals: [], leftOut: [`everything, because it needs CUDA and PyTorch; ${reason}`] };
  },
};
