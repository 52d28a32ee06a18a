import { table } from '../../util/markdown';

test('a table', () => {
  expect(table({ title: 'Times', columns: ['Who', 'ms'], rows: [['a shell', '12']] })).toBe([
    '**Times**', '', '| Who     | ms |', '| ------- | -- |', '| a shell | 12 |',
  ].join('\n'));
});
