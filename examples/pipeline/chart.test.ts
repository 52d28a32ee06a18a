import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import { PipelineChart } from './chart';
import { EnvironmentName, ENVIRONMENTS, Live } from './environments';

const NAMES = Object.keys(ENVIRONMENTS) as EnvironmentName[];

function manifest(name: EnvironmentName, live: Live = {}): string {
  return Yaml.stringify(...Testing.synth(new PipelineChart(Testing.app(), 'pipeline', 'registry.example.com/ocr:1.4.2', ENVIRONMENTS[name](live))));
}

test.each(NAMES)('the manifest of %s', name => {
  // The script is the library's, and so is its checksum.
  expect(manifest(name).replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/, '...')).toMatchSnapshot();
});

test('the number of the cluster goes before the one of the code, where operations move it', () => {
  expect(manifest('staging')).toContain('SYNC_INSTANCE: "2"\n');
  expect(manifest('staging', { SYNC_INSTANCE: '' })).toContain('SYNC_INSTANCE: "2"\n'); // before the first apply
  expect(manifest('staging', { SYNC_INSTANCE: '3' })).toContain('SYNC_INSTANCE: "3"\n');
  expect(() => manifest('staging', { SYNC_INSTANCE: '5' })).toThrow('must be at most \'replicas\' (4)');
});

test('in staging a new template reaches workers first, and all pods when it is promoted', () => {
  expect(manifest('staging')).toContain('partition: 2\n');
  expect(manifest('staging', { SYNC_INSTANCE: '3' })).toContain('partition: 3\n');
  expect(manifest('staging', { PROMOTE: 'yes' })).toContain('partition: 0\n');
});

test('the README shows what differs', () => {
  const readme = readFileSync(join(__dirname, 'README.md'), 'utf8');
  const [, command, shown] = /^\$ (diff .*)\n([^]*?)^```$/m.exec(readme)!;
  const directory = mkdtempSync(join(tmpdir(), 'pipeline-'));
  try {
    NAMES.forEach(name => writeFileSync(join(directory, `pipeline.${name}.yaml`), manifest(name)));
    expect(execFileSync('sh', ['-c', command], { cwd: directory, encoding: 'utf8' })).toBe(shown);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
