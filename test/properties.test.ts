/**
 * Whatever the props: either a manifest that Kubernetes takes, and that says what the props say, or an error that names a prop.
 */
import { App, Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import {
  Check, ForwardSignal, Gpu, ProcessProps, QueueTrigger, Restart, RoleProps, Rollout, Split, SplitMove, StopSignal,
  SyncAsyncStatefulSet, SyncAsyncStatefulSetProps,
} from 'cdk8s-sync-async';
import * as fc from 'fast-check';
import { manifestWithoutScript } from './manifest';
import { validate } from './schema';

const RUNS = 2000;

/** Props as a recipe: checks, splits and the like refuse bad values when they are made. */
type Recipe<T> = () => T;

const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 150, arbitrary: good }, { weight: 1, arbitrary: bad });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const lazily = <T, U>(arbitrary: fc.Arbitrary<T>, make: (value: T) => U): fc.Arbitrary<Recipe<U>> => arbitrary.map(value => () => make(value));

const word = fc.string({ unit: 'grapheme', maxLength: 12 });
const words = mostly(
  fc.array(word, { minLength: 1, maxLength: 4 }).filter(([first]) => /^[^-=][^=]*$/.test(first)),
  fc.constantFrom<string[]>([], [''], 'sleep 5' as any),
);
const check = lazily(words, command => Check.command(command));
const number = (max: number) => mostly(fc.integer({ min: 0, max }), fc.constantFrom(-1, 0.5, NaN, 1e9));
const duration = (min: number) => mostly(
  fc.oneof(fc.integer({ min, max: 900 }).map(Duration.seconds), fc.integer({ min: 1, max: 60 }).map(Duration.minutes)),
  fc.constantFrom(Duration.millis(1500), Duration.seconds(0), Duration.days(1000)),
);
const label = mostly(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/), fc.constantFrom('', 'A', 'a b', '-'));

const process: fc.Arbitrary<Recipe<ProcessProps>> = lazily(fc.record({
  name: label,
  command: words,
  ready: optional(check),
  startTimeout: optional(duration(1)),
  stopDelay: optional(duration(0)),
  stopSignal: optional(mostly(fc.constantFrom(...Object.values(StopSignal)), fc.constant('KILL' as StopSignal))),
  stopTimeout: optional(duration(1)),
  restart: optional(fc.constantFrom(...Object.values(Restart))),
  forwardSignals: optional(fc.array(fc.constantFrom(...Object.values(ForwardSignal)))),
}), props => ({ ...props, ready: props.ready?.(), startTimeout: props.ready && props.startTimeout }));

const role: fc.Arbitrary<Recipe<RoleProps>> = lazily(fc.record({
  processes: mostly(fc.array(process, { minLength: 1, maxLength: 3 }), fc.constant<Recipe<ProcessProps>[]>([])),
  readiness: optional(check),
  liveness: fc.option(check, { nil: undefined, freq: 4 }),
}), props => ({ processes: props.processes.map(make => make()), readiness: props.readiness?.(), liveness: props.liveness?.() }));

const split: fc.Arbitrary<Recipe<Split>> = fc.oneof(
  lazily(fc.tuple(number(8), optional(fc.constantFrom(...Object.values(SplitMove)))), ([sync, move]) => Split.count(sync, { move })),
  lazily(
    fc.tuple(fc.integer({ min: 1, max: 10 }), mostly(fc.integer({ min: 10, max: 1000 }), fc.constant(1001))),
    ([sync, of]) => Split.share(sync, of),
  ),
  lazily(fc.tuple(number(4), mostly(fc.integer({ min: 4, max: 8 }), fc.constant(0)), words, optional(duration(0))),
    ([min, max, demand, stabilizationWindow]) => Split.between(min, max, { demand, stabilizationWindow })),
);

const gpu: fc.Arbitrary<Recipe<Gpu>> = fc.oneof(
  fc.constant(() => Gpu.none()),
  lazily(mostly(fc.integer({ min: 1, max: 16 }), fc.constantFrom(0, 1.5)), count => Gpu.nvidia(count)),
  lazily(mostly(fc.constantFrom('1g.5gb', '3g.20gb'), fc.constant('big')), profile => Gpu.mig(profile, 2, { runtimeClassName: 'nvidia' })),
  lazily(mostly(fc.constantFrom('amd.com/gpu', 'gpu.intel.com/i915'), fc.constant('gpu')), resource => Gpu.of(resource, 3, { nodeSelector: { a: 'b' } })),
);

const ports: fc.Arbitrary<kplus.ContainerPort[]> = fc.uniqueArray(
  fc.record({
    name: fc.option(mostly(fc.stringMatching(/^[a-z]{1,15}$/), fc.constantFrom('', 'A')), { nil: undefined, freq: 12 }),
    number: mostly(fc.integer({ min: 1, max: 65535 }), fc.constant(0)),
  }),
  { maxLength: 3, selector: port => port.number },
).filter(list => new Set(list.map(port => port.name ?? port.number)).size === list.length);

const variable = mostly(fc.stringMatching(/^[A-Z][A-Z_]{0,8}$/), fc.constantFrom('POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', 'SYNC_ASYNC_ROLE', 'POD_ORDINAL', 'SYNC_ASYNC_SPAWN'));
const mount = mostly(
  fc.constantFrom('/models', '/tmp', '/tmp/x', '/cache', '/var/lib/x'),
  fc.constantFrom('/run/sync-async', '/etc/sync-async/values/', '/models/', '/cache/'),
);

const claims = fc.uniqueArray(
  fc.record({ name: label, path: mostly(fc.constantFrom('/claimed/a', '/claimed/b'), mount), mebibytes: mostly(fc.integer({ min: 1, max: 9999 }), fc.constant(0)) }),
  { maxLength: 2, selector: claim => claim.path },
);

const props: fc.Arbitrary<(chart: Chart) => SyncAsyncStatefulSetProps> = fc.record({
  name: optional(mostly(fc.stringMatching(/^[a-z][a-z0-9]{0,40}$/), fc.constant('a'.repeat(53)))),
  image: mostly(fc.constantFrom('ocr', 'registry.example.com/ocr:1.4.2'), fc.constant('')),
  replicas: optional(number(20)),
  autoscaled: fc.boolean(),
  split: optional(split),
  sharedProcesses: fc.option(fc.array(process, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 4 }),
  syncRole: mostly(role, fc.constant(() => undefined as any)),
  asyncRole: mostly(role, fc.constant(() => undefined as any)),
  gpu: optional(gpu),
  ports: optional(ports),
  env: fc.dictionary(variable, word, { maxKeys: 3 }),
  mounts: fc.uniqueArray(mount, { maxLength: 3 }),
  sharedMemory: optional(mostly(fc.integer({ min: 1, max: 99 }).map(Size.mebibytes), fc.constant(Size.kibibytes(1)))),
  grace: fc.option(fc.constantFrom(...[60, 600, 6000, 60000].map(Duration.seconds)), { nil: undefined, freq: 1 }),
  readOnlyRootFilesystem: optional(fc.boolean()),
  runAsRoot: optional(fc.boolean()),
  claims,
  roleLabel: fc.option(fc.constant({}), { nil: undefined, freq: 1 }),
  rollout: fc.option(fc.constantFrom(Rollout.toAll(), Rollout.asyncFirst(), Rollout.canary(1)), { nil: undefined, freq: 1 }),
  sidecar: fc.option(mostly(fc.constant('sidecar'), fc.constant('main')), { nil: undefined, freq: 3 }),
}).map(recipe => chart => ({
  metadata: { name: recipe.name },
  image: recipe.image,
  replicas: recipe.replicas,
  split: recipe.split?.(),
  sharedProcesses: recipe.sharedProcesses?.map(each => each()),
  syncRole: recipe.syncRole(),
  asyncRole: recipe.split ? recipe.asyncRole() : undefined,
  gpu: recipe.gpu?.(),
  ports: recipe.ports,
  envVariables: Object.fromEntries(Object.entries(recipe.env).map(([name, value]) => [name, kplus.EnvValue.fromValue(value)])),
  volumeMounts: recipe.mounts.map((path, i) => ({ path, volume: kplus.Volume.fromEmptyDir(chart, `V${i}`, `v${i}`) })),
  volumeClaims: recipe.claims.map(({ name, path, mebibytes }) => ({ name: `c-${name}`, path, size: Size.mebibytes(mebibytes) })),
  roleLabel: recipe.roleLabel,
  rollout: recipe.rollout,
  sharedMemory: recipe.sharedMemory,
  terminationGracePeriod: recipe.grace,
  containerSecurityContext: { readOnlyRootFilesystem: recipe.readOnlyRootFilesystem },
  runAsRoot: recipe.runAsRoot,
  containers: recipe.sidecar ? [{ name: recipe.sidecar, image: 'sidecar' }] : undefined,
}));

/** What is called on a set that has been made, where it fits, or now and then blindly. */
const calls = fc.record({
  blindly: mostly(fc.constant(false), fc.constant(true)),
  expose: fc.boolean(),
  budgets: fc.option(fc.record({ syncMinAvailable: optional(number(1)), asyncMinAvailable: optional(number(1)) }), { nil: undefined, freq: 1 }),
  workers: fc.option(number(5), { nil: undefined, freq: 1 }),
}).map(({ blindly, expose, budgets, workers }) => (given: SyncAsyncStatefulSetProps) => ({
  expose: expose && (blindly || (given.roleLabel !== undefined && (given.ports ?? []).length > 0)),
  budgets: blindly || Object.values(budgets ?? {}).some(each => each !== undefined) ? budgets : undefined,
  workers: blindly || given.split?._most !== undefined ? workers : undefined,
}));

/** Reads a command line as the entrypoint does. */
function parse(args: string[]): { [key: string]: any }[] {
  const records: { [key: string]: any }[] = [{}];
  for (let i = 0; i < args.length; i++) {
    const [key, ...rest] = args[i].split('=');
    const value = rest.join('=');
    if (key === 'role' || key === 'process') {
      records.push({});
    }
    const counted = ['command', 'ready', 'check', 'demand'].includes(key);
    records[records.length - 1][key] = counted ? args.slice(i + 1, i + 1 + Number(value)) : value;
    i += counted ? Number(value) : 0;
  }
  return records;
}

/** What a role must look like on a command line. */
function written(name: string, { processes }: RoleProps): { [key: string]: any }[] {
  return [{ role: name }, ...processes!.map(each => ({
    'process': each.name,
    ...each.ready ? { 'ready': each.ready._words(), 'start-timeout': String((each.startTimeout ?? Duration.minutes(10)).toSeconds()) } : {},
    'stop-delay': String((each.stopDelay ?? Duration.seconds(0)).toSeconds()),
    'stop-signal': each.stopSignal ?? 'TERM',
    'stop-timeout': String((each.stopTimeout ?? Duration.seconds(30)).toSeconds()),
    'restart': each.restart ?? 'never',
    ...each.forwardSignals?.length ? { forward: [...new Set(each.forwardSignals)].join(',') } : {},
    'command': each.command,
  }))];
}

test('whatever the props, there is a manifest that Kubernetes takes, or an error that names a prop', () => {
  const outcomes = { made: 0, refused: 0 };
  fc.assert(fc.property(props, calls, (make, choose) => {
    const chart = new Chart(new App(), 'test');
    let given: SyncAsyncStatefulSetProps;
    let objects: any[];
    let chosen: ReturnType<typeof choose>;
    try {
      given = make(chart);
      chosen = choose(given);
      if (chosen.workers !== undefined) given = { ...given, replicas: undefined };
      const set = new SyncAsyncStatefulSet(chart, 'ocr', given);
      if (chosen.workers !== undefined) set.scaleAsync({ queue: QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379' }), jobsPerWorker: 5, maxWorkers: chosen.workers });
      if (chosen.budgets) set.addDisruptionBudgets(chosen.budgets);
      if (chosen.expose) set.exposeSyncViaService();
      objects = manifestWithoutScript(chart);
    } catch (error) {
      outcomes.refused++;
      expect((error as Error).message).toMatch(/^(Validation failed with the following errors:\n  \[test\/ocr\] )?'[a-zA-Z.[\]\d]+' \(/);
      return;
    }
    outcomes.made++;
    validate(objects.filter(({ kind }) => kind !== 'ScaledObject')); // whose schema is KEDA's
    const { spec } = objects.find(object => object.kind === 'StatefulSet');
    const [main] = spec.template.spec.containers;
    const { resource, count } = given.gpu ?? Gpu.nvidia();
    expect(main.resources).toEqual(resource ? { limits: { [resource]: count } } : undefined);
    const records = parse(main.args).slice(1);
    const programs = records.filter(({ process: name }) => name === 'role-label').length;
    expect(programs > 0).toBe(given.roleLabel !== undefined);
    expect(records.filter(({ process: name }) => name !== 'role-label')).toEqual([
      ...given.sharedProcesses ? written('shared', { processes: given.sharedProcesses }) : [],
      ...given.syncRole ? written('sync', given.syncRole) : [],
      ...given.asyncRole ? written('async', given.asyncRole) : [],
    ]);
    const stop = [given.syncRole, given.asyncRole].map(each => [...given.sharedProcesses ?? [], ...each?.processes ?? []]
      .reduce((sum, { stopDelay, stopTimeout }) => sum + (stopDelay?.toSeconds() ?? 0) + (stopTimeout?.toSeconds() ?? 30), 0));
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Math.max(...stop) + 5);
    expect(spec.replicas).toBe(chosen.workers === undefined ? given.replicas ?? 1 : undefined);
    expect(objects.filter(({ kind }) => kind === 'ScaledObject')).toHaveLength(chosen.workers === undefined ? 0 : 1);
    expect(objects.filter(({ kind }) => kind === 'PodDisruptionBudget')).toHaveLength(Object.values(chosen.budgets ?? {}).filter(each => each !== undefined).length);
    expect(objects.filter(({ kind }) => kind === 'Service')).toHaveLength(chosen.expose ? 2 : 1);
  }), { numRuns: RUNS });

  // Neither may be rare, or nothing would have been tried.
  expect(outcomes.made).toBeGreaterThan(RUNS / 5);
  expect(outcomes.refused).toBeGreaterThan(RUNS / 5);
}, 600_000);
