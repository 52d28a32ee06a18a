import { folderOf, linkedTo, release } from '../../util/changelog';

const changelog = (...sections: string[]) => `# Changelog\n\nIts form.\n\n${sections.join('\n\n')}\n`;

test('the newest version is released, with what is said of it', () => {
  expect(release(changelog('## 0.2.1 - 2027-01-31\n\n### Fixed\n\n- This.', '## 0.2.0\n\nThat.'))).toEqual({ version: '0.2.1', notes: '### Fixed\n\n- This.' });
  expect(release(changelog('## 1.0.0\n\nAll.'))).toEqual({ version: '1.0.0', notes: 'All.' });
});

test('what is not released yet comes before the next minor version', () => {
  expect(release(changelog('## Unreleased\n\n- This.', '## 0.2.9\n\nThat.'))).toEqual({ version: '0.3.0-dev.0', notes: '- This.' });
  expect(release(changelog('## Unreleased\n\n- This.'))).toEqual({ version: '0.1.0-dev.0', notes: '- This.' });
});

test('links lead to the files as they are in the release', () => {
  expect(linkedTo('https://here/blob/v1.0.0', '[a](docs/a.md#b), [b](https://there/b), [c](#d)')).toBe('[a](https://here/blob/v1.0.0/docs/a.md#b), [b](https://there/b), [c](#d)');
});

test.each(['0.2', 'Soon', '0.2.0-rc.1', 'v0.2.0', '0.2.0 (2027-01-31)'])('## %s is refused', heading => {
  expect(() => release(changelog(`## ${heading}\n\n- This.`))).toThrow(`heading (${heading}) must be Unreleased, or a version`);
});

test('the folder of a version is that of its tag', () => {
  expect(folderOf({ repository: { url: 'https://there/a.git' }, version: '1.2.3' })).toBe('https://there/a/blob/v1.2.3');
});
