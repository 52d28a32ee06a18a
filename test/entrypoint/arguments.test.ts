import assert from 'node:assert/strict';
import { Life, service } from './harness';
import { each, prove } from './prove';

const BASE = ['run', 'dir=@/run', 'split=none', 'termination-log=@/termination-log'];

prove('The words of a command arrive as they are, whatever is in them.', async start => {
  const words = [
    'plain', 'two words', '', ' ', '  leading and trailing  ', 'tab\there', 'new\nline', '\n', "single'quote", "''", "'", '"double"', '`id`', '$(id)', '$HOME',
    '${HOME}', '\\', '\\\\', '\\n', '*', '?', '[a-z]', '~', '#', '&', ';', '|', '<', '>', '(', ')', '!', '{a,b}', '-n', '--', '-', '=', 'a=b', 'role=async',
    'command=1', 'process=x', '%s', '\x01', 'x'.repeat(5000), 'ümlaut', '日本',
  ];
  const life = await start({ sync: [service('it', ['words', ...words])] });
  await life.event('it', 'started');
  const text = life.events.filter(event => event.name === 'it' || !event.name).map(event => event.what).join('\n');
  // A newline in a word breaks the line of its event; everything else is one line.
  for (const word of words.filter(one => !one.includes('\n'))) assert.ok(text.includes(`word <${word}>`), `<${word}> of ${text}`);
  assert.equal(text.split('word <').length - 1, words.length);
  await life.signal('TERM');
  await life.ended();
});

prove('The words of checks arrive as they are too, the one of the start and those of the probes.', async start => {
  const words = ['two words', '', "it's", '$(id)', 'a\\b', '*'];
  const print = ['sh', '-c', 'for w; do printf "<%s>" "$w"; done', 'sh', ...words];
  const life = await start({ sync: [service('server', [], { ready: ['sh', '-c', 'printf "%s\\n" "0 check $*" >>"$EVENTS"', 'sh', ...words] })] });
  await life.line({ event: 'running' });
  assert.equal((await life.event('check', '')).what, words.join(' '));
  await life.poll('its state', () => life.state()?.phase === 'running');
  assert.equal((await life.probe('ready', { sync: [print] }).ended).output, words.map(word => `<${word}>`).join(''));
  assert.equal((await life.probe('ready', { sync: [print, ['echo']] }).ended).status, 0);
});

prove('Only the processes of the own role are read, and the words of the other role hide nothing.', async start => {
  const life = await start({
    pod: 'ocr-1',
    split: 'count:1',
    sync: [service('server', ['words', 'role=async', 'process=evil', 'command=1', 'true'])],
    async: [service('worker'), service('second')],
  });
  await life.event('second', 'started');
  await life.line({ event: 'running' });
  assert.deepEqual(life.linesLike({ event: 'process-start' }).map(line => line.process), ['worker', 'second']);
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
});

const server = ['role=sync', 'process=server', 'command=1', 'true'];

prove('Wrong arguments are refused with status 64 and a message that names them, and nothing is started.', start => each([
  [['nonsense=1', ...server], 'nonsense=1'],
  [['nonsense', ...server], 'nonsense'],
  [[...server, 'left over'], 'left over'],
  [['role=other', 'process=server', 'command=1', 'true'], 'role=other'],
  [['role=sync', 'process=server', 'early=no', 'command=1', 'true'], 'early=no'],
  [['split=half', ...server], 'half'],
  [['split=fixed:both', ...server], 'fixed:both'],
  [['split=', ...server], 'split'],
  [['split=count:x', ...server], 'count:x'],
  [['split=count:01', ...server], 'count:01'],
  [['split=share:1', ...server], 'share:1'],
  [['split=share:1/0', ...server], 'share:1/0'],
  [['split=share:1/x', ...server], 'share:1/x'],
  [['check-timeout=x', ...server], 'check-timeout=x'],
  [['check-timeout=1.5', ...server], 'check-timeout=1.5'],
  [['settle=-1', ...server], 'settle=-1'],
  [['role=sync', 'process=server', 'stop-timeout=', 'command=1', 'true'], 'stop-timeout='],
  [['role=sync', 'process=server', 'stop-delay=05', 'command=1', 'true'], 'stop-delay=05'],
  [['role=sync', 'process=server', 'start-timeout=1s', 'command=1', 'true'], 'start-timeout=1s'],
  [['role=sync', 'process=server', 'command=2', 'true'], 'command=2'],
  [['role=sync', 'process=server', 'command=0'], 'command=0'],
  [['role=sync', 'process=server', 'command=x', 'true'], 'command=x'],
  [['role=sync', 'process=server', 'ready=3', 'a', 'b'], 'ready=3'],
  [['role=sync'], 'sync'],
  [[], 'sync'],
] as const, async ([args, named]) => {
  const life = await start({ args: [...BASE, ...args] });
  assert.equal((await life.ended()).status, 64, `${args}`);
  assert.ok(life.terminationLog().includes(named), `${args}: ${life.terminationLog()}`);
  assert.deepEqual(life.linesLike({ event: 'process-start' }), []);
  const last = life.lines.at(-1)!;
  assert.deepEqual([last.event, last.status], ['end', '64']);
}));

prove('Values and options have their defaults: no restart, TERM, 30 s, no delay.', async start => {
  const life = await start({ args: [...BASE, 'role=sync', 'process=server', 'command=2', 'sleep', '1000'] });
  await life.line({ event: 'running' });
  await life.poll('its state', () => life.state()?.phase === 'running');
  await life.signal('TERM');
  assert.equal((await life.ended()).status, 0);
  assert.equal((await life.line({ event: 'stop-signal' })).signal, 'TERM');
});

prove('Another first word than run, ready and alive is refused with status 64.', start => each<Life>([{ args: ['go'] }, { args: [] }], async life => {
  assert.equal((await (await start({ ...life, foreign: /./ })).ended()).status, 64);
}));
