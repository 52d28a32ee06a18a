import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { SCRIPT } from './harness';

const scripts = ['src', 'test/conformance', 'test/entrypoint'].flatMap((directory) =>
  readdirSync(directory).filter((file) => file.endsWith('.sh')).map((file) => `${directory}/${file}`));

// Not part of a Node installation; where it is missing, the summary shows the tests as skipped.
const installed = spawnSync('shellcheck', ['--version']).status === 0;

(installed ? test : test.skip).each([...scripts, '.ci/run'])('shellcheck finds nothing in %s', (file) => {
  const { stdout, status } = spawnSync('shellcheck', [file], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}, 60_000);

test('The script has no `$(…)`, no `<(…)` and no backquotes: bash cannot parse a trap that runs while it parses what is in them.', () => {
  const code = readFileSync(SCRIPT, 'utf8').split('\n').filter(line => !/^\s*#/.test(line));
  expect(code.filter(line => /\$\((?!\()|[<>]\(|`/.test(line))).toEqual([]);
});
