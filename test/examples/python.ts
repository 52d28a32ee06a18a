import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(__dirname, '../../examples/ocr/service');
const REQUIREMENTS = join(SOURCE, 'requirements.txt');
const ONNXRUNTIME = /^ARG ONNXRUNTIME=(\S+)$/m.exec(readFileSync(join(SOURCE, 'Dockerfile'), 'utf8'))![1];
const VERSIONS = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(ONNXRUNTIME).digest('hex').slice(0, 12);

/** A Python with the packages of the OCR example, as its Dockerfile installs them. It is made once, which takes a minute. */
const VENV = join(__dirname, '../../node_modules/.cache', `ocr-${VERSIONS}`);

/** Where its programs are. */
export const BIN = join(VENV, 'bin');

/** Why there is none, if so. */
export const LACKING: string | undefined = (() => {
  const whole = join(VENV, 'whole');
  const steps = [
    ['python3', '-m', 'venv', VENV],
    [join(BIN, 'pip'), 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', REQUIREMENTS, ONNXRUNTIME],
  ];
  if (existsSync(whole)) return undefined;
  rmSync(VENV, { recursive: true, force: true });
  for (const [command, ...words] of steps) {
    const { status, stderr, error } = spawnSync(command, words, { encoding: 'utf8', timeout: 600_000 });
    if (status !== 0) return `${[command, ...words].join(' ')} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
  }
  writeFileSync(whole, '');
  return undefined;
})();

/** A copy of the service as it is in its image, with a queue of its own: the files of a directory, for `BROKER_URL=filesystem://`. */
export function install(directory: string): void {
  cpSync(SOURCE, directory, { recursive: true });
  mkdirSync(join(directory, 'data_in'));
  symlinkSync('data_in', join(directory, 'data_out')); // what one puts in, the other takes out
  const words = /^RUN python (-m grpc_tools\.protoc .*)$/m.exec(readFileSync(join(SOURCE, 'Dockerfile'), 'utf8'))![1].split(' ');
  const { status, stderr } = spawnSync(join(BIN, 'python'), words, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
