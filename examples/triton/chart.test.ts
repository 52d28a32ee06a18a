import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import { TritonChart } from './chart';

const objects = Testing.synth(new TritonChart(Testing.app(), 'triton'));
const args: string[] = objects.find(object => object.kind === 'StatefulSet').spec.template.spec.containers[0].args;

test('the manifest', () => {
  // The script is the library's, and so is its checksum.
  expect(Yaml.stringify(...objects).replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/, '...')).toMatchSnapshot();
});

test('every program of its own is in the image', () => {
  const dockerfile = readFileSync(join(__dirname, 'service/Dockerfile'), 'utf8');
  const programs = ['register.py', `${args[args.indexOf('-A') + 1]}.py`];
  for (const program of programs) {
    expect(existsSync(join(__dirname, 'service', program))).toBe(true);
    expect(dockerfile).toMatch(new RegExp(`^COPY .*${program} .*/app/`, 'm'));
  }
  expect(args).toContain(programs[0]);
});

test('Triton is a process that both roles share, and a move gives its clients time', () => {
  const shared = args.slice(args.indexOf('role=shared'), args.indexOf('role=sync'));

  expect(args.filter(word => /^(role|process)=/.test(word))).toEqual(['role=shared', 'process=triton', 'role=sync', 'process=registrar', 'role=async', 'process=worker']);
  expect(shared).toContain('stop-delay=10');
});

test('Triton and the jobs have ended by themselves before they would be killed', () => {
  const stopTimeouts = args.filter(word => word.startsWith('stop-timeout=')).map(word => Number(word.split('=')[1]));
  const exitTimeout = Number(args.find(word => word.startsWith('--exit-timeout-secs='))!.split('=')[1]);
  const jobLimit = Number(/task_time_limit=(\d+)/.exec(readFileSync(join(__dirname, 'service/worker.py'), 'utf8'))![1]);

  const [triton, , worker] = stopTimeouts;
  expect(triton).toBeGreaterThan(exitTimeout);
  expect(worker).toBeGreaterThan(jobLimit);
});
