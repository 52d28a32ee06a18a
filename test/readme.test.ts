import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');
const [QUICK_START] = blocks(README, 'ts');

/** What stands in the code blocks of a kind. */
function blocks(text: string, kind: string): string[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].filter(block => block[1] === kind).map(block => block[2]);
}

function run(code: string): void {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  new Function('require', 'exports', outputText)(require, {});
}

describe('the README', () => {
  test('its quick start makes the objects of docs/manifest.md', () => {
    const directory = mkdtempSync(join(tmpdir(), 'readme-'));
    process.env.CDK8S_OUTDIR = directory;
    try {
      run(QUICK_START);
      const made = Yaml.load(join(directory, 'vision.k8s.yaml'));
      // The text of the script is left out, and its checksum.
      made.find(object => object.metadata.name === 'vision-sync-async-script').data['entrypoint.sh'] = '...\n';
      made.find(object => object.kind === 'StatefulSet').spec.template.metadata.annotations['cdk8s-sync-async/script-sha256'] = '...';
      const file = join(directory, 'manifest.yaml');
      writeFileSync(file, blocks(read('docs/manifest.md'), 'yaml').join('---\n'));
      expect(Yaml.load(file)).toEqual(made);
    } finally {
      delete process.env.CDK8S_OUTDIR;
      rmSync(directory, { recursive: true });
    }
  });

  test('its quick start has the image and the roles that the snippets of docs/ stand in', () => {
    const text = (code: string) => code.replace(/[\s,]/g, '');
    for (const line of ['name: \'worker\', command: [\'celery\', \'-A\', \'app\', \'worker\'], stopTimeout: Duration.minutes(5)',
      'name: \'server\', command: [\'python\', \'server.py\'], ready: Check.command([\'grpc_health_probe\', \'-addr=:50051\']), stopDelay: Duration.seconds(5)',
      'new Chart(', '\'vision\', { disableResourceNameHashes: true }', 'registry.example.com/ocr:1.4.2']) {
      expect(text(QUICK_START)).toContain(text(line));
      expect(text(read('rosetta/chart.ts-fixture'))).toContain(text(line));
    }
  });

  test('its figures are those of bench/README.md', () => {
    const numbers = (text: string): string[] => text.match(/\d[\d,.]*(?<=\d)/g) ?? [];
    const [, section] = /^## In figures\n([^]*?)^## /m.exec(README)!;
    const claims = section.split(/\n(?=- |\n)/).flatMap(claim => [...claim.matchAll(/bench\/README\.md#(\w+)/g)].map(([, heading]) => ({ claim, heading })));
    expect(claims).toHaveLength(5);
    for (const { claim, heading } of claims) {
      const measured = numbers(new RegExp(`^## ${heading}\\n([^]*?)(^## |$(?![^]))`, 'm').exec(read('bench/README.md'))![1]);
      expect(numbers(claim).filter(number => !measured.includes(number))).toEqual([]);
    }
  });
});
