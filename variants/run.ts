import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { adapted, adaptedPackage, FLOORS, VERSIONS } from './variant';

const ROOT = join(__dirname, '..');
const FOLDER = join(ROOT, 'dist/variants');

const { devDependencies, overrides, jsii } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const TARGETS = ['js', ...Object.keys(jsii.targets)];

const USAGE = `npm run variants -- [options]

Makes the package for each cdk8s-plus but that of the sources (${VERSIONS.join(', ')}): the sources in dist/variants/N, compiled, with their API.md, and packed for a language in dist/LANGUAGE.
What was in dist/variants is deleted. Ends with 1 when something fails.

  --only N         one cdk8s-plus, such as 32; may be repeated
  --target NAME    the language, as jsii calls it: ${TARGETS.join(', ')}. The default is js
  --test           also run the tests that cdk8s-plus can make fail, and use the packed library from an empty project: for 28, 32 and the newest, or for those of --only
`;

function options() {
  const fail = (message: string): never => {
    console.error(`variants: ${message}\n\n${USAGE}`);
    process.exit(2);
  };
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        target: { type: 'string', default: 'js' },
        test: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const unknown = values.only?.find(version => !VERSIONS.includes(Number(version)));
    if (unknown !== undefined) return fail(`--only ${unknown}: there are ${VERSIONS.join(', ')}`);
    return TARGETS.includes(values.target) ? values : fail(`--target ${values.target}: there are ${TARGETS.join(', ')}`);
  } catch (error) {
    return fail((error as Error).message);
  }
}

let passed = 0;
let failed = 0;

/** Runs a command to its end, with its output shown, and tells whether it ended well. */
function run(cwd: string, command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function check(name: string, body: () => boolean): boolean {
  console.log(`--- ${name}`);
  const start = Date.now();
  const good = body();
  good ? passed++ : failed++;
  console.log(`${good ? 'ok    ' : 'not ok'}  ${name}, ${Math.round((Date.now() - start) / 1000)} s`);
  return good;
}

/** What the library stands on, with nothing beside it that could be newer. The tools are those of the repository, which Node finds further up. */
function install(version: number, target: string): boolean {
  const { cdk8s, constructs } = devDependencies;
  const dependencies = { cdk8s, constructs, [`cdk8s-plus-${version}`]: FLOORS[version] };
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
  return run(target, 'npm', 'install', '--no-package-lock', '--no-audit', '--no-fund');
}

/** Everything that belongs to the repository, with other names. */
function copy(version: number, target: string): boolean {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  for (const file of files.filter(each => each !== 'package-lock.json' && lstatSync(join(ROOT, each), { throwIfNoEntry: false })?.isFile())) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(ROOT, file), join(target, file));
    const text = readFileSync(join(ROOT, file), 'utf8');
    const other = file === 'package.json' ? adaptedPackage(text, version) : adapted(text, version);
    if (other !== text) writeFileSync(join(target, file), other);
  }
  return true;
}

/**
 * Adds up what jest says of the tests that depend on cdk8s-plus: those of the objects, of the snippets and of the examples, with the snapshots of the sources.
 *
 * Not of examples/ocr: it has StatefulSets of cdk8s-plus itself. From 29 on these say `shareProcessNamespace: false`, and later ones have lost their volumes.
 */
function unitTests(folder: string): boolean {
  const output = `${folder}.json`;
  // Not of the release: it is the repository's.
  const tests = ['test/(?!release)[^/]*', 'test/private/.*', 'examples/(?!ocr/).*'].map(path => `^${folder}/${path}\\.test\\.ts$`);
  // The others of docs/ ask servers, which takes long and has nothing to do with it.
  const status = run(folder, 'npx', 'jest', '--ci', '--json', `--outputFile=${output}`, '--testNamePattern', '^(?!the demands of docs/)', ...tests);
  const { numPassedTests, numFailedTests, numFailedTestSuites, snapshot } = JSON.parse(readFileSync(output, 'utf8'));
  console.log(`${numPassedTests} tests passed, ${numFailedTests} failed; ${snapshot.matched} snapshots are those of the sources`);
  passed += numPassedTests;
  failed += Math.max(numFailedTests, numFailedTestSuites);
  return status;
}

const { only, target, test, help } = options();
if (help) {
  console.log(USAGE);
  process.exit();
}
const versions = only?.map(Number) ?? VERSIONS;
const tested = only?.map(Number) ?? [28, 32, VERSIONS.at(-1)!];

rmSync(FOLDER, { recursive: true, force: true });
for (const version of versions) {
  const folder = join(FOLDER, String(version));
  const name = `cdk8s-sync-async-${version}`;
  // What its examples are in other languages goes with a release.
  const translated = () => test || run(folder, 'npx', 'jsii-rosetta', 'extract', '--compile', '--fail');
  const made = check(`${name}, with cdk8s-plus-${version} ${FLOORS[version]}, is compiled and packed`, () =>
    install(version, folder) && copy(version, folder) && run(folder, 'npx', 'jsii', '--silence-warnings=reserved-word') && run(folder, 'npx', 'jsii-docgen')
    && translated() && (target !== 'python' || run(ROOT, 'npx', 'ts-node', '--project', 'util/tsconfig.json', 'util/absolute-links.ts', folder))
    && run(folder, 'npx', 'jsii-pacmak', '--target', target, '--outdir', join(ROOT, 'dist')));
  if (made && test && tested.includes(version)) {
    check(`${name} passes the tests`, () => unitTests(folder));
    check(`${name} can be used from an empty project`, () => run(folder, 'npx', 'ts-node', '--project', 'test/tsconfig.json', 'test/consumer/run.ts'));
  }
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
