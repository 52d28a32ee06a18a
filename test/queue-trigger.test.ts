import { Chart, Testing } from 'cdk8s';
import { ConfigMap, Env, EnvFieldPaths, EnvValue, Secret } from 'cdk8s-plus-27';
import { QueueTrigger, TriggerAuthenticationKind } from 'cdk8s-sync-async';
import { rendered, small } from './manifest';

const AUTHENTICATION = { authenticationRef: { name: 'broker' } };

/** A trigger as it comes to KEDA. */
function rendering(queue: QueueTrigger): any {
  const set = small({ replicas: undefined });
  set.scaleAsync({ queue, jobsPerWorker: 20, maxWorkers: 5 });
  return rendered(set, 'ScaledObject').spec.triggers;
}

test.each<[string, QueueTrigger, string, object]>([
  ['a queue of RabbitMQ', QueueTrigger.rabbitmq({ queueName: 'ocr', host: 'http://broker.vision.svc:15672/' }),
    'rabbitmq', { queueName: 'ocr', host: 'http://broker.vision.svc:15672/', mode: 'QueueLength', value: '20' }],
  ['a list of Redis', QueueTrigger.redis({ listName: 'jobs', address: 'redis.vision.svc:6379' }),
    'redis', { listName: 'jobs', address: 'redis.vision.svc:6379', listLength: '20' }],
  ['a topic of Kafka', QueueTrigger.kafka({ bootstrapServers: 'kafka:9092', consumerGroup: 'ocr', topic: 'jobs' }),
    'kafka', { bootstrapServers: 'kafka:9092', consumerGroup: 'ocr', topic: 'jobs', lagThreshold: '20' }],
  ['a queue of SQS', QueueTrigger.sqs({ queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/ocr', awsRegion: 'eu-west-1' }),
    'aws-sqs-queue', { queueURL: 'https://sqs.eu-west-1.amazonaws.com/1/ocr', awsRegion: 'eu-west-1', queueLength: '20' }],
  ['a query of Prometheus', QueueTrigger.prometheus({ serverAddress: 'http://prometheus:9090', query: 'sum(jobs)' }),
    'prometheus', { serverAddress: 'http://prometheus:9090', query: 'sum(jobs)', threshold: '20' }],
  ['any other', QueueTrigger.custom('nats-jetstream', { metadata: { stream: 'jobs', lagThreshold: '1' } }), 'nats-jetstream', { stream: 'jobs', lagThreshold: '1' }],
])('%s has the names that KEDA knows, and all values are texts', (_, queue, type, metadata) => {
  expect(rendering(queue)).toEqual([{ type, name: 'queue', metadata }]);
});

test('fields that have no option are passed on', () => {
  const queue = QueueTrigger.kafka({ bootstrapServers: 'kafka:9092', consumerGroup: 'ocr', topic: 'jobs', metadata: { sasl: 'plaintext', tls: 'enable' } });

  expect(rendering(queue)[0].metadata).toMatchObject({ topic: 'jobs', sasl: 'plaintext', tls: 'enable' });
});

test('how KEDA logs in can be an object of the namespace or of the cluster', () => {
  const options = { serverAddress: 'http://prometheus:9090', query: 'sum(jobs)' };

  expect(rendering(QueueTrigger.prometheus({ ...options, ...AUTHENTICATION }))[0].authenticationRef).toEqual({ name: 'broker' });
  expect(rendering(QueueTrigger.prometheus({ ...options, authenticationRef: { name: 'all', kind: TriggerAuthenticationKind.CLUSTER } }))[0].authenticationRef)
    .toEqual({ name: 'all', kind: 'ClusterTriggerAuthentication' });
});

test('where the queue is can be said by what KEDA logs in with', () => {
  expect(rendering(QueueTrigger.rabbitmq({ queueName: 'ocr', ...AUTHENTICATION }))[0].metadata).toEqual({ queueName: 'ocr', mode: 'QueueLength', value: '20' });
  expect(rendering(QueueTrigger.redis({ listName: 'jobs', ...AUTHENTICATION }))[0].metadata).toEqual({ listName: 'jobs', listLength: '20' });
});

describe('variables of the set', () => {
  const scaled = (props: Parameters<typeof small>[0], queue: QueueTrigger) => {
    const set = small({ replicas: undefined, ...props });
    set.scaleAsync({ queue, jobsPerWorker: 20, maxWorkers: 5 });
    return () => Testing.synth(Chart.of(set));
  };
  const redis = QueueTrigger.redis({ listName: 'jobs', addressFromEnv: 'REDIS', passwordFromEnv: 'PASSWORD' });

  test('can say where the queue is', () => {
    expect(scaled({ envVariables: { REDIS: EnvValue.fromValue('redis:6379'), PASSWORD: EnvValue.fromValue('x') } }, redis)).not.toThrow();
  });

  test('have to be there', () => {
    expect(scaled({ envVariables: { REDIS: EnvValue.fromValue('redis:6379') } }, redis)).toThrow(
      '\'passwordFromEnv\' (PASSWORD) must be a variable in \'envVariables\' in order for KEDA to read it there.');
    expect(scaled({}, QueueTrigger.custom('other', { metadata: { urlFromEnv: 'URL' } }))).toThrow('\'urlFromEnv\' (URL) must be a variable');
  });

  test('must be the same in every pod, since KEDA reads them from the template', () => {
    expect(scaled({ envVariables: { REDIS: EnvValue.fromFieldRef(EnvFieldPaths.NODE_IP), PASSWORD: EnvValue.fromValue('x') } }, redis)).toThrow(
      '\'addressFromEnv\' (REDIS) must have a value, or one from a ConfigMap or a Secret, in order for KEDA to read it: what each pod has of its own it does not know.');
    expect(scaled({ envVariables: { PASSWORD: EnvValue.fromConfigMap(ConfigMap.fromConfigMapName(Testing.chart(), 'Map', 'redis'), 'password') } },
      QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379', passwordFromEnv: 'PASSWORD' }))).not.toThrow();
  });

  test('may come from where nothing here can see them', () => {
    expect(scaled({ envFrom: [Env.fromSecret(Secret.fromSecretName(Testing.chart(), 'Secret', 'broker'))] }, redis)).not.toThrow();
  });
});

describe('refused', () => {
  test.each<[string, () => QueueTrigger, string]>([
    ['no queue', () => QueueTrigger.rabbitmq({ queueName: '', host: 'amqp://broker' }), '\'queueName\' ("") must be a text in order for KEDA to find the queue.'],
    ['no topic', () => QueueTrigger.kafka({ bootstrapServers: 'kafka:9092', consumerGroup: 'ocr' } as any), '\'topic\' (undefined) must be a text in order for KEDA to find the queue.'],
    ['no type', () => QueueTrigger.custom('', {}), '\'type\' ("") must be a text in order for KEDA to find the queue.'],
    ['a number as a field', () => QueueTrigger.custom('redis', { metadata: { databaseIndex: 1 as any } }), '\'databaseIndex\' (1) must be a text in order for KEDA to find the queue.'],
    ['no place', () => QueueTrigger.rabbitmq({ queueName: 'ocr' }),
      '\'host\' and \'hostFromEnv\' (neither) must be one of the two, or an \'authenticationRef\', in order for KEDA to find the queue.'],
    ['two places', () => QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379', addressFromEnv: 'REDIS', ...AUTHENTICATION }),
      '\'address\' and \'addressFromEnv\' (both) must be one of the two, or an \'authenticationRef\', in order for KEDA to find the queue.'],
    ['a second place among the other fields', () => QueueTrigger.redis({ listName: 'jobs', addressFromEnv: 'REDIS', metadata: { address: 'redis:6379' } }),
      '\'metadata\' (address) must not be given here in order to be said once: an option of the trigger, or \'jobsPerWorker\', says it.'],
    ['an option among the other fields', () => QueueTrigger.sqs({ queueUrl: 'https://sqs', awsRegion: 'eu', metadata: { awsRegion: 'us' } }),
      '\'metadata\' (awsRegion) must not be given here in order to be said once: an option of the trigger, or \'jobsPerWorker\', says it.'],
    ['a target among them', () => QueueTrigger.redis({ listName: 'jobs', address: 'redis:6379', metadata: { listLength: '5' } }), '\'metadata\' (listLength) must not be given here'],
    ['a mode that counts no jobs', () => QueueTrigger.rabbitmq({ queueName: 'ocr', host: 'amqp://broker', metadata: { mode: 'MessageRate' } }), '\'metadata\' (mode) must not be given here'],
    ['a login without a name', () => QueueTrigger.custom('redis', { authenticationRef: { name: '' } }), '\'authenticationRef.name\' ("") must be a text'],
    ['a login of another kind', () => QueueTrigger.custom('redis', { authenticationRef: { name: 'broker', kind: 'Secret' as any } }),
      '\'authenticationRef.kind\' (Secret) must be one of TriggerAuthentication, ClusterTriggerAuthentication in order to be an object of KEDA.'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
