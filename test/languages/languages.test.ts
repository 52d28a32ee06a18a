import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { block, LANGUAGES, unknownNames, withMistake } from './languages';

const read = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const PAGE = read('docs/languages.md');

test.each(LANGUAGES)('the quick start in $name says what that in TypeScript says', language => {
  // Texts and numbers, but for names of packages.
  const words = (code: string) => code.match(/"[^"]*"|'[^']*'|\b\d+\b/g)!.map(word => word.replace(/["']/g, '')).filter(word => !/^(cdk8s|constructs|github\.com)/.test(word));
  expect(words(block(PAGE, language.block))).toEqual(words(block(read('README.md'), 'ts')));
});

test.each(LANGUAGES)('fewer pods than synchronous ones are a mistake in $name', language => {
  const text = block(PAGE, language.block);
  expect(withMistake(text)).not.toBe(text);
  expect(withMistake(text)).toHaveLength(text.length - 1);
});

test('a name that nothing generated has is found', () => {
  expect(unknownNames('var x = new Chart(app, "Vision", new Charts { Image = "Nope" });', 'class Chart { string Image }')).toEqual(['Charts']);
});

test('docs/languages.md names the packages that are made', () => {
  const { java, python, dotnet, go } = JSON.parse(read('package.json')).jsii.targets;
  const rows = [...PAGE.matchAll(/^\| (Python|Java|Go|C#) \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells.map(cell => cell.replace(/`/g, '')));
  expect(rows).toEqual([
    ['Python', python.distName, python.module],
    ['Java', `${java.maven.groupId}:${java.maven.artifactId}`, java.package],
    ['Go', `${go.moduleName}/${go.packageName}`, 'the same'],
    ['C#', dotnet.packageId, dotnet.namespace],
  ]);
});
