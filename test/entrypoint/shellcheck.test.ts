import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const scripts = ['src', 'test/conformance', 'test/entrypoint'].flatMap((directory) =>
  readdirSync(directory).filter((file) => file.endsWith('.sh')).map((file) => `${directory}/${file}`));

// Not part of a Node installation; where it is missing, the summary shows the tests as skipped.
const installed = spawnSync('shellcheck', ['--version']).status === 0;

(installed ? test : test.skip).each([...scripts, '.ci/run'])('shellcheck finds nothing in %s', (file) => {
  const { stdout, status } = spawnSync('shellcheck', [file], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}, 60_000);

/** The lines of what runs with traps set that are no comments. */
const code = ['entrypoint', 'role-label'].flatMap(name => readFileSync(`src/${name}.sh`, 'utf8').split('\n').filter(line => !/^\s*#/.test(line)));

test('No script has `$(…)`, `<(…)` or backquotes: bash cannot parse a trap that runs while it parses what is in them.', () => {
  expect(code.filter(line => /\$\((?!\()|[<>]\(|`/.test(line))).toEqual([]);
});

test('No script has `break` or `continue`: bash skips a trap that runs between them and the end of the loop.', () => {
  expect(code.filter(line => /\b(break|continue)\b/.test(line))).toEqual([]);
});
