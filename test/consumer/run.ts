/**
 * The library as its users get it: packed, installed into an empty project beside the newest cdk8s and constructs that it allows (the repository is
 * tested with the oldest), compiled against, and run in the ways in which cdk8s apps are run. Needs lib/, and npm's registry.
 */
import { deepStrictEqual, match, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const project = mkdtempSync(join(tmpdir(), 'consumer-'));
const elsewhere = mkdtempSync(join(tmpdir(), 'bundle-'));
process.on('exit', () => [project, elsewhere].forEach((directory) => rmSync(directory, { recursive: true })));

let passed = 0;
let failed = 0;

function check(name: string, body: () => void) {
  try {
    body();
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok  ${name}\n${error}`);
  }
}

/** What a command writes to stdout; an error that shows everything it wrote when it fails. */
function run(cwd: string, command: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
  try {
    return execFileSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error: any) {
    throw new Error(`${command} ${args.join(' ')}: status ${error.status}\n${error.stdout}${error.stderr}`);
  }
}

const yaml = (directory: string) => readFileSync(join(directory, 'consumer.k8s.yaml'), 'utf8');

check('the package holds the compiled library and its documentation, nothing else', () => {
  const [tarball] = JSON.parse(run(root, 'npm', ['pack', '--json', '--pack-destination', project]));
  const modules = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const compiled = modules.flatMap((path) => ['.d.ts', '.js'].map((extension) => `lib/${path.replace(/\.ts$/, extension)}`));
  deepStrictEqual(
    tarball.files.map((file: any) => file.path).sort(),
    // The examples in other languages are there once `npx projen post-compile` has made them, as a release does.
    ['.jsii', ...existsSync(join(root, '.jsii.tabl.json')) ? ['.jsii.tabl.json'] : [], 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...compiled].sort(),
  );
});

check('it installs beside the newest versions of its peers', () => {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
  const tarball = `./${readdirSync(project).find((file) => file.endsWith('.tgz'))}`;
  run(project, 'npm', ['install', '--no-audit', '--no-fund', tarball, 'cdk8s-cli', 'esbuild', 'typescript', '@types/node']);
  console.log(run(project, 'npm', ['ls', 'cdk8s', 'cdk8s-plus-27', 'constructs', 'typescript']).trim());
});

check('it carries the entrypoint script unchanged', () => {
  const print = 'process.stdout.write(require("./node_modules/cdk8s-sync-async/lib/private/entrypoint-script.js").ENTRYPOINT_SCRIPT)';
  strictEqual(run(project, process.execPath, ['-e', print]), readFileSync(join(root, 'src/entrypoint.sh'), 'utf8'));
});

check('an app compiles against it', () => {
  copyFileSync(join(__dirname, 'app.ts'), join(project, 'app.ts'));
  run(project, 'npx', ['tsc', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', 'app.ts']);
});

check('node runs the app', () => {
  run(project, process.execPath, ['app.js'], { CDK8S_OUTDIR: 'by-node' });
  match(yaml(join(project, 'by-node')), /^kind: StatefulSet$/m);
});

check('the oldest versions of its peers, those of the repository, give the same YAML', () => {
  run(root, 'npx', ['ts-node', '--transpileOnly', '--project', 'test/tsconfig.json', 'test/consumer/app.ts'], { CDK8S_OUTDIR: join(project, 'by-oldest') });
  strictEqual(yaml(join(project, 'by-oldest')), yaml(join(project, 'by-node')));
});

check('cdk8s synth gives the same YAML', () => {
  run(project, 'npx', ['cdk8s', 'synth', '--app', 'node app.js', '--output', 'by-cli']);
  strictEqual(yaml(join(project, 'by-cli')), yaml(join(project, 'by-node')));
});

check('the app in one file, bundled by esbuild, gives the same YAML where no module is installed', () => {
  run(project, 'npx', ['esbuild', 'app.ts', '--bundle', '--minify', '--platform=node', `--outfile=${join(elsewhere, 'app.js')}`]);
  run(elsewhere, process.execPath, ['app.js'], { CDK8S_OUTDIR: 'by-bundle' });
  strictEqual(yaml(join(elsewhere, 'by-bundle')), yaml(join(project, 'by-node')));
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
