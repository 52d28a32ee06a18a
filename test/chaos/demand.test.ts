import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ask, DEMAND } from '../../chaos/demand';
import { Settings } from '../../chaos/settings';
import { BETWEEN } from '../../chaos/systems/library';
import { Kubectl } from '../../cluster/kubectl';
import { Pod } from '../../cluster/pods';
import { Registry } from '../examples/registry';

const SETTINGS: Settings = { image: 'ocr:1', replicas: 5, sync: 2, etcd: 'etcd:2379', broker: 'amqp://b', requestSeconds: 0.5, loadSeconds: 10 };

/** In place of the service's module of this name, whose packages are not here. */
const MODULE = `
import base64, json, os, urllib.request
class etcd:
    def put(self, *words):
        key, value = (base64.b64encode(word.encode()).decode() for word in words)
        urllib.request.urlopen("http://" + os.environ["ETCD"] + "/v3/kv/put", json.dumps({"key": key, "value": value}).encode())
`;

describe('The demand of a pod', () => {
  let registry: Registry;
  beforeEach(async () => { registry = await Registry.start(); });
  afterEach(() => registry.stop());

  const directory = mkdtempSync(join(tmpdir(), 'demand-'));
  writeFileSync(join(directory, 'registry.py'), MODULE);
  const python = async ([, ...args]: string[]) => (await promisify(execFile)('python3', args, { cwd: directory, env: { ...process.env, ETCD: registry.address } })).stdout;
  const kubectl = { print: ([, , , ...command]: string[]) => python(command) } as Kubectl;

  test('is what was asked for last', async () => {
    for (const sync of [3, 1]) {
      await ask(kubectl, sync);
      expect(await python(DEMAND)).toBe(`${sync}\n`);
    }
  });

  test('is none, not the address of a server, while nobody has asked', async () => {
    await fetch(`http://${registry.address}/v3/kv/put`, { method: 'POST', body: JSON.stringify({ key: btoa('/ocr/servers/a'), value: btoa('10.0.0.1:50051') }) });
    await expect(python(DEMAND)).rejects.toThrow('KeyError');
  });
});

test('What is asked for is not in the manifest, and says which pods are synchronous', () => {
  const pods = [0, 1, 2, 3, 4].map(ordinal => ({ metadata: { name: `between-service-${ordinal}` } }) as Pod);
  expect(BETWEEN.objects({ ...SETTINGS, sync: 3 })).toEqual(BETWEEN.objects(SETTINGS));
  for (const sync of [1, 2, 3]) {
    expect(pods.filter(pod => BETWEEN.owns(pod) && BETWEEN.isSync(pod, { ...SETTINGS, sync }))).toEqual(pods.slice(0, sync));
  }
});
