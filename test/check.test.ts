import { Check } from 'cdk8s-sync-async';

test('a check keeps its words', () => {
  expect(Check.command(['grpc_health_probe', '-addr=:50051'])._words()).toEqual(['grpc_health_probe', '-addr=:50051']);
});

test('a check may have empty words after the first', () => {
  expect(Check.command(['test', '-z', ''])._words()).toEqual(['test', '-z', '']);
});

test('a check does not change with the list that it was made of', () => {
  const words = ['true'];
  const check = Check.command(words);
  words.push('more');
  check._words().push('more');

  expect(check._words()).toEqual(['true']);
});

test.each([
  ['no words', [], '[]'],
  ['an empty first word', ['', 'a'], '["","a"]'],
  ['one string', 'curl localhost', '"curl localhost"'],
  ['a word that is no string', ['sleep', 5], '["sleep",5]'],
])('a check of %s is refused', (_, words, shown) => {
  expect(() => Check.command(words as any)).toThrow(new Error(
    `'command' (${shown}) must be a list of words, the first of which names a program, in order to run something.`));
});
