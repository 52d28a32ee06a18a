import { Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Split, SplitMove, SyncAsyncStatefulSetProps } from 'cdk8s-sync-async';
import { toPlan } from '../../src/private/plan';
import { SMALL } from '../manifest';

const plan = (props: Partial<SyncAsyncStatefulSetProps> = {}) => toPlan({ ...SMALL, ...props });
const ROLLOUT = { move: SplitMove.ROLLOUT };
const WITHOUT_SYNC = { syncRole: undefined };
const WITHOUT_ASYNC = { asyncRole: undefined };

describe('the roles that are needed', () => {
  test.each<[string, Partial<SyncAsyncStatefulSetProps>]>([
    ['the synchronous one alone without a split', { split: undefined, ...WITHOUT_ASYNC }],
    ['the synchronous one alone for all of all pods', { split: Split.share(3, 3), ...WITHOUT_ASYNC }],
    ['the synchronous one alone for a count of all replicas', { split: Split.count(3, ROLLOUT), ...WITHOUT_ASYNC }],
    ['the asynchronous one alone for a count of none', { split: Split.count(0, ROLLOUT), ...WITHOUT_SYNC }],
  ])('are %s', (_, props) => {
    expect(plan(props).roles).toHaveLength(1);
  });

  test.each<[string, Partial<SyncAsyncStatefulSetProps>, string]>([
    ['syncRole without a split', { split: undefined, ...WITHOUT_SYNC, ...WITHOUT_ASYNC },
      '\'syncRole\' (undefined) must be given in order for synchronous pods to have something to do: \'split\' is none, every pod is synchronous.'],
    ['syncRole for a share', { split: Split.share(1, 3), ...WITHOUT_SYNC },
      '\'syncRole\' (undefined) must be given in order for synchronous pods to have something to do: \'split\' is Split.share(1, 3).'],
    ['syncRole for a count that can be moved in place, even from 0', { split: Split.count(0), ...WITHOUT_SYNC },
      '\'syncRole\' (undefined) must be given in order for synchronous pods to have something to do: \'split\' is Split.count(0); its number can be moved to any other while the pods run.'],
    ['asyncRole for a count that can be moved in place, even from all', { split: Split.count(3), ...WITHOUT_ASYNC },
      '\'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do: \'split\' is Split.count(3); its number can be moved to any other while the pods run.'],
    ['asyncRole for a share', { split: Split.share(2, 3), ...WITHOUT_ASYNC },
      '\'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do: \'split\' is Split.share(2, 3).'],
    ['asyncRole for a part of the replicas', { split: Split.count(2, ROLLOUT), ...WITHOUT_ASYNC },
      '\'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do: \'split\' is Split.count(2).'],
    ['asyncRole for a count of replicas that an autoscaler decides', { split: Split.count(3, ROLLOUT), replicas: undefined, ...WITHOUT_ASYNC },
      '\'asyncRole\' (undefined) must be given in order for asynchronous pods to have something to do: \'split\' is Split.count(3).'],
  ])('are also %s', (_, props, message) => {
    expect(() => plan(props)).toThrow(new Error(message));
  });

  test('are those that are given beside what both share', () => {
    const shared = { sharedProcesses: [{ name: 'model', command: ['serve'] }] };
    const names = (props: Partial<SyncAsyncStatefulSetProps>) => plan({ ...shared, ...props }).roles.map(role => role.name);
    expect(names({})).toEqual(['shared', 'sync', 'async']);
    expect(names({ ...WITHOUT_SYNC })).toEqual(['shared', 'async']);
    expect(names({ ...WITHOUT_ASYNC })).toEqual(['shared', 'sync']);
    expect(names({ ...WITHOUT_SYNC, ...WITHOUT_ASYNC, split: undefined })).toEqual(['shared']);
  });

  test('are not the asynchronous one without a split', () => {
    expect(() => plan({ split: undefined })).toThrow(new Error(
      '\'asyncRole\' (worker) must come with a \'split\' in order for some pods to have it.'));
  });
});

describe('the number of replicas', () => {
  test.each([-1, 0.5, NaN, 1000000])('is refused when it is %p', replicas => {
    expect(() => plan({ replicas })).toThrow(new Error(
      `'replicas' (${replicas}) must be a whole number from 0 to 999999 in order to be a number of pods.`));
  });

  test('is refused when it is below the number of synchronous pods', () => {
    expect(() => plan({ replicas: 3, split: Split.count(4) })).toThrow(new Error(
      '\'split\' (Split.count(4)) must be at most \'replicas\' (3) in order for every synchronous pod to exist.'));
  });

  test('is refused when it is below the most that a demand can ask for', () => {
    expect(() => plan({ replicas: 3, split: Split.between(1, 4, { demand: ['ask'] }) })).toThrow(new Error(
      '\'split\' (Split.between(1, 4)) must be at most \'replicas\' (3) in order for every synchronous pod to exist.'));
  });

  test('may be the number of synchronous pods', () => {
    expect(() => plan({ replicas: 4, split: Split.count(4) })).not.toThrow();
  });

  test('may be anything for a share', () => {
    expect(() => plan({ replicas: 0, split: Split.share(9, 10) })).not.toThrow();
  });
});

describe('the grace period', () => {
  const slow = { processes: [{ name: 'a', command: ['a'], stopDelay: Duration.seconds(10) }, { name: 'b', command: ['b'], stopTimeout: Duration.minutes(2) }] };

  test('is by default what the slower role needs, and five seconds', () => {
    expect(plan().terminationGracePeriod.toSeconds()).toBe(35);
    expect(plan({ asyncRole: slow }).terminationGracePeriod.toSeconds()).toBe(10 + 30 + 120 + 5);
    expect(plan({ syncRole: slow }).terminationGracePeriod.toSeconds()).toBe(10 + 30 + 120 + 5);
    expect(plan({ syncRole: slow, sharedProcesses: slow.processes!.map(each => ({ ...each, name: `shared-${each.name}` })) }).terminationGracePeriod.toSeconds()).toBe(2 * 160 + 5);
  });

  test('may be longer', () => {
    expect(plan({ terminationGracePeriod: Duration.hours(1) }).terminationGracePeriod.toSeconds()).toBe(3600);
    expect(plan({ terminationGracePeriod: Duration.seconds(35) }).terminationGracePeriod.toSeconds()).toBe(35);
  });

  test('is refused when it is shorter', () => {
    expect(() => plan({ asyncRole: slow, terminationGracePeriod: Duration.seconds(164) })).toThrow(new Error(
      '\'terminationGracePeriod\' (164 seconds) must be at least 165 seconds in order for the async role to stop: the sum of its stop delays and stop timeouts is 160, and 5 more.'));
    expect(() => plan({ asyncRole: slow, sharedProcesses: [{ name: 'model', command: ['serve'] }], terminationGracePeriod: Duration.seconds(194) })).toThrow(new Error(
      '\'terminationGracePeriod\' (194 seconds) must be at least 195 seconds in order for the async role to stop: the sum of its stop delays and stop timeouts, with those of the shared processes, is 190, and 5 more.'));
  });

  test('is refused with a fraction of a second', () => {
    expect(() => plan({ terminationGracePeriod: Duration.millis(90500) })).toThrow('\'terminationGracePeriod\' (1 minute 30 seconds) must be whole seconds');
  });

  test('has to be given with a preStop hook', () => {
    const lifecycle = { preStop: kplus.Handler.fromCommand(['sleep', '5']) };

    expect(() => plan({ lifecycle })).toThrow(new Error(
      '\'lifecycle.preStop\' must come with an explicit \'terminationGracePeriod\' of more than 35 seconds in order to leave the processes their time: the hook runs before they are stopped, and within that period.'));
    expect(() => plan({ lifecycle, terminationGracePeriod: Duration.seconds(35) })).toThrow('of more than 35 seconds');
    expect(() => plan({ lifecycle, terminationGracePeriod: Duration.seconds(36) })).not.toThrow();
    expect(() => plan({ lifecycle: { postStart: kplus.Handler.fromCommand(['true']) } })).not.toThrow();
  });
});

describe('the user 0', () => {
  const message = (prop: string) => new Error(`'${prop}.user' (0) must come with 'runAsRoot' in order for the kubelet to start the container.`);

  test('is refused without runAsRoot', () => {
    expect(() => plan({ containerSecurityContext: { user: 0 } })).toThrow(message('containerSecurityContext'));
    expect(() => plan({ securityContext: { user: 0 } })).toThrow(message('securityContext'));
    expect(() => plan({ securityContext: { user: 0 }, containerSecurityContext: { readOnlyRootFilesystem: false } })).toThrow(message('securityContext'));
  });

  test('is taken with runAsRoot, and where the container has another user', () => {
    expect(() => plan({ runAsRoot: true, containerSecurityContext: { user: 0 } })).not.toThrow();
    expect(() => plan({ runAsRoot: true, securityContext: { user: 0 } })).not.toThrow();
    expect(() => plan({ securityContext: { user: 0 }, containerSecurityContext: { user: 1000 } })).not.toThrow();
    expect(() => plan({ containerSecurityContext: { user: 0, ensureNonRoot: false } })).not.toThrow();
  });
});

test('a privileged container is refused without the escalation that it implies', () => {
  expect(() => plan({ containerSecurityContext: { privileged: true } })).toThrow(new Error(
    '\'containerSecurityContext.privileged\' (true) must come with \'allowPrivilegeEscalation: true\' in order for Kubernetes to take it.'));
  expect(() => plan({ containerSecurityContext: { privileged: true, allowPrivilegeEscalation: true } })).not.toThrow();
});

describe('SETUID without KILL', () => {
  const { SETUID, SETGID, SYS_ADMIN, CHOWN, KILL } = kplus.Capability;
  const ALL = 'ALL' as kplus.Capability; // cdk8s-plus-27 has no name for it
  const rooted = (capabilities?: kplus.ContainerSecutiryContextCapabilities, context: kplus.ContainerSecurityContextProps = {}) =>
    () => plan({ runAsRoot: true, containerSecurityContext: { ...context, capabilities } });
  const message = (value: string) => new Error(
    `'containerSecurityContext.capabilities' (${value}) must have KILL beside SETUID in order for the entrypoint to stop a process that has changed its user: without KILL, root can signal only root's processes. Add KILL, or let the container start as that user, with 'user' instead of SETUID.`);

  test.each<[kplus.ContainerSecutiryContextCapabilities, string]>([
    [{ add: [SETUID, SETGID] }, 'add SETUID, SETGID; drop ALL'],
    [{ add: [SETUID] }, 'add SETUID; drop ALL'],
    [{ add: [SETUID, SETGID, SYS_ADMIN] }, 'add SETUID, SETGID, SYS_ADMIN; drop ALL'],
    [{ add: [SETUID, SETGID], drop: [ALL] }, 'add SETUID, SETGID; drop ALL'],
    [{ add: [SETUID, SETGID, KILL], drop: [KILL] }, 'add SETUID, SETGID, KILL; drop KILL'],
    [{ drop: [KILL] }, 'drop KILL'], // the runtime gives both by default
    [{ add: [ALL], drop: [KILL] }, 'add ALL; drop KILL'],
  ])('is refused in %j', (capabilities, value) => {
    expect(rooted(capabilities)).toThrow(message(value));
  });

  test.each<[kplus.ContainerSecutiryContextCapabilities | undefined]>([
    [undefined],
    [{}],
    [{ add: [SETUID, SETGID, KILL] }],
    [{ add: [SETGID] }], // a signal asks for users, not for groups
    [{ add: [SYS_ADMIN] }],
    [{ drop: [] }],
    [{ drop: [CHOWN] }],
    [{ add: [SETUID], drop: [CHOWN] }],
    [{ drop: [KILL, SETUID] }],
    [{ add: [ALL] }], // and the library's own `drop: [ALL]`, which runtimes do after it
    [{ add: [ALL], drop: [] }],
  ])('is not what %j is', capabilities => {
    expect(rooted(capabilities)).not.toThrow();
  });

  test('is refused for root, however it is said', () => {
    const capabilities = { add: [SETUID, SETGID] };

    expect(rooted(capabilities, { user: 0 })).toThrow(message('add SETUID, SETGID; drop ALL'));
    expect(() => plan({ containerSecurityContext: { ensureNonRoot: false, capabilities } })).toThrow(message('add SETUID, SETGID; drop ALL'));
    expect(() => plan({ runAsRoot: true, securityContext: { user: 0 }, containerSecurityContext: { capabilities } })).toThrow(message('add SETUID, SETGID; drop ALL'));
  });

  test('is taken for other users, who get no capability by it, and in a privileged container, which has all', () => {
    const capabilities = { add: [SETUID, SETGID] };

    expect(() => plan({ containerSecurityContext: { capabilities } })).not.toThrow();
    expect(rooted(capabilities, { user: 1000 })).not.toThrow();
    expect(() => plan({ runAsRoot: true, securityContext: { user: 1000 }, containerSecurityContext: { capabilities } })).not.toThrow();
    expect(rooted(capabilities, { privileged: true, allowPrivilegeEscalation: true })).not.toThrow();
  });
});

describe('callers without types', () => {
  test('are told of a missing image when they give nothing', () => {
    expect(() => toPlan(undefined as any)).toThrow(new Error('\'image\' (undefined) must name a container image, without blanks around it, in order for pods to run it.'));
  });

  test('are told of a split and a GPU that are none', () => {
    expect(() => plan({ split: 4 as any })).toThrow(new Error('\'split\' (4) must be a Split, such as Split.count(4), in order to be understood.'));
    expect(() => plan({ gpu: 1 as any })).toThrow(new Error('\'gpu\' (1) must be a Gpu, such as Gpu.nvidia(), in order to be understood.'));
  });

  test('are told of roles without processes', () => {
    expect(() => plan({ syncRole: {} as any })).toThrow('\'syncRole.processes\' (undefined) must have at least one process');
    expect(() => plan({ split: undefined, asyncRole: {} as any })).toThrow('\'asyncRole\' (undefined) must come with a \'split\'');
  });
});

test.each(['', ' ', 'app:1\n', ' app:1', 5])('the image %j is refused', image => {
  expect(() => plan({ image: image as any })).toThrow(new Error(
    `'image' (${JSON.stringify(image)}) must name a container image, without blanks around it, in order for pods to run it.`));
});

test('a working directory that is no absolute path is refused', () => {
  expect(() => plan({ workingDir: 'app' })).toThrow(new Error('\'workingDir\' (app) must be an absolute path in order for processes to start there.'));
  expect(() => plan({ workingDir: '/app' })).not.toThrow();
});

test('a mount of nothing is refused', () => {
  expect(() => plan({ volumeMounts: [{ path: '/models' } as any] })).toThrow(new Error(
    '\'volumeMounts[0].volume\' (undefined) must be a Volume, such as Volume.fromEmptyDir(...), in order to be mounted at /models.'));
});

test.each([kplus.RestartPolicy.NEVER, kplus.RestartPolicy.ON_FAILURE])('the restart policy %s is refused', restartPolicy => {
  expect(() => plan({ restartPolicy })).toThrow(new Error(`'restartPolicy' (${restartPolicy}) must be Always in order to be that of a StatefulSet.`));
});

test.each(['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', 'SYNC_ASYNC_ROLE', 'POD_ORDINAL', 'SYNC_ASYNC_SPAWN'])('the variable %s is refused', name => {
  expect(() => plan({ envVariables: { [name]: kplus.EnvValue.fromValue('x') } })).toThrow(new Error(
    `'envVariables' (${name}) must not be set in order for the entrypoint to know its pod; reserved are POD_NAME, INSTANCE, SYNC_INSTANCE, SYNC_ASYNC_ROLE, POD_ORDINAL, SYNC_ASYNC_SPAWN.`));
});

test.each(['discovery.type', 'my-var', '1ST', '', 'A=', '_name'])('the variable %j is refused, which some shell would not pass on', name => {
  expect(() => plan({ envVariables: { [name]: kplus.EnvValue.fromValue('x') } })).toThrow(new Error(
    `'envVariables' (${name}) must be letters, digits and underscores, and not begin with a digit or with an underscore and a lower case letter, in order for every shell to pass it on.`));
});

test.each(['_JAVA_OPTIONS', '__CUDA', 'a', 'x_1'])('the variable %s is taken', name => {
  expect(() => plan({ envVariables: { [name]: kplus.EnvValue.fromValue('x') } })).not.toThrow();
});

test.each(['3', null, 3])('%j as the value of a variable is refused', value => {
  expect(() => plan({ envVariables: { A: value as any } })).toThrow(new Error(
    `'envVariables' (A: ${JSON.stringify(value)}) must be an EnvValue, such as EnvValue.fromValue('...'), in order to have a value.`));
});

test.each(['POD_ORDINAL', 'SYNC_ASYNC_ROLE', 'SYNC_ASYNC_SPAWN'])('a variable made of $(%s) is refused, which the kubelet does not know', name => {
  const made = (value: string) => () => plan({ envVariables: { ID: kplus.EnvValue.fromValue(value) } });

  expect(made(`w-$(${name})`)).toThrow(new Error(
    `'envVariables' (ID) must not use $(${name}) in order to be what it says: the kubelet does not know this variable.`));
  expect(made(`w-$$(${name})`)).not.toThrow();
  expect(made('w-$(POD_NAME)')).not.toThrow();
});

describe('PATH', () => {
  const path = (value: string) => () => plan({ envVariables: { PATH: kplus.EnvValue.fromValue(value) } });

  test.each(['/opt/venv/bin:$PATH', '/opt/venv/bin:${PATH}', '$HOME/bin:/bin', '/opt/venv/bin:$$PATH', '/opt/venv/bin:$$(PATH)', '/bin:$', '/bin:$(PATH'])('is refused as %s, which nobody would expand', value => {
    expect(path(value)).toThrow(new Error(
      `'envVariables' (PATH: ${value}) must not end up with a $ in it in order to be a list of directories: no shell reads it, and the kubelet knows only $(NAME) of variables before it, not the image's own PATH. Write the whole path out, or use ['sh', '-c', 'PATH=/my/bin:$PATH exec ...'] as command.`));
  });

  test.each(['/opt/venv/bin:/usr/bin:/bin', '$(PREFIX)/bin:/bin', '', '/~tmp:/bin'])('is taken as %j', value => {
    expect(path(value)).not.toThrow();
  });

  test('is taken from elsewhere, where its value is not known', () => {
    const secret = kplus.Secret.fromSecretName(Testing.chart(), 'S', 'secret');

    expect(() => plan({ envVariables: { PATH: kplus.EnvValue.fromSecretValue({ secret, key: 'path' }) } })).not.toThrow();
  });

  test('alone is looked at: a $ means something to others', () => {
    expect(() => plan({ envVariables: { PASSWORD: kplus.EnvValue.fromValue('pa$$word$'), PYTHONPATH: kplus.EnvValue.fromValue('/app:$PYTHONPATH') } })).not.toThrow();
  });
});
