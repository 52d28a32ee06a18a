/**
 * The quick start in every language that this machine can run, as it stands in docs/languages.md, and examples/minimal where it is there in that language: it writes the YAML of TypeScript to the byte, and a mistake arrives as the same sentence.
 * Needs lib/, and the registries of the languages.
 */
import { ok, strictEqual } from 'node:assert';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'cdk8s';
import * as ts from 'typescript';
import { block, blocks, generate, Language, LANGUAGES, missing, unknownNames, withMistake } from './languages';
import { MinimalChart } from '../../examples/minimal/chart';

const ROOT = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'languages-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const { values: { only } } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const chosen = LANGUAGES.filter(({ name }) => !only || only.some(each => each.toLowerCase() === name.toLowerCase()));
if (chosen.length === 0) {
  console.error(`test:languages: --only ${only}: there are ${LANGUAGES.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;

function check<T>(name: string, body: () => T): T | undefined {
  const start = Date.now();
  const seconds = () => `${Math.round((Date.now() - start) / 1000)} s`;
  try {
    const result = body();
    passed++;
    console.log(`ok      ${name}, ${seconds()}`);
    return result;
  } catch (error) {
    failed++;
    console.log(`not ok  ${name}, ${seconds()}\n${error}`);
    return undefined;
  }
}

function folder(...names: string[]): string {
  const path = join(directory, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

const yaml = (path: string, chart = 'vision') => readFileSync(join(path, `${chart}.k8s.yaml`), 'utf8');

/** TypeScript runs here; the package that it imports by its name is the compiled one. */
function inTypeScript(code: string, outdir: string): void {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  process.env.CDK8S_OUTDIR = outdir;
  try {
    new Function('require', 'exports', outputText)(require, {});
  } finally {
    delete process.env.CDK8S_OUTDIR;
  }
}

const quickStart = block(readFileSync(join(ROOT, 'README.md'), 'utf8'), 'ts');
const pages = readFileSync(join(ROOT, 'docs/languages.md'), 'utf8');
inTypeScript(quickStart, folder('typescript'));
const expected = yaml(folder('typescript'));
let sentence = '';
try {
  inTypeScript(withMistake(quickStart), folder('typescript-mistake'));
} catch (error) {
  sentence = (error as Error).message;
}

function tryOut(language: Language): void {
  const { name, target } = language;
  const text = block(pages, language.block);
  const generated = folder(target, 'generated');
  if (check(`${name}: the library is generated`, () => (generate(language, generated), true)) === undefined) return;

  const reason = missing(language);
  if (reason !== undefined) {
    console.log(`left out: ${name}: ${reason}`);
    check(`${name}: every name in its quick start is one of the generated library, or of what it stands on`, () => {
      const sources = readdirSync(generated, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(file => file.isFile() && /\.(cs|java|go)$/.test(file.name));
      strictEqual(unknownNames(text, sources.map(file => readFileSync(join(file.parentPath, file.name), 'utf8')).join('\n')).join(), '');
    });
    return;
  }

  const build = check(`${name}: the library is built`, () => language.prepare!(folder(target, 'program'), generated));
  if (build === undefined) return;
  /** Runs a program, which has to end well, and gives the folder of its YAML. */
  const written = (code: string, outdir: string) => {
    const { good, said } = build(code)(outdir);
    ok(good, said);
    return outdir;
  };
  check(`${name}: the quick start writes the YAML of TypeScript`, () => strictEqual(yaml(written(text, folder(target, 'yaml'))), expected));
  if (language.minimal) {
    check(`${name}: ${language.minimal} writes the YAML of TypeScript`, () => {
      const app = new App({ outdir: folder('minimal') });
      new MinimalChart(app, 'minimal');
      app.synth();
      const outdir = written(readFileSync(join(ROOT, language.minimal!), 'utf8'), folder(target, 'minimal'));
      strictEqual(yaml(outdir, 'minimal'), yaml(app.outdir, 'minimal'));
    });
  }
  blocks(pages, language.block).slice(1).forEach((more, i) => check(`${name}: snippet ${i + 2} writes YAML`, () => {
    ok(yaml(written(more, folder(target, `snippet-${i + 2}`))).includes('kind: StatefulSet'));
  }));
  check(`${name}: a mistake arrives as a sentence`, () => {
    const { good, said } = build(withMistake(text))(folder(target, 'mistake'));
    ok(!good);
    ok(said.includes(sentence), said);
  });
}

check('TypeScript: the quick start writes YAML, and refuses a mistake', () => {
  ok(expected.includes('kind: StatefulSet'));
  ok(sentence.startsWith('\'split\' (Split.count(4)) must be at most \'replicas\' (3)'), sentence);
});
chosen.forEach(tryOut);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
