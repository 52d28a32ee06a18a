import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const QUICK_START = blocks('ts')[0];

/** What stands in the code blocks of a kind. */
function blocks(kind: string): string[] {
  return [...README.matchAll(/^```(.*)\n([^]*?)^```$/gm)].filter(block => block[1] === kind).map(block => block[2]);
}

/** Runs code as a program that says at the end what is to be returned. */
function run(code: string, result = 'undefined'): any {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  return new Function('require', 'exports', `${outputText}\nreturn ${result};`)(require, {});
}

/** A short snippet in what the README says it stands in. */
function complete(snippet: string): string {
  return readFileSync(join(ROOT, 'rosetta/chart.ts-fixture'), 'utf8').replace('/// here', () => snippet);
}

/** The names of the GPUs in the table of the README, and what they ask for. */
function gpus(): [string, string][] {
  return [...README.matchAll(/^\| .*`(Gpu\..*)` \| `?([^ `]+)/gm)].map(([, code, resource]) => [code, resource]);
}

describe('the README', () => {
  test('its quick start makes the objects that stand below it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'readme-'));
    process.env.CDK8S_OUTDIR = directory;
    try {
      run(QUICK_START);
      const made = Yaml.load(join(directory, 'vision.k8s.yaml'));
      // The text of the script is left out, and its checksum.
      made.find(object => object.metadata.name === 'vision-ocr-script').data['entrypoint.sh'] = '...\n';
      made.find(object => object.kind === 'StatefulSet').spec.template.metadata.annotations['cdk8s-sync-async/script-sha256'] = '...';
      const file = join(directory, 'readme.yaml');
      writeFileSync(file, blocks('yaml').join('---\n'));
      expect(Yaml.load(file)).toEqual(made);
    } finally {
      delete process.env.CDK8S_OUTDIR;
      rmSync(directory, { recursive: true });
    }
  });

  test('it says what its shorter snippets stand in', () => {
    const text = (code: string) => code.replace(/[\s,]/g, '');
    expect(blocks('ts fixture=chart').length).toBeGreaterThan(5);
    for (const line of ['name: \'worker\', command: [\'celery\', \'-A\', \'app\', \'worker\'], stopTimeout: Duration.minutes(5)',
      'name: \'server\', command: [\'python\', \'server.py\'], ready: Check.command([\'grpc_health_probe\', \'-addr=:50051\']), stopDelay: Duration.seconds(5)',
      'new Chart(', '\'vision\', { disableResourceNameHashes: true }', 'registry.example.com/ocr:1.4.2']) {
      expect(text(QUICK_START)).toContain(text(line));
      expect(text(complete(''))).toContain(text(line));
    }
  });

  test.each(blocks('ts fixture=chart').map((snippet, i) => [i + 1, snippet]))('its snippet %i is synthesized, and loses no value', (_, snippet) => {
    const chart = run(complete(String(snippet)), 'chart');
    const manifest = Yaml.stringify(...Testing.synth(chart));
    expect(manifest).toContain('kind: StatefulSet');
    expect(manifest).not.toMatch(/: (null|undefined)\n/);
  });

  test.each(gpus())('it says what %s asks for', (code, resource) => {
    const set = run(complete(`const ocr = new SyncAsyncStatefulSet(chart, 'ocr', { image, syncRole, gpu: ${code} });`), 'ocr');
    expect(set.gpu.resource ?? 'none').toBe(resource.replace(/:$/, ''));
  });
});
