import { readFileSync } from 'node:fs';
import { JsonFile, TextFile } from 'projen';
import { ConstructLibraryCdk8s } from 'projen/lib/cdk8s';
import { NodePackageManager, UpdateSnapshot } from 'projen/lib/javascript';
import { ReleaseTrigger } from 'projen/lib/release';
import { release } from './util/changelog';

const name = 'cdk8s-sync-async';

// Whether GitHub keeps the repository: then projen writes .github/workflows/release.yml, which publishes the package. All else is the same.
const onGitHub = false;

// What lies beside src and test, and is never published: its code is checked as the tests are.
const rooms = ['bench', 'chaos', 'cluster', 'docs', 'examples', 'util', 'variants'];

// Continuous integration knows what the tests need, and the newest Node that they are run with.
const [, packages] = /^packages=\((.*)\)$/m.exec(readFileSync('.ci/run', 'utf8'))!;
const [, newestNode] = /^node=(\d+)$/m.exec(readFileSync('.ci/run', 'utf8'))!;

const project = new ConstructLibraryCdk8s({
  name,
  description: 'GPU inference on Kubernetes, served synchronously (gRPC, HTTP) and asynchronously (from a queue): one StatefulSet, every pod in one of two roles',
  keywords: [
    'cdk8s', 'cdk8s-plus', 'constructs', 'kubernetes', 'k8s', 'statefulset',
    'gpu', 'nvidia', 'inference', 'model-serving', 'machine-learning',
    'grpc', 'http', 'queue', 'worker', 'async', 'graceful-shutdown', 'entrypoint', 'process-supervisor',
  ],
  author: 'cdk8s-sync-async contributors',
  authorAddress: 'maintainers@cdk8s-sync-async.dev',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk8s-sync-async/cdk8s-sync-async.git',
  homepage: 'https://github.com/cdk8s-sync-async/cdk8s-sync-async#readme',
  bugsUrl: 'https://github.com/cdk8s-sync-async/cdk8s-sync-async/issues',
  license: 'Apache-2.0',

  // The floors of the peer ranges: the repository is built and tested with exactly these, test/consumer with the newest.
  cdk8sVersion: '2.68.12',
  constructsVersion: '10.3.0',
  peerDeps: ['cdk8s-plus-27@^2.9.5'],
  devDeps: ['@types/spdx-satisfies@^6', 'echarts@^6', 'fast-check@^4', 'kubernetes-models@4.5.1', 'spdx-satisfies@^6'],

  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0',
  packageManager: NodePackageManager.NPM,

  projenrcTs: true,
  projenrcTsOptions: { projenCodeDir: '.projen' },
  sampleCode: false,
  integrationTestAutoDiscover: false,

  // As each language writes names. A package for another cdk8s-plus has its number at the end of each: variants/variant.ts.
  publishToPypi: { distName: name, module: 'cdk8s_sync_async', trustedPublishing: true },
  publishToMaven: { mavenGroupId: 'io.github.cdk8s-sync-async', mavenArtifactId: name, javaPackage: 'io.github.cdk8ssyncasync' },
  publishToNuget: { packageId: 'Cdk8sSyncAsync', dotNetNamespace: 'Cdk8sSyncAsync', trustedPublishing: true },
  publishToGo: { moduleName: 'github.com/cdk8s-sync-async/cdk8s-sync-async-go', packageName: 'cdk8ssyncasync' },

  // Continuous integration is .ci/run; nothing but the publication of a release depends on the place where the repository is kept.
  github: onGitHub,
  githubOptions: { pullRequestLint: false },
  pullRequestTemplate: false,
  buildWorkflow: false,
  depsUpgrade: false,
  release: true,
  releaseTrigger: ReleaseTrigger.workflowDispatch(),
  releaseWorkflowSetupSteps: [
    { name: 'Only main is published', if: '${{ !inputs.dry_run }}', run: 'test "$GITHUB_REF" = refs/heads/main' },
    { name: 'The changelog names the version', if: '${{ !inputs.dry_run }}', run: 'grep -m 1 \'^## \' CHANGELOG.md | grep \'^## [0-9]\'' },
    { name: 'Shells and programs for the tests', run: `sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${packages}` },
    { name: 'Known vulnerabilities', run: 'npm audit' },
    // Not a part of `projen release`, which needs no registry.
    { name: 'The packages for other versions of cdk8s-plus', run: 'npm run variants -- --test' },
  ],
  workflowNodeVersion: newestNode,
  npmTrustedPublishing: true,
  // What publishes has the right to do so: it is one version, not the newest.
  jsiiReleaseVersion: '0.2.1061',
  clobber: false,

  // Without source maps the JavaScript is less than half as large, and loads faster: they hold every source once more, the script too.
  tsconfig: { compilerOptions: { inlineSourceMap: false, inlineSources: false } },
  typecheckTests: true,
  tsconfigDev: {
    include: ['**/*.ts', ...rooms.map(room => `../${room}/**/*.ts`)],
    // Examples and tests import the package by its name, checked here against the sources.
    compilerOptions: { paths: { [name]: ['../src/index.ts'] } },
  },
  // A test run changes no file: `npx projen eslint --fix` mends what can be mended.
  eslintOptions: { dirs: ['src'], devdirs: ['test', ...rooms], tsconfigPath: './test/tsconfig.json', commandOptions: { fix: false } },
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: UpdateSnapshot.NEVER,
    passWithNoTests: false,
    junitReporting: false,
    coverageText: false,
    jestConfig: {
      collectCoverage: false,
      moduleNameMapper: { [`^${name}$`]: '<rootDir>/src' },
      // The tests of the entrypoint nearly only wait.
      maxConcurrency: 16,
    },
  },
});
// The package, imported by its name, is sorted among the other packages.
project.eslint!.rules!['import/order'][1].groups = ['builtin', ['external', 'internal']];
project.jest!.addTestMatch('<rootDir>/examples/**/*.test.ts');

project.package.addVersion(release(readFileSync('CHANGELOG.md', 'utf8')).version);
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './.jsii': './.jsii',
  './package.json': './package.json',
});

// The lock file names no registry, so it works with whichever one is configured.
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
project.package.addField('overrides', {
  // cdk8s-plus-27 lists a maintainers' git tool as an optional dependency. Nothing here uses it; it brings 118 packages into
  // this repository, which has others of its kind, and 184 into an empty project.
  'backport': 'npm:empty-npm-package@1.0.0',
  // Jest's module resolver. Where a registry lacks some of a release's platform packages, `npm ci` refuses the lock file; this one is complete.
  'unrs-resolver': '1.12.2',
});

// Editors and eslint look for the nearest tsconfig.json.
for (const room of rooms) {
  new JsonFile(project, `${room}/tsconfig.json`, { obj: { extends: '../test/tsconfig.json', include: ['**/*.ts'] } });
}

// The scripts as constants: a bundled app has no files beside it to read. Their type is written out, or the declaration would be the whole text.
for (const script of ['entrypoint', 'role-label']) {
  const constant = new TextFile(project, `src/private/${script}-script.ts`, { marker: true });
  constant.addLine(`// ${constant.marker} The script itself is src/${script}.sh.`);
  constant.addLine('');
  constant.addLine(`/** The text of src/${script}.sh. */`);
  const text = readFileSync(`src/${script}.sh`, 'utf8').replace(/\\|`|\$\{/g, '\\$&');
  constant.addLine(`export const ${script.toUpperCase().replace('-', '_')}_SCRIPT: string = \`${text}\`;`);
  constant.addLine('');
}

project.addTask('example', {
  description: 'Synthesize every example into dist/examples and list its pods',
  steps: [{ spawn: 'compile' }, { exec: 'ts-node --project examples/tsconfig.json examples/run.ts' }],
});
for (const [task, file, description] of [
  ['test:races', 'test/entrypoint/races.ts', 'Send signals to the entrypoint at random moments of its life'],
  ['test:mutants', 'test/entrypoint/mutants.ts', 'Break the entrypoint in many ways: a test has to notice each'],
  ['test:consumer', 'test/consumer/run.ts', 'Use the packed library from an empty project'],
  ['test:languages', 'test/languages/run.ts', 'Run the quick start in each language of docs/languages.md'],
  ['bench', 'bench/run.ts', 'Measure the library against what people use instead'],
  ['chaos', 'chaos/run.ts', 'Disturb the service of examples/ocr on the cluster of the current kubeconfig, under load: nothing may be lost'],
  ['conformance', 'test/conformance/run.ts', 'Run the library on the Kubernetes cluster of the current kubeconfig'],
]) {
  // As words, not as a line for a shell, which would read what the user's words mean to it.
  const execArgs = ['ts-node', '--project', 'test/tsconfig.json', file];
  project.addTask(task, { description, steps: [{ spawn: 'compile' }, { execArgs, receiveArgs: true }] });
}

const variants = project.addTask('variants', {
  description: 'Make the package for each other cdk8s-plus',
  steps: [{ execArgs: ['ts-node', '--project', 'test/tsconfig.json', 'variants/run.ts'], receiveArgs: true }],
});

// What is released is what CHANGELOG.md says, which is kept by hand: there is nothing to derive from the words of commits.
const pack = project.addTask('release:pack', { description: 'Make what a release holds, in dist: package, version, changes, bill of materials. Nothing is published' });
pack.execArgs(['rm', '-fr', 'dist']);
// The packages for other languages and for each other cdk8s-plus are made by the jobs that publish them.
for (const task of ['default', 'pre-compile', 'compile', 'post-compile', 'package']) pack.spawn(project.tasks.tryFind(task)!);
pack.execArgs(['ts-node', '--project', 'util/tsconfig.json', 'util/release.ts']);
const releaseTask = project.tasks.tryFind('release')!;
releaseTask.description = 'All tests, then release:pack, from a tree without changes';
releaseTask.reset();
releaseTask.spawn(project.testTask);
releaseTask.spawn(pack);
releaseTask.exec('git diff --exit-code');
for (const task of ['bump', 'unbump', 'bump:releasable-commits']) project.tasks.removeTask(task);
project.deps.removeDependency('commit-and-tag-version');
project.release!.publisher.addGitHubPostPublishingSteps({
  name: 'The bill of materials',
  if: '${{ !inputs.dry_run }}',
  env: { GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}' },
  run: 'gh release upload "$(cat dist/releasetag.txt)" dist/sbom.cdx.json --clobber -R "$GITHUB_REPOSITORY"',
});
project.addTask('licences', {
  description: 'List the licences of all dependencies, and refuse what is unknown or copyleft',
  steps: [{ execArgs: ['ts-node', '--project', 'util/tsconfig.json', 'util/licences.ts'] }],
});

// TypeScript in the README and in doc comments has to compile. What it says in other languages goes with the package: those packages and Construct Hub take it from there.
project.postCompileTask.exec('jsii-rosetta extract --compile --fail');
project.gitignore.exclude('.jsii.tabl.json');

// A build makes one package. What is published in a language, by a job of its own, is that for each cdk8s-plus; `package-all` is for a machine that has the tools of every language.
project.packageTask.reset('jsii-pacmak -v --target js');
project.tasks.tryFind('package:python')!.prependExec('ts-node --project util/tsconfig.json util/absolute-links.ts');
for (const task of project.tasks.all.filter(each => each.name.startsWith('package:'))) task.spawn(variants, { args: ['--target', task.name.slice('package:'.length)] });

// jsii-diff compares with a published version; ejecting is nobody's wish.
project.tasks.removeTask('compat');
project.deps.removeDependency('jsii-diff');
project.tasks.removeTask('eject');

// jsii's tools print a banner on Node 20, the oldest version that this library is tested with.
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

for (const path of ['/.*', '/API.md', '/CONTRIBUTING.md', '/SECURITY.md', ...rooms.map(room => `/${room}/`), '/rosetta/', '!/.jsii', '!/.jsii.tabl.json']) project.npmignore!.addPatterns(path);

project.synth();
