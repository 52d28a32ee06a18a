import { spawnSync } from 'node:child_process';

// Not part of a Node installation; where it is missing, the summary shows the tests as skipped.
const installed = spawnSync('shellcheck', ['--version']).status === 0;

(installed ? test : test.skip).each([
  ['src/entrypoint.sh', 'sh'],
  ['.ci/run', 'bash'],
])('shellcheck finds nothing in %s', (file, shell) => {
  const { stdout, status } = spawnSync('shellcheck', [`--shell=${shell}`, file], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}, 60_000);
