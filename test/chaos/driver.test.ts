import { address, Driver } from '../../chaos/driver';
import { Settings } from '../../chaos/settings';
import { DEPLOYMENTS } from '../../chaos/systems/deployments';
import { BETWEEN, LIBRARY, SERVICE, SHARE, TWO } from '../../chaos/systems/library';
import { SCRIPT } from '../../chaos/systems/script';
import { Kubectl } from '../../cluster/kubectl';
import { Pods } from '../../cluster/pods';
import { sleep } from '../../util/wait';

const SETTINGS: Settings = { image: 'ocr:1', replicas: 5, sync: 2, etcd: 'etcd:2379', broker: 'amqp://b', requestSeconds: 0.5, loadSeconds: 10 };

/** A driver whose pod runs and writes a tick at each connection, and the verbs that kubectl was asked for. */
async function running(status: number = 0) {
  const asked: string[] = [];
  const pod = { metadata: {}, status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] } };
  const pods = { isWatching: true, get: () => pod };
  const kubectl = {
    apply: async () => '',
    run: async (args: string[]) => { asked.push(args[0]); return { status }; },
    follow: async (_: string[], take: (line: string) => void) => {
      asked.push('follow');
      take(JSON.stringify({ e: 'tick', at: Date.now() / 1000, requests: 9, jobs: 1, stall: 0 }));
    },
  };
  const driver = new Driver(kubectl as unknown as Kubectl, pods as unknown as Pods, 'driver');
  await driver.start(SETTINGS, {});
  return { driver, pods, follows: () => asked.filter(verb => verb === 'follow').length, asked };
}

describe('The driver is followed', () => {
  test('until it is stopped, also when that fails; its pod goes', async () => {
    const { driver, follows, asked } = await running(1);
    await expect(driver.stop(0)).rejects.toThrow('not within 0 s: driver can be asked to end');
    const before = follows();
    await sleep(0.7);
    expect(follows()).toBe(before);
    expect(asked).toContain('delete');
  });

  test('no longer than the pods are watched', async () => {
    const { pods, follows } = await running();
    pods.isWatching = false;
    const before = follows();
    await sleep(0.7);
    expect(follows()).toBe(before);
  });
});

test('An address is written as the registrar writes it', () => {
  expect([address('10.0.0.1'), address('fd00::1')]).toEqual(['10.0.0.1:50051', '[fd00::1]:50051']);
});

test.each([LIBRARY, SHARE, BETWEEN, SERVICE, TWO, SCRIPT, DEPLOYMENTS])('$name has the newest image, and a model that takes its time to load', ({ objects }) => {
  const pods = objects(SETTINGS).map(({ spec }) => spec?.template?.spec);
  const containers = pods.flatMap(pod => [...pod?.initContainers ?? [], ...pod?.containers ?? []]);
  expect(containers.length).toBeGreaterThan(0);
  for (const { imagePullPolicy, env } of containers) {
    expect(imagePullPolicy).toBe('Always');
    expect(env).toContainEqual({ name: 'MODEL_LOAD_SECONDS', value: '10' });
  }
});

test('Clients who know only a name are given that of the Service for synchronous pods', () => {
  const services = SERVICE.objects(SETTINGS).filter(({ kind, spec }) => kind === 'Service' && spec.clusterIP !== 'None');
  expect(services.map(({ metadata, spec }) => `${metadata.name}:${spec.ports[0].port}`)).toEqual([SERVICE.service]);
  expect(services[0].spec.selector).toHaveProperty(['cdk8s-sync-async/role'], 'sync');
  expect(LIBRARY.service).toBeUndefined();
});

test.each([LIBRARY, SHARE, BETWEEN, SERVICE])('$name knows the pods of its own StatefulSet', ({ objects, owns, workloads }) => {
  const { metadata: { name } } = objects(SETTINGS).find(({ kind }) => kind === 'StatefulSet');
  expect(workloads).toEqual([`statefulset/${name}`]);
  expect(owns({ metadata: { name: `${name}-0` } } as any)).toBe(true);
});

test.each([TWO, DEPLOYMENTS])('$name knows the pods of its two Deployments, and which are synchronous', ({ objects, owns, isSync, workloads }) => {
  const names: string[] = objects(SETTINGS).filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  const pods = names.map(name => ({ metadata: { name: `${name}-5d4f8c9b7-24567` } }) as any);

  expect(workloads).toEqual(names.map(name => `deployment/${name}`));
  expect(pods.map(owns)).toEqual([true, true]);
  expect(pods.map(pod => isSync(pod, SETTINGS))).toEqual([true, false]);
  expect(objects(SETTINGS).filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.replicas)).toEqual([2, 3]);
});
