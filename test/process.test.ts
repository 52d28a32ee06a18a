import { Duration } from 'cdk8s';
import { Check, ForwardSignal, ProcessProps, Restart, StopSignal } from 'cdk8s-sync-async';
import { toProcess } from '../src/process';

const process = (props: Partial<ProcessProps> = {}) => toProcess('syncRole.processes[0]', { name: 'server', command: ['serve'], ...props });

describe('the arguments of a process', () => {
  test('tell the defaults', () => {
    expect(process().arguments).toEqual([
      'process=server', 'stop-delay=0', 'stop-signal=TERM', 'stop-timeout=30', 'restart=never', 'command=1', 'serve',
    ]);
  });

  test('tell everything that was given, the command last', () => {
    const { arguments: words } = process({
      command: ['python', 'server.py', '--port', '50051'],
      ready: Check.command(['grpc_health_probe', '-addr=:50051']),
      startTimeout: Duration.minutes(20),
      stopDelay: Duration.seconds(5),
      stopSignal: StopSignal.QUIT,
      stopTimeout: Duration.hours(1),
      restart: Restart.ALWAYS,
      forwardSignals: [ForwardSignal.HUP, ForwardSignal.USR1],
    });

    expect(words).toEqual([
      'process=server', 'start-timeout=1200', 'stop-delay=5', 'stop-signal=QUIT', 'stop-timeout=3600', 'restart=always', 'forward=HUP,USR1',
      'ready=2', 'grpc_health_probe', '-addr=:50051',
      'command=4', 'python', 'server.py', '--port', '50051',
    ]);
  });

  test('give a ready check ten minutes by default', () => {
    expect(process({ ready: Check.command(['true']) }).arguments).toContain('start-timeout=600');
  });

  test('keep every word as it is', () => {
    const command = ['sh', '-c', 'echo "$1" \'$(POD_NAME)\'\n# two lines', '', 'command=3', 'ä; rm -rf /'];

    expect(process({ command }).arguments.slice(-7)).toEqual(['command=6', ...command]);
  });

  test('name a signal to be forwarded once', () => {
    expect(process({ forwardSignals: [ForwardSignal.HUP, ForwardSignal.HUP] }).arguments).toContain('forward=HUP');
  });

  test('leave out an empty list of signals', () => {
    expect(process({ forwardSignals: [] }).arguments.filter(word => word.startsWith('forward'))).toEqual([]);
  });
});

test('the stop of a process lasts as long as its delay and its timeout', () => {
  expect(process({ stopDelay: Duration.seconds(5), stopTimeout: Duration.seconds(40) }).stopSeconds).toBe(45);
});

test('every stop signal and every forwarded signal is taken', () => {
  for (const stopSignal of Object.values(StopSignal)) {
    expect(process({ stopSignal }).arguments).toContain(`stop-signal=${stopSignal}`);
  }
  expect(process({ forwardSignals: Object.values(ForwardSignal) }).arguments).toContain('forward=HUP,USR1,USR2,WINCH');
});

describe('refused is', () => {
  test.each([
    ['an empty name', ''],
    ['a name with capitals', 'Server'],
    ['a name with a blank', 'the server'],
    ['a name with a dash at its end', 'server-'],
    ['a name of 64 characters', 'a'.repeat(64)],
    ['a name with a second line', 'server\nx'],
  ])('%s', (_, name) => {
    expect(() => process({ name })).toThrow(new Error(
      `'syncRole.processes[0].name' (${name}) must be a DNS label (lower case letters, digits and inner dashes, at most 63) in order to name it in logs and arguments.`));
  });

  test('an empty command', () => {
    expect(() => process({ command: [] })).toThrow(new Error(
      '\'syncRole.processes[0].command\' ([]) must be a list of words, the first of which names a program, in order to run something.'));
  });

  test('a command that uses what only the entrypoint knows', () => {
    expect(() => process({ command: ['serve', '$(POD_ORDINAL)'] })).toThrow('\'syncRole.processes[0].command\' (serve $(POD_ORDINAL)) must not use $(POD_ORDINAL)');
  });

  test('a command that begins with a variable', () => {
    expect(() => process({ command: ['A=b', 'serve'] })).toThrow('\'syncRole.processes[0].command\' (A=b) must begin with a program');
  });

  test('a ready check that is none', () => {
    expect(() => process({ ready: ['x'] as any })).toThrow(new Error(
      '\'syncRole.processes[0].ready\' (["x"]) must be a Check, such as Check.command([\'true\']), in order to be understood.'));
  });

  test('a duration that is none', () => {
    expect(() => process({ stopTimeout: 30 as any })).toThrow(new Error(
      '\'syncRole.processes[0].stopTimeout\' (30) must be a Duration, such as Duration.seconds(30), in order to have a unit.'));
  });

  test('a process without a name', () => {
    expect(() => process({ name: undefined })).toThrow('\'syncRole.processes[0].name\' (undefined) must be a DNS label');
  });

  test('a prop that has no meaning, unless it has no value', () => {
    expect(() => process({ stop_delay: Duration.seconds(5) } as any)).toThrow(new Error(
      '\'syncRole.processes[0].stop_delay\' (Duration) must be one of name, command, ready, startTimeout, stopSignal, stopTimeout, stopDelay, restart, forwardSignals in order to be heard.'));
    expect(() => process({ stop_delay: undefined } as any)).not.toThrow();
  });

  test.each(['KILL', 'STOP', 'SIGTERM', '15', ''])('%s as a stop signal', signal => {
    expect(() => process({ stopSignal: signal as StopSignal })).toThrow(new Error(
      `'syncRole.processes[0].stopSignal' (${signal}) must be one of TERM, INT, QUIT, HUP, USR1, USR2, WINCH in order for the process to handle it.`));
  });

  test.each(['TERM', 'KILL', 'hup'])('%s as a forwarded signal', signal => {
    expect(() => process({ forwardSignals: [signal as ForwardSignal] })).toThrow(new Error(
      `'syncRole.processes[0].forwardSignals' (${signal}) must be one of HUP, USR1, USR2, WINCH in order to be passed on.`));
  });

  test('an unknown restart', () => {
    expect(() => process({ restart: 'on-failure' as Restart })).toThrow(new Error(
      '\'syncRole.processes[0].restart\' (on-failure) must be one of never, always in order to know what to do when the process ends.'));
  });

  test('a start timeout without a ready check', () => {
    expect(() => process({ startTimeout: Duration.minutes(1) })).toThrow(new Error(
      '\'syncRole.processes[0].startTimeout\' (1 minute) must come with a \'ready\' check in order to have something to wait for.'));
  });

  test.each([
    ['startTimeout', Duration.millis(1500), '1 second 500 millis', 1],
    ['startTimeout', Duration.seconds(0), '0 seconds', 1],
    ['stopDelay', Duration.seconds(0.5), '500 millis', 0],
    ['stopTimeout', Duration.seconds(0), '0 seconds', 1],
    ['stopTimeout', Duration.seconds(1000000), '11 days 13 hours', 1],
  ])('%s of %p', (prop, duration, shown, min) => {
    expect(() => process({ ready: Check.command(['true']), [prop]: duration })).toThrow(new Error(
      `'syncRole.processes[0].${prop}' (${shown}) must be whole seconds from ${min} to 999999 in order to be counted by a shell.`));
  });
});
