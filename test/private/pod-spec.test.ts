import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { mainContainer, podSpec, small } from '../manifest';

describe('the security of a pod', () => {
  test('satisfies the standard "restricted" in every container', () => {
    const spec = podSpec(small({ containers: [{ name: 'sidecar', image: 's' }], initContainers: [{ image: 'i' }] }));

    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect([...spec.containers, ...spec.initContainers]).toHaveLength(3);
    for (const { securityContext } of [...spec.containers, ...spec.initContainers]) {
      expect(securityContext).toEqual({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('lets an image run as root when that is said, and stays as strict in all else', () => {
    expect(mainContainer(small({ runAsRoot: true })).securityContext).toEqual({
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('lets an image run as a certain user', () => {
    const spec = podSpec(small({ securityContext: { user: 1000, fsGroup: 2000 }, containerSecurityContext: { group: 3000 } }));

    expect(spec.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 2000, runAsNonRoot: true });
    expect(spec.containers[0].securityContext).toMatchObject({ runAsGroup: 3000, runAsNonRoot: true });
  });

  test('gives the capabilities that are asked for, by the names that Kubernetes knows', () => {
    const containerSecurityContext = { capabilities: { add: [kplus.Capability.NET_BIND_SERVICE] } };

    expect(mainContainer(small({ containerSecurityContext })).securityContext.capabilities).toEqual({ add: ['NET_BIND_SERVICE'], drop: ['ALL'] });
  });

  test('drops only what is said when that is said', () => {
    const containerSecurityContext = { capabilities: { drop: [kplus.Capability.CHOWN] } };

    expect(mainContainer(small({ containerSecurityContext })).securityContext.capabilities).toEqual({ drop: ['CHOWN'] });
  });

  test('leaves a privileged container as it is', () => {
    const containerSecurityContext = { privileged: true, allowPrivilegeEscalation: true, ensureNonRoot: false };

    expect(mainContainer(small({ containerSecurityContext })).securityContext).toEqual({
      privileged: true, allowPrivilegeEscalation: true, runAsNonRoot: false, readOnlyRootFilesystem: true,
    });
  });
});

describe('temporary files', () => {
  const mounts = (spec: any) => spec.containers[0].volumeMounts.filter((mount: any) => mount.mountPath.includes('/tmp'));
  const emptyDirs = (spec: any) => spec.volumes.filter((volume: any) => volume.emptyDir).map((volume: any) => volume.name);

  test('have a place on a read-only file system', () => {
    const spec = podSpec(small());

    expect(mounts(spec)).toEqual([{ name: 'sync-async-tmp', mountPath: '/tmp' }]);
    expect(spec.volumes).toContainEqual({ name: 'sync-async-tmp', emptyDir: {} });
  });

  test('need none on a writable file system', () => {
    const spec = podSpec(small({ containerSecurityContext: { readOnlyRootFilesystem: false } }));

    expect(mounts(spec)).toEqual([]);
    expect(emptyDirs(spec)).toEqual(['sync-async-run']);
  });

  test.each(['/tmp', '/tmp/', '//tmp'])('have the place that the user mounts at %s, also later', path => {
    const set = small();
    set.mainContainer.mount(path, kplus.Volume.fromEmptyDir(set, 'Scratch', 'scratch'));
    const spec = podSpec(set);

    expect(mounts(spec).map((mount: any) => mount.name)).toEqual(['scratch']);
    expect(emptyDirs(spec)).toEqual(['sync-async-run', 'scratch']);
  });

  test('have their place also beside a mount below it', () => {
    const set = small();
    set.mainContainer.mount('/tmp/cache', kplus.Volume.fromEmptyDir(set, 'Cache', 'cache'));

    expect(mounts(podSpec(set)).map((mount: any) => mount.name)).toEqual(['cache', 'sync-async-tmp']);
  });
});

test('Services of the namespace are not put into the environment', () => {
  expect(podSpec(small()).enableServiceLinks).toBe(false);
});

test('containers can share their process namespace', () => {
  expect(podSpec(small({ shareProcessNamespace: true })).shareProcessNamespace).toBe(true);
  expect(podSpec(small())).not.toHaveProperty('shareProcessNamespace');
});

test('CPU and memory are limited as asked, beside the GPU', () => {
  const resources = { cpu: { request: kplus.Cpu.units(4) }, memory: { limit: Size.gibibytes(1) } };

  expect(mainContainer(small({ resources })).resources).toEqual({ requests: { cpu: '4' }, limits: { 'memory': '1024Mi', 'nvidia.com/gpu': 1 } });
});

test('no other container has a limit that nobody asked for', () => {
  const set = small({ containers: [{ name: 'a', image: 'a' }], initContainers: [{ image: 'i' }] });
  set.addContainer({ name: 'b', image: 'b' });
  set.addInitContainer({ image: 'j' });
  set.addContainer({ name: 'c', image: 'c', resources: { cpu: { limit: kplus.Cpu.millis(100) } } });
  const spec = podSpec(set);

  expect(spec.containers.map((container: any) => container.resources)).toEqual([
    { limits: { 'nvidia.com/gpu': 1 } }, undefined, undefined, { limits: { cpu: '100m' } },
  ]);
  expect(spec.initContainers.map((container: any) => container.resources)).toEqual([undefined, undefined]);
});
