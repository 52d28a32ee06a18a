import { Chart, Size, Testing, Yaml } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { SyncAsyncStatefulSetProps, VolumeClaimProps, VolumeClaimRetention } from 'cdk8s-sync-async';
import { mainContainer, manifest, podSpec, rendered, small } from './manifest';
import { validate } from './schema';

const CACHE: VolumeClaimProps = { name: 'cache', size: Size.gibibytes(50), path: '/cache' };

type Props = Partial<SyncAsyncStatefulSetProps>;
const claiming = (claim: Partial<VolumeClaimProps> = {}, props: Props = {}) => small({ volumeClaims: [{ ...CACHE, ...claim }], ...props });
const template = (claim: Partial<VolumeClaimProps> = {}) => rendered(claiming(claim)).spec.volumeClaimTemplates[0];
const mountsOf = (container: any) => container.volumeMounts.map(({ name, mountPath }: any) => `${name} ${mountPath}`);
const synthProblem = (set: ReturnType<typeof small>) => () => Testing.synth(Chart.of(set));

test('without claims the StatefulSet has nothing of them', () => {
  const { spec } = rendered(small());

  expect(Object.keys(spec)).not.toEqual(expect.arrayContaining(['volumeClaimTemplates']));
  expect(Object.keys(spec)).not.toEqual(expect.arrayContaining(['persistentVolumeClaimRetentionPolicy']));
  expect(rendered(small({ volumeClaims: [] }))).toEqual(rendered(small()));
});

test('a claim is a template of claims, and a mount of the main container', () => {
  const set = claiming();

  expect(rendered(set).spec.volumeClaimTemplates).toEqual([
    { metadata: { name: 'cache' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } } } },
  ]);
  expect(mountsOf(mainContainer(set))).toContain('cache /cache');
});

test('it is no volume of the template, where Kubernetes puts it by itself', () => {
  const without = podSpec(small()).volumes;

  expect(podSpec(claiming()).volumes).toEqual(without);
});

test('its size stands in the text of the YAML', () => {
  expect(Yaml.stringify(...Testing.synth(Chart.of(claiming())))).toMatch(/^ +requests:\n +storage: 50Gi$/m);
});

test.each([
  [Size.gibibytes(1), '1Gi'],
  [Size.tebibytes(2), '2048Gi'],
  [Size.mebibytes(1536), '1536Mi'],
  [Size.mebibytes(1), '1Mi'],
  [Size.kibibytes(2048), '2Mi'],
])('%p is %s', (size, quantity) => {
  expect(template({ size }).spec.resources.requests.storage).toBe(quantity);
});

test('class and access modes are those that are asked for', () => {
  const accessModes = [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE, kplus.PersistentVolumeAccessMode.READ_ONLY_MANY];

  expect(template({ storageClassName: 'local-nvme', accessModes }).spec).toMatchObject({ storageClassName: 'local-nvme', accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] });
  expect(template({ storageClassName: '' }).spec.storageClassName).toBe('');
  expect(template().spec).not.toHaveProperty('storageClassName');
});

test('there may be several, in their order', () => {
  const set = small({ volumeClaims: [{ ...CACHE, name: 'models', path: '/models' }, CACHE] });

  expect(rendered(set).spec.volumeClaimTemplates.map(({ metadata }: any) => metadata.name)).toEqual(['models', 'cache']);
  expect(mountsOf(mainContainer(set))).toEqual(expect.arrayContaining(['models /models', 'cache /cache']));
});

test('the template of the pods changes with where a claim is mounted, and with nothing else of it', () => {
  const pods = (claim: Partial<VolumeClaimProps>) => JSON.stringify(rendered(claiming(claim)).spec.template);

  expect(pods({ size: Size.gibibytes(100), storageClassName: 'fast' })).toBe(pods({}));
  expect(pods({ path: '/models' })).not.toBe(pods({}));
});

describe('the retention', () => {
  const policy = (volumeClaimRetention?: SyncAsyncStatefulSetProps['volumeClaimRetention']) => rendered(claiming({}, { volumeClaimRetention })).spec.persistentVolumeClaimRetentionPolicy;

  test('is not there by default, which means that all stays', () => {
    expect(policy()).toBeUndefined();
  });

  test('is what is asked for', () => {
    expect(policy({ whenScaled: VolumeClaimRetention.DELETE })).toEqual({ whenScaled: 'Delete' });
    expect(policy({ whenDeleted: VolumeClaimRetention.DELETE, whenScaled: VolumeClaimRetention.RETAIN })).toEqual({ whenDeleted: 'Delete', whenScaled: 'Retain' });
  });

  test('is refused where there is no claim, and where it is something else', () => {
    const volumeClaimRetention = { whenScaled: VolumeClaimRetention.DELETE };

    expect(() => small({ volumeClaimRetention })).toThrow(new Error('\'volumeClaimRetention\' ({"whenScaled":"Delete"}) must come with \'volumeClaims\' in order to be about something.'));
    expect(() => policy({ whenDeleted: 'Keep' as any })).toThrow(new Error('\'volumeClaimRetention.whenDeleted\' (Keep) must be one of Retain, Delete in order to be done with a claim.'));
  });
});

describe('a new volume can be written to', () => {
  const context = (securityContext?: kplus.PodSecurityContextProps) => podSpec(claiming({}, { securityContext })).securityContext;

  test('by any user, since it belongs to a group that every process is in', () => {
    expect(context()).toMatchObject({ fsGroup: 65532, fsGroupChangePolicy: 'OnRootMismatch', runAsNonRoot: true });
    expect(context({ user: 1000 })).toMatchObject({ fsGroup: 65532, runAsUser: 1000 });
  });

  test('by the group that is asked for', () => {
    expect(context({ fsGroup: 2000, fsGroupChangePolicy: kplus.FsGroupChangePolicy.ALWAYS })).toMatchObject({ fsGroup: 2000, fsGroupChangePolicy: 'Always' });
  });

  test('and without claims the group stays as it was', () => {
    expect(podSpec(small()).securityContext).not.toHaveProperty('fsGroup');
    expect(podSpec(small()).securityContext.fsGroupChangePolicy).toBe('Always');
  });
});

describe('other containers', () => {
  test('can have the volume too', () => {
    const set = claiming();
    set.addInitContainer({ name: 'fetch', image: 'fetch:1' }).mount('/models', set.claimedVolume('cache'));
    set.addContainer({ name: 'exporter', image: 'exporter:1' }).mount('/cache', set.claimedVolume('cache'), { readOnly: true });
    const { initContainers, containers, volumes } = podSpec(set);

    expect(initContainers[0].volumeMounts).toEqual([{ name: 'cache', mountPath: '/models' }]);
    expect(containers[1].volumeMounts).toEqual([{ name: 'cache', mountPath: '/cache', readOnly: true }]);
    expect(volumes).toEqual(podSpec(small()).volumes);
    expect(() => validate(manifest(Chart.of(set)))).not.toThrow();
  });

  test('have none that is not claimed', () => {
    expect(() => claiming().claimedVolume('models')).toThrow(new Error(
      '\'name\' (models) must be the name of one of the \'volumeClaims\' (cache) in order to be a volume of each pod.'));
  });
});

test('on /tmp it takes the place of the library\'s own', () => {
  const set = claiming({ path: '/tmp/' });

  expect(mountsOf(mainContainer(set)).filter((mount: string) => mount.includes('/tmp'))).toEqual(['cache /tmp/']);
  expect(podSpec(set).volumes.map(({ name }: any) => name)).not.toContain('sync-async-tmp');
});

describe('refused at once', () => {
  test.each<[Partial<VolumeClaimProps>, string]>([
    [{ name: 'Cache' }, '\'volumeClaims[0].name\' (Cache) must be a DNS label (lower case letters, digits and inner dashes, at most 63) in order to name a volume.'],
    [{ name: 'sync-async-run' }, '\'volumeClaims[0].name\' (sync-async-run) must not begin with sync-async- in order not to be mistaken for one of the library\'s own volumes.'],
    [{ access_modes: ['ReadWriteOnce'] } as any, '\'volumeClaims[0].access_modes\' (Array) must be one of name, size, path, storageClassName, accessModes in order to be heard.'],
    [{ size: '50Gi' as any }, '\'volumeClaims[0].size\' (50Gi) must be a Size, such as Size.gibibytes(50), in order to have a unit.'],
    [{ size: undefined }, '\'volumeClaims[0].size\' (undefined) must be a Size, such as Size.gibibytes(50), in order to have a unit.'],
    [{ size: Size.gibibytes(0) }, '\'volumeClaims[0].size\' (0 MiB) must be whole mebibytes, at least one, in order to be the size of a volume.'],
    [{ size: Size.kibibytes(1500) }, '\'volumeClaims[0].size\' (1.46484375 MiB) must be whole mebibytes, at least one, in order to be the size of a volume.'],
    [{ path: 'cache' }, '\'volumeClaims[0].path\' (cache) must be an absolute path in order for processes to find the volume.'],
    [{ path: undefined }, '\'volumeClaims[0].path\' (undefined) must be an absolute path in order for processes to find the volume.'],
    [{ storageClassName: 'Fast SSD' }, '\'volumeClaims[0].storageClassName\' (Fast SSD) must be DNS labels between dots in order to be the name of a storage class.'],
    [{ accessModes: [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE_POD, kplus.PersistentVolumeAccessMode.READ_ONLY_MANY] },
      '\'volumeClaims[0].accessModes\' (ReadWriteOncePod, ReadOnlyMany) must have ReadWriteOncePod alone in order for Kubernetes to make the claims: it goes with no other.'],
    [{ accessModes: [] }, '\'volumeClaims[0].accessModes\' ([]) must have at least one mode in order for the volume to be used.'],
    [{ accessModes: ['RWO' as any] }, '\'volumeClaims[0].accessModes\' (RWO) must be one of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod in order to be a way to use a volume.'],
  ])('%j', (claim, message) => {
    expect(() => claiming(claim)).toThrow(new Error(message));
  });

  test('two with one name, and what is no list', () => {
    expect(() => small({ volumeClaims: [CACHE, { ...CACHE, path: '/models' }] })).toThrow(new Error(
      '\'volumeClaims\' (cache, cache) must have different names in order to tell two volumes called cache apart.'));
    expect(() => small({ volumeClaims: CACHE as any })).toThrow('\'volumeClaims\' ({"name":"cache",');
  });
});

describe('refused at synth', () => {
  test.each([
    ['/run/sync-async', 'must not be in /run/sync-async in order for the entrypoint to find its own files.'],
    ['/etc/sync-async/values', 'must not be in /etc/sync-async in order for the entrypoint to find its own files.'],
    ['/', 'must not be one of /, /proc, /dev, /dev/termination-log in order for the container to start.'],
    ['/a:b', 'must be a path without colons in order for Kubernetes to mount there.'],
  ])('a claim at %s', (path, reason) => {
    expect(synthProblem(claiming({ path }))).toThrow(`'volumeClaims' (${path}) ${reason}`);
  });

  test('two at one path, claimed or not', () => {
    const volumeMounts = [{ path: '/cache/', volume: kplus.Volume.fromEmptyDir(Testing.chart(), 'Mine', 'mine') }];

    expect(synthProblem(small({ volumeClaims: [CACHE, { ...CACHE, name: 'models' }] }))).toThrow('\'volumeClaims\' (/cache) must be there only once in order to be a mount of one volume.');
    expect(synthProblem(claiming({}, { volumeMounts }))).toThrow('\'volumeClaims\' (/cache) must be there only once in order to be a mount of one volume.');
  });

  test('a volume with the name of a claim', () => {
    const set = claiming();
    set.addVolume(kplus.Volume.fromEmptyDir(set, 'Mine', 'cache'));

    expect(synthProblem(set)).toThrow('\'volumeClaims\' (cache) must not have the name of another volume of the pod in order to be told from it.');
  });
});

test('the manifest is what the Kubernetes API takes', () => {
  const set = small({
    volumeClaims: [{ ...CACHE, storageClassName: 'fast' }, { ...CACHE, name: 'models', path: '/models' }],
    volumeClaimRetention: { whenScaled: VolumeClaimRetention.DELETE, whenDeleted: VolumeClaimRetention.RETAIN },
  });

  expect(() => validate(manifest(Chart.of(set)))).not.toThrow();
});

test('two sets can share the props they were made of, and do not change with them', () => {
  const volumeClaims = [{ ...CACHE }];
  const set = small({ volumeClaims });
  volumeClaims[0].name = 'other';

  expect(rendered(set).spec.volumeClaimTemplates[0].metadata.name).toBe('cache');
});

test('ids and names stay as they are', () => {
  const set = claiming();

  expect(set.node.children.map(child => child.node.id)).toEqual([
    'Resource', 'Service', 'Values', 'ScriptVolume', 'ValuesVolume', 'RunVolume', 'TmpVolume', 'ClaimedVolume-cache',
  ]);
});
