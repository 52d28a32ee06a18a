import { App } from 'cdk8s';
import { Gpu } from 'cdk8s-sync-async';
import { BackendsChart } from './backends';
import { OcrChart } from './chart';

const { IMAGE = 'registry.example.com/ocr:1', ETCD_IMAGE, RABBITMQ_IMAGE, ETCD, BROKER_URL, GPUS = '1', MODEL } = process.env;
const { MAX_WORKERS: workers, MANAGEMENT_URL, NAMESPACE = 'default', LAYOUT } = process.env;

// Two files: who has an etcd and a RabbitMQ leaves the first one alone, and names them.
const app = new App({ outdir: 'dist/examples' });
const backends = new BackendsChart(app, 'ocr-backends', { etcdImage: ETCD_IMAGE, rabbitmqImage: RABBITMQ_IMAGE, management: workers !== undefined });
new OcrChart(app, 'ocr', {
  image: IMAGE,
  etcd: ETCD ?? backends.etcd,
  broker: BROKER_URL ?? backends.broker,
  gpu: GPUS === '0' ? Gpu.none() : Gpu.nvidia(Number(GPUS)),
  model: MODEL,
  deployments: LAYOUT === 'deployments',
  scaler: workers ? { jobsPerWorker: 5, maxWorkers: Number(workers), management: MANAGEMENT_URL ?? backends.management(NAMESPACE) } : undefined,
});
app.synth();
