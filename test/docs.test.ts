import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import * as ts from 'typescript';
import { timeline } from '../docs/timeline';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCS = readdirSync(join(ROOT, 'docs')).filter(file => file.endsWith('.md')).map(file => `docs/${file}`);
const EXAMPLES = readdirSync(join(ROOT, 'examples')).map(example => `examples/${example}/README.md`).filter(file => existsSync(join(ROOT, file)));

describe.each(['README.md', ...DOCS, ...EXAMPLES])('%s', file => {
  // What is indented or between ``` is no Markdown.
  const text = read(file).replace(/^```[^]*?^```$/gm, '').replace(/^ {4}.*$/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link).filter(link => !/^https:/.test(link));

  test('its links lead to files and headings that exist', () => {
    const broken = links.filter(link => {
      const [path, heading] = link.split('#');
      const target = path ? join(ROOT, dirname(file), path) : join(ROOT, file);
      return !existsSync(target) || (heading !== undefined && !anchors(readFileSync(target, 'utf8')).includes(heading));
    });
    expect(broken).toEqual([]);
  });
});

/** What a link can point to in a page, as GitHub and others make it of the headings. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replace(/ /g, '-'));
}

test.each(DOCS)('%s is linked from another page', file => {
  const name = file.slice('docs/'.length);
  const others = ['README.md', ...DOCS].filter(other => other !== file);
  expect(others.filter(other => new RegExp(`\\]\\((docs/)?${name}[)#]`).test(read(other)))).not.toEqual([]);
});

/** What a program synthesizes whose chart is called `chart`. */
function manifestOf(code: string): string {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const chart = new Function('require', 'exports', `${outputText}\nreturn chart;`)(require, {});
  return Yaml.stringify(...Testing.synth(chart));
}

/** The short snippets, each in what the README's own stand in. */
const SNIPPETS = DOCS.flatMap(file => [...read(file).matchAll(/^```ts fixture=chart\n([^]*?)^```$/gm)].map(([, snippet], i) => ({
  name: `${file}, snippet ${i + 1}`,
  path: join(__dirname, `${file.replace(/\W/g, '-')}-${i}.ts`), // nothing is written there: it is where its imports are looked up from
  code: read('rosetta/chart.ts-fixture').replace('/// here', () => snippet),
})));

test('the snippets compile', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'test/tsconfig.json'), path => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, __dirname, { noUnusedLocals: false, skipLibCheck: true });
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...rest) => {
    const snippet = SNIPPETS.find(each => each.path === path);
    return snippet ? ts.createSourceFile(path, snippet.code, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  };
  const program = ts.createProgram(SNIPPETS.map(({ path }) => path), options, host);
  const mistakes = SNIPPETS.flatMap(({ name, path }) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ messageText }) =>
    `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`));
  expect(mistakes).toEqual([]);
}, 60_000);

test.each(SNIPPETS)('$name is synthesized, and loses no value', ({ code }) => {
  const manifest = manifestOf(code);
  expect(manifest).toContain('kind: StatefulSet');
  expect(manifest).not.toMatch(/: (null|undefined)\n/);
});

test('a manifest without SYNC_INSTANCE is what the page on moving the split makes', () => {
  const [{ code }] = SNIPPETS.filter(({ name }) => name.startsWith('docs/moving-the-split.md'));
  expect(manifestOf(code)).toContain('\ndata:\n  INSTANCE: "10"\nimmutable: false\n');
});

test('the fragments of a registrar are those of examples/triton', () => {
  const registrar = read('examples/triton/service/register.py');
  const fragments = [...read('docs/writing-a-registrar.md').matchAll(/^```py\n([^]*?)^```$/gm)].map(([, fragment]) => fragment);
  expect(fragments.length).toBeGreaterThan(0);
  for (const line of fragments.join('').split('\n')) {
    expect(registrar).toContain(line.trim());
  }
});

describe('the timeline', () => {
  const log = (...lines: string[]) => lines.map(line => `logger=sync-async ${line}\n`).join('');

  test('the committed one is that of the committed log', () => {
    expect(timeline(read('docs/shutdown-log.txt'))).toBe(read('docs/shutdown.svg'));
  });

  test('it has a bar for each phase of each process, of the right length', () => {
    const svg = timeline('a line of a program\n' + log(
      't=0.00 event=start role=sync ordinal=0 split=none',
      't=0.00 event=process-start process=server pid=7',
      't=2.00 event=ready process=server',
      't=2.00 event=process-start process=registrar pid=8',
      't=4.00 event=signal signal=TERM',
      't=4.00 event=stop-signal process=registrar signal=TERM',
      't=5.00 event=exit process=registrar status=0',
      't=5.00 event=stop-delay process=server seconds=3',
      't=8.00 event=stop-signal process=server signal=TERM',
      't=9.00 event=kill process=server',
      't=10.00 event=exit process=server status=137',
      't=10.00 event=end status=70 reason="stopped by TERM; process server was killed after 1 s"',
    ));
    const bars = [...svg.matchAll(/<rect class="(\w+)" .*width="([\d.]+)" height="20"><title>(\w+):/g)];
    const second = 70.4; // 860 less the margins of 96 and 60, for 10 s
    expect(bars.map(([, phase, width, process]) => `${process} ${phase} ${(Number(width) / second).toFixed(1)} s`)).toEqual([
      'server starting 2.0 s',
      'server running 3.0 s',
      'registrar running 2.0 s',
      'registrar stopping 1.0 s',
      'server delay 3.0 s',
      'server stopping 2.0 s',
    ]);
    expect(svg).toContain('>KILL</text>');
    expect(svg).toContain('>status 137</text>');
    expect(svg).toContain('ended after 10.00 s with status 70');
  });

  test('a process that is started again has a bar for each of its lives, and two containers have a panel each', () => {
    const life = log(
      't=0.00 event=start role=async ordinal=5 split=none',
      't=0.00 event=process-start process=worker pid=7',
      't=3.00 event=exit process=worker status=1',
      't=3.00 event=restart process=worker in=1',
      't=4.00 event=process-start process=worker pid=9',
      't=6.00 event=running',
    );
    expect(timeline(life).match(/<rect class="running" [^>]*height="20"/g)).toHaveLength(2);
    expect(timeline(life + life).match(/<g transform/g)).toHaveLength(2);
  });

  test('it refuses what is no log of an entrypoint', () => {
    expect(() => timeline('hello\n')).toThrow('no line of an entrypoint');
  });
});
