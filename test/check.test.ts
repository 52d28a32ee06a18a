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

test.each(['A=b', '=', '-c', '--'])('a check that begins with %s is refused', word => {
  expect(() => Check.command([word, 'true'])).toThrow(new Error(
    `'command' (${word}) must begin with a program whose name has no leading dash and no equals sign in order not to be taken for an option or a variable.`));
});

test.each([['a\0b', '"a\\u0000b"'], ['\ud800', '"\\ud800"'], ['x\udc00y', '"x\\udc00y"']])('a check with the word %j is refused', (word, shown) => {
  expect(() => Check.command(['test', word])).toThrow(new Error(
    `'command' (${shown}) must have neither a NUL nor half a character in order to be a word of a command.`));
});

test('a check with a longer word than Linux takes is refused, in bytes', () => {
  expect(() => Check.command(['test', 'a'.repeat(131071)])).not.toThrow();
  expect(() => Check.command(['test', 'ä'.repeat(65536)])).toThrow(new Error(
    `'command' (${'ä'.repeat(20)}...) must have words of at most 131071 bytes, not 131072, in order for Linux to take them.`));
});

test('a check may have dashes, equals signs and any whole character after its first word', () => {
  expect(() => Check.command(['test', '-a=b', '\u{1f600}\n\t'])).not.toThrow();
});

test.each(['POD_ORDINAL', 'SYNC_ASYNC_ROLE', 'SYNC_ASYNC_SPAWN'])('a check with $(%s) is refused, which nobody puts in', name => {
  expect(() => Check.command(['test', `x$(${name})`])).toThrow(new Error(
    `'command' (test x$(${name})) must not use $(${name}) in order to be what it says: the kubelet does not know this variable; use ['sh', '-c', '... "$${name}" ...'].`));
  expect(() => Check.command(['test', `$$(${name})`, `$${name}`])).not.toThrow();
});
