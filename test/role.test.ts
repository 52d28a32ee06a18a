import { Duration } from 'cdk8s';
import { Check, RoleProps } from 'cdk8s-sync-async';
import { toRole, toShared } from '../src/role';

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

describe('what both roles share', () => {
  const shared = toShared([{ name: 'model', command: ['serve'], ready: a, stopDelay: Duration.seconds(3), stopTimeout: Duration.seconds(60) }]);

  test('is a section of its own, with the checks of its processes', () => {
    expect(shared.arguments.slice(0, 2)).toEqual(['role=shared', 'process=model']);
    expect([shared.readiness, shared.liveness, shared.checks]).toEqual([[a], [], [a]]);
  });

  test('is stopped with each role', () => {
    expect(shared.stopSeconds).toBe(63);
    expect(toRole('async', { processes: [{ name: 'worker', command: ['1'] }] }, shared.processes).stopSeconds).toBe(63 + 30);
  });

  test.each([[{ processes: [] }], [{}]])('lets a role have no process of its own: %j', props => {
    expect(toRole('async', props, shared.processes)).toEqual(expect.objectContaining({ arguments: ['role=async'], readiness: [], stopSeconds: 63 }));
  });

  test('tells by its last process when the start of such a role is over', () => {
    expect(toRole('sync', { liveness: b }, shared.processes).liveness).toEqual([b]);
    expect(() => toRole('sync', { liveness: b }, toShared([{ name: 'model', command: ['serve'] }]).processes)).toThrow(new Error(
      '\'syncRole.liveness\' (b) must come with a \'ready\' check of the last process (model) in order to know when the start is over.'));
  });

  test.each<[string, () => unknown, string]>([
    ['nothing', () => toShared([]), '\'sharedProcesses\' ([]) must have at least one process in order for roles to share it. Leave it out where they share none.'],
    ['no list', () => toShared('model' as any), '\'sharedProcesses\' ("model") must be a list of processes in order to have an order.'],
    ['a broken process', () => toShared([{ name: 'model', command: [] }]), '\'sharedProcesses[0].command\' ([]) must be a list of words, the first of which names a program, in order to run something.'],
    ['the name of a process of a role', () => toRole('async', { processes: [{ name: 'worker', command: ['1'] }, { name: 'model', command: ['1'] }] }, shared.processes),
      '\'asyncRole.processes\' (model, worker, model, those of \'sharedProcesses\' first) must have different names in order to tell two processes called model apart.'],
    ['a number that changes meanwhile, in a command', () => toShared([{ name: 'model', command: ['serve', '--only=$(SYNC_INSTANCE)'] }]),
      '\'sharedProcesses\' ($(SYNC_INSTANCE)) must not use the number of synchronous pods in order to be right after a move: they go on when it changes. Use it in the processes of a role.'],
    ['a number that changes meanwhile, in a check', () => toShared([{ name: 'model', command: ['serve'], ready: Check.command(['test', '$(SYNC_INSTANCE)']) }]),
      '\'sharedProcesses\' ($(SYNC_INSTANCE)) must not use the number of synchronous pods in order to be right after a move: they go on when it changes. Use it in the processes of a role.'],
  ])('must not be %s', (_, make, message) => {
    expect(make).toThrow(new Error(message));
  });
});

describe('refused is', () => {
  test.each<[string, RoleProps, string]>([
    ['a role without processes', { processes: [] },
      '\'syncRole.processes\' ([]) must have at least one process in order for a pod to have something to do.'],
    ['a role without a list of processes', {} as any,
      '\'syncRole.processes\' (undefined) must have at least one process in order for a pod to have something to do.'],
    ['a prop that has no meaning', { processes: [{ name: 'x', command: ['1'] }], startup: 5 } as any, '\'syncRole.startup\' (5) must be one of processes, readiness, liveness in order to be heard.'],
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
