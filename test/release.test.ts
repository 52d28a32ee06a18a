import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { release } from '../util/changelog';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json'));

/** What projen makes of .projenrc.ts, in a folder of its own. */
function synthesize(directory: string, onGitHub: boolean): void {
  for (const path of ['.projenrc.ts', '.ci/run', 'CHANGELOG.md', 'src', 'util']) cpSync(join(ROOT, path), join(directory, path), { recursive: true });
  for (const path of ['package.json', 'package-lock.json', '.npmignore']) cpSync(join(ROOT, path), join(directory, path));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const options = read('.projenrc.ts');
  expect(options).toMatch(/^const onGitHub = (true|false);$/m);
  writeFileSync(join(directory, '.projenrc.ts'), options.replace(/^const onGitHub = .*$/m, `const onGitHub = ${onGitHub};`));
  // Tests are where projen writes nothing.
  const env = { ...process.env, NODE_ENV: '', CI: '', PROJEN_DISABLE_POST: 'true' };
  const args = ['--transpileOnly', '--project', join(ROOT, '.projen/tsconfig.json'), '.projenrc.ts'];
  const { status, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/ts-node'), args, { cwd: directory, env, encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}

describe('the release workflow', () => {
  const [on, off] = ['on', 'off'].map(name => mkdtempSync(join(tmpdir(), `${name}-github-`)));
  let workflow: any;
  const steps = (job: string): any[] => workflow.jobs[job].steps;
  const publisher = (job: string) => steps(job).find(step => step.name === 'Release');

  beforeAll(() => {
    synthesize(on, true);
    synthesize(off, false);
    [workflow] = Yaml.load(join(on, '.github/workflows/release.yml'));
  }, 240_000);
  afterAll(() => [on, off].forEach(directory => rmSync(directory, { recursive: true })));

  test('is there where GitHub keeps the repository, and nothing else of GitHub', () => {
    expect(readdirSync(join(on, '.github'), { recursive: true }).sort()).toEqual(['workflows', 'workflows/release.yml']);
    expect(existsSync(join(off, '.github'))).toBe(false);
  });

  test('changes neither the package, its tasks nor what it needs', () => {
    for (const file of ['package.json', '.projen/tasks.json', '.projen/deps.json']) {
      expect(readFileSync(join(on, file), 'utf8')).toBe(read(file));
      expect(readFileSync(join(off, file), 'utf8')).toBe(read(file));
    }
  });

  test('starts when somebody starts it, and tries before it publishes', () => {
    const started = workflow.true; // `on`, as YAML 1.1 takes it
    expect(Object.keys(started)).toEqual(['workflow_dispatch']);
    expect(started.workflow_dispatch.inputs.dry_run.type).toBe('boolean');
    const [job] = Object.entries<any>(workflow.jobs).filter(([, { steps: all }]) => all.some((step: any) => /projen release$/.test(step.run)));
    expect(job[0]).toBe('release');
    expect(Object.entries<any>(workflow.jobs).filter(([, { needs }]) => ![needs].flat().includes('release')).map(([name]) => name)).toEqual(['release']);
  });

  test('installs what the tests need, with the newest Node that they are run with', () => {
    const [, packages] = /^packages=\((.*)\)$/m.exec(read('.ci/run'))!;
    expect(steps('release').find(step => /apt-get install/.test(step.run)).run).toContain(`--no-install-recommends ${packages}`);
    expect(steps('release').find(step => /setup-node/.test(step.uses)).with['node-version']).toBe(/^node=(\d+)$/m.exec(read('.ci/run'))![1]);
  });

  test('publishes every package that is made, and tells npm where it comes from', () => {
    const jobs: Record<string, string> = { js: 'npm', python: 'pypi', java: 'maven', dotnet: 'nuget', go: 'golang' };
    const wanted = ['github', ...['js', ...Object.keys(manifest.jsii.targets)].map(target => jobs[target])].map(registry => `release_${registry}`);
    expect(Object.keys(workflow.jobs).filter(job => job !== 'release').sort()).toEqual(wanted.sort());
    expect(workflow.jobs.release_npm.permissions['id-token']).toBe('write');
    expect(publisher('release_npm').env).toMatchObject({ NPM_CONFIG_PROVENANCE: 'true', NPM_TRUSTED_PUBLISHER: 'true', PUBLIB_DRYRUN: '${{ inputs.dry_run }}' });
    expect(publisher('release_npm').run).toMatch(/publib@\d+\.\d+\.\d+'/);
  });

  test('stores no token of a registry that can trust it instead', () => {
    for (const registry of ['npm', 'pypi', 'nuget']) {
      expect(workflow.jobs[`release_${registry}`].permissions['id-token']).toBe('write');
      expect(publisher(`release_${registry}`).env).toMatchObject({ [`${registry.toUpperCase()}_TRUSTED_PUBLISHER`]: 'true' });
    }
    expect(JSON.stringify(workflow)).not.toContain('NPM_TOKEN');
    const secrets = new Set([...JSON.stringify(workflow).matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret));
    const maven = ['MAVEN_GPG_PRIVATE_KEY', 'MAVEN_GPG_PRIVATE_KEY_PASSPHRASE', 'MAVEN_PASSWORD', 'MAVEN_STAGING_PROFILE_ID', 'MAVEN_USERNAME'];
    expect([...secrets].sort()).toEqual(['GITHUB_TOKEN', 'GO_GITHUB_TOKEN', ...maven, 'NUGET_USERNAME']);
    for (const secret of [...maven, 'NUGET_USERNAME', 'GO_GITHUB_TOKEN']) expect(read('CONTRIBUTING.md')).toContain(`\`${secret}\``);
  });

  test('publishes in each language the package for each cdk8s-plus, and builds one', () => {
    const { tasks } = JSON.parse(read('.projen/tasks.json'));
    for (const target of ['js', ...Object.keys(manifest.jsii.targets)]) {
      const [registry] = Object.keys(workflow.jobs).filter(job => steps(job).some(step => step.run === `cd .repo && npx projen package:${target}`));
      expect(registry).toMatch(/^release_/);
      expect(tasks[`package:${target}`].steps).toEqual([
        ...target === 'python' ? [{ exec: 'ts-node --project util/tsconfig.json util/absolute-links.ts' }] : [],
        { execArgs: ['jsii-pacmak', '-v', '--target', target] },
        { spawn: 'variants', args: ['--target', target] },
      ]);
    }
    expect(tasks.package.steps).toEqual([{ exec: 'jsii-pacmak -v --target js' }]);
    const commands: string[] = steps('release').map(({ run }) => run);
    expect(commands.indexOf('npm run variants -- --test')).toBeGreaterThan(commands.indexOf('npm ci'));
    expect(commands.indexOf('npm run variants -- --test')).toBeLessThan(commands.indexOf('npx projen release'));
    // The jobs above unpack the one package that the build has made.
    expect(tasks['release:pack'].steps).toContainEqual({ spawn: 'package' });
  });

  test('gives a release on GitHub its changes and its bill of materials, unless it only tries', () => {
    const github = steps('release_github').filter(step => /^gh |\ngh /.test(step.run));
    expect(github.map(step => step.if)).toEqual(['${{ !inputs.dry_run }}', '${{ !inputs.dry_run }}']);
    expect(github[0].env.CHANGELOG_FILE).toBe('dist/changelog.md');
    expect(github[1].run).toContain('dist/sbom.cdx.json');
  });

  test.each([['## 0.2.0 - 2027-01-31', 0], ['## Unreleased', 1]])('with %s it goes on with status %i', (heading, status) => {
    const { run, if: when } = steps('release').find(step => step.name === 'The changelog names the version');
    const directory = mkdtempSync(join(tmpdir(), 'heading-'));
    writeFileSync(join(directory, 'CHANGELOG.md'), `# Changelog\n\n${heading}\n\n- This.\n\n## 0.1.0\n\nThat.\n`);
    // As GitHub runs it.
    const result = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], { cwd: directory });
    rmSync(directory, { recursive: true });
    expect(result.status).toBe(status);
    expect(when).toBe('${{ !inputs.dry_run }}');
  });
});

describe('the package', () => {
  test('has the version of the changelog', () => {
    expect(manifest.version).toBe(release(read('CHANGELOG.md')).version);
  });

  test('tells where it comes from, and where to ask', () => {
    const repository = 'https://github.com/cdk8s-sync-async/cdk8s-sync-async';
    expect(manifest).toMatchObject({ repository: { url: `${repository}.git` }, homepage: `${repository}#readme`, bugs: { url: `${repository}/issues` } });
    expect(read('.github/ISSUE_TEMPLATE/config.yml')).toContain(`${repository}/blob/main/SECURITY.md`);
  });

  // https://github.com/cdklabs/construct-hub/blob/main/docs/publishing-constructs.md
  test('has what Construct Hub takes packages by', () => {
    expect(manifest.keywords).toContain('cdk8s');
    expect(manifest.license).toMatch(/^(Apache-2\.0|MIT|BSD-[23]-Clause)$/);
    expect(Object.keys(manifest.peerDependencies)).toContain('cdk8s');
    expect(manifest.exports['./.jsii']).toBe('./.jsii');
    expect(read('.npmignore')).toMatch(/^!\/?\.jsii$/m);
  });
});

test('a vulnerability is reported to the address of the package', () => {
  const addresses = [...read('SECURITY.md').matchAll(/[\w.-]+@[\w-]+\.[\w.-]*\w/g)].map(([address]) => address);
  expect([...new Set(addresses)]).toEqual([manifest.author.email]);
});

test('the loop of a change has no command that is not there', () => {
  const tasks = Object.keys(JSON.parse(read('.projen/tasks.json')).tasks);
  const named = ['CONTRIBUTING.md', 'SECURITY.md', 'README.md'].flatMap(file => [...read(file).matchAll(/`(?:npm run|npx projen) ([\w:]+)/g)].map(([, task]) => task));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(task => !tasks.includes(task))).toEqual([]);
  expect([...read('CONTRIBUTING.md').matchAll(/`npx jest (?:-u )?(test\S+)`/g)].map(([, file]) => file).filter(file => !existsSync(join(ROOT, file)))).toEqual([]);
});

test.each(['bug', 'feature'])('the issue template %s is one that GitHub takes', name => {
  const [, header] = /^---\n([^]*?)\n---\n/.exec(read(`.github/ISSUE_TEMPLATE/${name}.md`))!;
  expect(header.split('\n').map(line => line.split(':')[0])).toEqual(['name', 'about', 'labels']);
});
