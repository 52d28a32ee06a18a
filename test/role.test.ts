import { Duration } from 'cdk8s';
import { Check, RoleProps } from 'cdk8s-sync-async';
import { toRole } from '../src/role';

const [a, b, c] = ['a', 'b', 'c'].map(name => Check.command([name]));

test('the processes follow each other in their order', () => {
  const { arguments: words } = toRole('async', { processes: [{ name: 'one', command: ['1'] }, { name: 'two', command: ['2'] }] });

  expect(words[0]).toBe('role=async');
  expect(words.filter(word => word.startsWith('process='))).toEqual(['process=one', 'process=two']);
});

test('a role is ready when all its processes are', () => {
  const { readiness } = toRole('sync', { processes: [{ name: 'one', command: ['1'], ready: a }, { name: 'two', command: ['2'] }, { name: 'three', command: ['3'], ready: b }] });

  expect(readiness).toEqual([a, b]);
});

test('a readiness of the role takes the place of those of its processes', () => {
  expect(toRole('sync', { processes: [{ name: 'one', command: ['1'], ready: a }], readiness: c }).readiness).toEqual([c]);
});

test('a role without checks has none', () => {
  const role = toRole('sync', { processes: [{ name: 'one', command: ['1'] }] });

  expect([role.readiness, role.liveness, role.checks]).toEqual([[], [], []]);
});

test('all checks of a role are known', () => {
  const role = toRole('sync', { processes: [{ name: 'one', command: ['1'], ready: a }], readiness: b, liveness: c });

  expect(role.liveness).toEqual([c]);
  expect(role.checks).toEqual([b, c, a]);
});

test('the stop of a role lasts as long as those of its processes, one after another', () => {
  const { stopSeconds } = toRole('sync', {
    processes: [
      { name: 'server', command: ['1'], stopDelay: Duration.seconds(5) },
      { name: 'registrar', command: ['2'], stopTimeout: Duration.seconds(10) },
    ],
  });

  expect(stopSeconds).toBe(5 + 30 + 10);
});

describe('refused is', () => {
  test.each<[string, RoleProps, string]>([
    ['a role without processes', { processes: [] },
      '\'syncRole.processes\' ([]) must have at least one process in order for a pod to have something to do.'],
    ['a role without a list of processes', {} as any,
      '\'syncRole.processes\' (undefined) must have at least one process in order for a pod to have something to do.'],
    ['a readiness that is no check', { processes: [{ name: 'x', command: ['1'] }], readiness: 'x' as any },
      '\'syncRole.readiness\' ("x") must be a Check, such as Check.command([\'true\']), in order to be understood.'],
    ['a liveness that is no check', { processes: [{ name: 'x', command: ['1'] }], liveness: {} as any },
      '\'syncRole.liveness\' ({}) must be a Check, such as Check.command([\'true\']), in order to be understood.'],
    ['a name that repeats', { processes: [{ name: 'x', command: ['1'] }, { name: 'y', command: ['2'] }, { name: 'x', command: ['3'] }] },
      '\'syncRole.processes\' (x, y, x) must have different names in order to tell two processes called x apart.'],
    ['a liveness without a ready check of the last process', { processes: [{ name: 'x', command: ['1'], ready: a }, { name: 'y', command: ['2'] }], liveness: b },
      '\'syncRole.liveness\' (b) must come with a \'ready\' check of the last process (y) in order to know when the start is over.'],
  ])('%s', (_, props, message) => {
    expect(() => toRole('sync', props)).toThrow(new Error(message));
  });

  test('a process, under the name that its user gave it', () => {
    expect(() => toRole('async', { processes: [{ name: 'x', command: ['1'] }, { name: 'y', command: [] }] }))
      .toThrow('\'asyncRole.processes[1].command\' ([]) must be');
  });
});
