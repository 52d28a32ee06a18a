import { read } from '../../../bench/day/books';

const LOG = `100.000 open
100.500 join a server
101.000 join b worker
102.000 begin
103.000 answered 0.250
103.500 job
104.000 leave b worker
106.000 join b server
109.000 failed 3.000
112.000 end
112.100 job
112.500 answered 1.500
113.000 over
113.200 leave a server
`;

describe('The books of a day', () => {
  test('count from its begin to its end', () => {
    expect(read(LOG).seconds).toBe(10);
  });

  test('have every request, also those that are answered after the end', () => {
    expect(read(LOG).requests).toEqual([
      { at: 1, seconds: 0.25, ok: true },
      { at: 7, seconds: 3, ok: false },
      { at: 10.5, seconds: 1.5, ok: true },
    ]);
  });

  test('have the jobs that were done within the day', () => {
    expect(read(LOG).jobs).toEqual([1.5]);
  });

  test('know who stayed, in which role, from when to when', () => {
    const { stays } = read(LOG);
    expect(stays.map(({ name, role }) => `${name} ${role}`)).toEqual(['b worker', 'a server', 'b server']);
    expect(stays.map(({ from, to }) => [from, to].map(at => Math.round(at * 10) / 10))).toEqual([[-1, 2], [-1.5, 11.2], [4, Infinity]]);
  });

  test('have nobody who was gone before, or came after', () => {
    const { stays } = read(LOG.replace('101.000 join b', '100.600 join c worker\n100.700 leave c worker\n101.000 join b').replace('113.000', '112.700 join d worker\n113.000'));
    expect(stays.map(({ name }) => name).sort()).toEqual(['a', 'b', 'b']);
  });

  test.each(['begin', 'end', 'over'])('cannot be read without %s', event => {
    expect(() => read(LOG.replace(` ${event}`, ''))).toThrow('must tell of the begin and the end');
  });
});
