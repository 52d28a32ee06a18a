import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapted, adaptedPackage, FLOORS, VERSIONS } from '../../variants/variant';

const ROOT = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

test.each([
  ['import { Split } from \'cdk8s-sync-async\';', 'import { Split } from \'cdk8s-sync-async-32\';'],
  ['import * as kplus from \'cdk8s-plus-27\';', 'import * as kplus from \'cdk8s-plus-32\';'],
  ['npm i cdk8s-sync-async cdk8s cdk8s-plus-27 constructs', 'npm i cdk8s-sync-async-32 cdk8s cdk8s-plus-32 constructs'],
  ['# cdk8s-sync-async\n\nOne', '# cdk8s-sync-async-32\n\nOne'],
  ['./node_modules/cdk8s-sync-async/lib', './node_modules/cdk8s-sync-async-32/lib'],
])('%s has another name', (before, after) => {
  expect(adapted(before, 32)).toBe(after);
});

test.each([
  'export const ROLE_LABEL = \'cdk8s-sync-async/role\';',
  '"app.kubernetes.io/name": "cdk8s-sync-async",',
  '"cdk8s-sync-async/script-sha256": "<checksum>",',
  '"url": "https://github.com/cdk8s-sync-async/cdk8s-sync-async.git"',
  'from 28 to 34 they are `cdk8s-sync-async-28` to `-34`',
])('%s stays as it is', text => {
  expect(adapted(text, 32)).toBe(text);
});

test('lines that an older cdk8s-plus needs are left out where it is newer', () => {
  const source = 'a\n  // #if cdk8s-plus < 29\n  b\n  // #endif\nc\n';
  expect(adapted(source, 28)).toBe('a\n  b\nc\n');
  expect(adapted(source, 29)).toBe('a\nc\n');
});

test('every condition in the sources is one that is understood, and ends', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => read(`src/${file}`));
  expect(sources.filter(text => /#(if|endif)/.test(text))).not.toHaveLength(0);
  for (const text of sources) expect(adapted(text, 28)).not.toMatch(/\/\/ #/);
});

test.each(VERSIONS)('the package for cdk8s-plus-%i asks for it, and for no other', version => {
  const text = adaptedPackage(read('package.json'), version);
  const { name, description, peerDependencies, devDependencies, exports } = JSON.parse(text);
  expect(name).toBe(`cdk8s-sync-async-${version}`);
  expect(description).toBe(`${JSON.parse(read('package.json')).description}, for cdk8s-plus-${version}`);
  expect(Object.keys(peerDependencies)).toEqual(['cdk8s', `cdk8s-plus-${version}`, 'constructs']);
  expect(peerDependencies[`cdk8s-plus-${version}`]).toBe(`^${FLOORS[version]}`);
  expect(devDependencies[`cdk8s-plus-${version}`]).toBe(FLOORS[version]);
  expect(text).not.toContain('cdk8s-plus-27');
  expect(exports).toEqual(JSON.parse(read('package.json')).exports);
});

test('each package has names of its own in every language', () => {
  expect(JSON.parse(adaptedPackage(read('package.json'), 32)).jsii.targets).toEqual({
    java: { package: 'io.github.cdk8ssyncasync32', maven: { groupId: 'io.github.cdk8s-sync-async', artifactId: 'cdk8s-sync-async-32' } },
    python: { distName: 'cdk8s-sync-async-32', module: 'cdk8s_sync_async_32' },
    dotnet: { namespace: 'Cdk8sSyncAsync32', packageId: 'Cdk8sSyncAsync32' },
    go: { moduleName: 'github.com/cdk8s-sync-async/cdk8s-sync-async-go', packageName: 'cdk8ssyncasync32' },
  });
});

test('docs/versions.md and the README name the packages that there are, and the oldest cdk8s-plus of each', () => {
  const { peerDependencies } = JSON.parse(read('package.json'));
  const rows = [...read('docs/versions.md').matchAll(/^\| (cdk8s-plus-\d+) \| `(.*)` \| (.*) \|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual([
    ['cdk8s-plus-27', 'cdk8s-sync-async', peerDependencies['cdk8s-plus-27'].replace('^', '')],
    ...VERSIONS.map(version => [`cdk8s-plus-${version}`, `cdk8s-sync-async-${version}`, FLOORS[version]]),
  ]);
  expect(read('README.md')).toContain(`from ${VERSIONS[0]} to ${VERSIONS.at(-1)} they are \`cdk8s-sync-async-${VERSIONS[0]}\` to \`-${VERSIONS.at(-1)}\``);
});
