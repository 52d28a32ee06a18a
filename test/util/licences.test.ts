import { licences } from '../../util/licences';

/** A package with a licence, as `npm sbom` tells it: by its SPDX identifier, as an expression, or in the package's own words. */
const component = (ref: string, license?: { id?: string; name?: string } | string) => ({
  'bom-ref': ref,
  ...license && { licenses: [typeof license === 'string' ? { expression: license } : { license }] },
});

const allowed = (license?: { id?: string; name?: string } | string) => licences({ components: [component('a@1.0.0', license)], dependencies: [] }, 'lib@1.0.0', [])[0].allowed;

test.each(['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause', 'CC0-1.0'])('%s is allowed', id => {
  expect(allowed({ id })).toBe(true);
});

test.each(['GPL-3.0-only', 'GPL-2.0-or-later', 'LGPL-3.0-only', 'AGPL-3.0-only', 'MPL-2.0', 'EPL-2.0', 'CC-BY-SA-4.0', 'BUSL-1.1'])('%s is refused', id => {
  expect(allowed({ id })).toBe(false);
});

test('of a choice one has to be allowed, of several at once all', () => {
  expect(allowed('(MIT OR GPL-3.0-or-later)')).toBe(true);
  expect(allowed('(GPL-3.0-or-later OR AGPL-3.0-only)')).toBe(false);
  expect(allowed('(MIT AND CC-BY-3.0)')).toBe(true);
  expect(allowed('(MIT AND GPL-3.0-or-later)')).toBe(false);
});

test('none, and none that SPDX knows, is refused', () => {
  expect(allowed()).toBe(false);
  expect(allowed({ name: 'SEE LICENSE IN LICENSE.txt' })).toBe(false);
  expect(allowed({ name: 'UNLICENSED' })).toBe(false);
});

test('what users have is told first: the peers, and what these need, but no copy of a peer that a tool has', () => {
  const components = ['tool@1.0.0', '@scope/deep@2.0.0', 'peer@3.0.0', 'deep@1.0.0', 'peer@4.0.0'].map(ref => component(ref, { id: 'MIT' }));
  const dependencies = [
    { ref: 'lib@1.0.0', dependsOn: ['tool@1.0.0', 'peer@3.0.0'] },
    { ref: 'peer@3.0.0', dependsOn: ['@scope/deep@2.0.0'] },
    { ref: '@scope/deep@2.0.0', dependsOn: ['peer@3.0.0'] },
    { ref: 'tool@1.0.0', dependsOn: ['deep@1.0.0', 'peer@4.0.0'] },
  ];
  expect(licences({ components, dependencies }, 'lib@1.0.0', ['peer']).map(each => `${each.package} ${each.used}`))
    .toEqual(['@scope/deep@2.0.0 true', 'peer@3.0.0 true', 'tool@1.0.0 false', 'deep@1.0.0 false', 'peer@4.0.0 false']);
});
