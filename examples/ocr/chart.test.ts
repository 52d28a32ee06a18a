import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing, Yaml } from 'cdk8s';
import { Gpu, Split } from 'cdk8s-sync-async';
import { BackendsChart } from './backends';
import { OcrChart } from './chart';

const PROPS = { image: 'registry.example.com/ocr:1', etcd: 'etcd:2379', broker: 'amqp://rabbitmq' };

test('the manifests', () => {
  const backends = new BackendsChart(Testing.app(), 'ocr-backends');
  const { etcd, broker } = backends;
  const manifest = Yaml.stringify(...Testing.synth(backends), ...Testing.synth(new OcrChart(Testing.app(), 'ocr', { ...PROPS, etcd, broker })));

  // The script is the library's, and so is its checksum.
  expect(manifest.replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/, '...')).toMatchSnapshot();
});

test('the manifest of two Deployments, with a Service', () => {
  const chart = new OcrChart(Testing.app(), 'ocr', { ...PROPS, deployments: true, service: true });
  const manifest = Yaml.stringify(...Testing.synth(chart));

  expect(manifest.replace(/^( +)#!\/bin\/sh\n(\1.*\n|\n)+/m, '$1...\n').replace(/[0-9a-f]{64}/g, '...')).toMatchSnapshot();
});

test('a move of the split changes nothing but a value', () => {
  const [two, three] = [2, 3].map(sync => Testing.synth(new OcrChart(Testing.app(), 'ocr', { ...PROPS, split: Split.count(sync) })));

  expect(two.filter((object, index) => JSON.stringify(object) !== JSON.stringify(three[index])).map(object => object.metadata.name)).toEqual(['ocr-service-values']);
});

test('with a scaler KEDA asks the management plugin for the queue of the workers', () => {
  const backends = new BackendsChart(Testing.app(), 'ocr-backends', { management: true });
  const scaler = { jobsPerWorker: 5, maxWorkers: 8, management: backends.management('vision') };
  const objects = Testing.synth(new OcrChart(Testing.app(), 'ocr', { ...PROPS, scaler }));
  const { triggers: [{ metadata }], minReplicaCount, maxReplicaCount } = objects.find(object => object.kind === 'ScaledObject').spec;
  const [{ data }, ...services] = ['ConfigMap', 'Service'].flatMap(kind => Testing.synth(backends).filter(object => object.kind === kind));
  const plugin = services.find(service => service.spec.ports[0].port === 15672);

  expect([minReplicaCount, maxReplicaCount]).toEqual([3, 10]);
  expect(metadata).toMatchObject({ queueName: /task_default_queue="(.*)"/.exec(readFileSync(join(__dirname, 'service/worker.py'), 'utf8'))![1] });
  expect(metadata.host).toBe(`http://ocr:ocr@${plugin.metadata.name}.vision.svc:15672/`);
  expect(data.plugins).toBe('[rabbitmq_management].\n');
});

test('the model is a process that both roles share, and only its program loads it', () => {
  const args: string[] = Testing.synth(new OcrChart(Testing.app(), 'ocr', PROPS)).find(object => object.kind === 'StatefulSet').spec.template.spec.containers[0].args;
  const started = args.filter(word => /^(role|process)=/.test(word));
  const programs = readdirSync(join(__dirname, 'service')).filter(file => file.endsWith('.py'));

  expect(started).toEqual(['role=shared', 'process=model', 'role=sync', 'process=server', 'process=registrar', 'role=async', 'process=worker']);
  expect(programs.filter(file => /readers\.load|import readers|from readers/.test(readFileSync(join(__dirname, 'service', file), 'utf8')))).toEqual(['model.py']);
});

test('without a GPU', () => {
  expect(Yaml.stringify(...Testing.synth(new OcrChart(Testing.app(), 'ocr', { ...PROPS, gpu: Gpu.none() })))).not.toContain('nvidia');
});

test('what is asked to stop ends by itself before its time is up', () => {
  const source = (name: string) => readFileSync(join(__dirname, 'service', name), 'utf8');
  const stopTimeout = (process: string) => Number(new RegExp(`process=${process},.*?stop-timeout=(\\d+)`).exec(args.join())![1]);
  const args: string[] = Testing.synth(new OcrChart(Testing.app(), 'ocr', PROPS)).find(object => object.kind === 'StatefulSet').spec.template.spec.containers[0].args;

  for (const process of ['model', 'server']) {
    expect(Number(/"STOP_GRACE_SECONDS", "(\d+)"/.exec(source('serving.py'))![1])).toBeLessThan(stopTimeout(process));
  }
  expect(Number(/^TTL = (\d+)$/m.exec(source('register.py'))![1])).toBeLessThan(stopTimeout('registrar'));
  expect(Number(/task_time_limit=(\d+)/.exec(source('worker.py'))![1])).toBeLessThan(stopTimeout('worker'));
});

test('every package is pinned', () => {
  const lines = readFileSync(join(__dirname, 'service', 'requirements.txt'), 'utf8').split('\n').filter(line => line && !line.startsWith('#'));

  expect(lines.filter(line => !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([]);
});
