import { oneOf } from './private/checks';

/**
 * What kind of object says how KEDA logs in.
 */
export enum TriggerAuthenticationKind {
  /** One of the set's namespace. */
  NAMESPACE = 'TriggerAuthentication',

  /** One of the whole cluster. */
  CLUSTER = 'ClusterTriggerAuthentication',
}

/**
 * An object that says how KEDA logs in: with a Secret, a cloud's identity, a vault.
 *
 * @see https://keda.sh/docs/2.21/concepts/authentication/
 */
export interface TriggerAuthenticationRef {
  /**
   * Name of the object.
   *
   * Refused: an empty one.
   */
  readonly name: string;

  /**
   * Kind of the object.
   *
   * @default TriggerAuthenticationKind.NAMESPACE
   */
  readonly kind?: TriggerAuthenticationKind;
}

/**
 * What every trigger can have.
 */
export interface QueueTriggerOptions {
  /**
   * How KEDA logs in.
   *
   * @default - with what the other fields say.
   */
  readonly authenticationRef?: TriggerAuthenticationRef;

  /**
   * More fields of this trigger, by KEDA's own names.
   *
   * A field `…FromEnv` names a variable of the set's `envVariables` or `envFrom`, which KEDA reads from the manifest, its Secrets and ConfigMaps.
   *
   * Refused: what is no text, a field that has an option of its own or that this library sets, and at synth a variable that the set does not have.
   *
   * @default - none.
   */
  readonly metadata?: { [field: string]: string };
}

/**
 * Options for `QueueTrigger.rabbitmq`.
 */
export interface RabbitmqTriggerOptions extends QueueTriggerOptions {
  /**
   * Name of the queue.
   */
  readonly queueName: string;

  /**
   * URL of RabbitMQ, with the virtual host. With `http:` or `https:`, that of its management plugin, the jobs in work count too; with `amqp:` or `amqps:` they do not.
   *
   * KEDA asks from its own namespace, so the name of a Service needs the namespace with it: `rabbitmq.vision.svc`.
   *
   * @default - `hostFromEnv`, or what `authenticationRef` says. One of the three has to be given.
   */
  readonly host?: string;

  /**
   * The variable that has this URL.
   *
   * @default - `host`, or what `authenticationRef` says.
   */
  readonly hostFromEnv?: string;
}

/**
 * Options for `QueueTrigger.redis`.
 */
export interface RedisTriggerOptions extends QueueTriggerOptions {
  /**
   * Key of the list.
   */
  readonly listName: string;

  /**
   * HOST:PORT of Redis.
   *
   * KEDA asks from its own namespace, so the name of a Service needs the namespace with it: `redis.vision.svc:6379`.
   *
   * @default - `addressFromEnv`, or what `authenticationRef` says. One of the three has to be given.
   */
  readonly address?: string;

  /**
   * The variable that has this address.
   *
   * @default - `address`, or what `authenticationRef` says.
   */
  readonly addressFromEnv?: string;

  /**
   * The variable that has the password.
   *
   * @default - none, or what `authenticationRef` says.
   */
  readonly passwordFromEnv?: string;
}

/**
 * Options for `QueueTrigger.kafka`.
 */
export interface KafkaTriggerOptions extends QueueTriggerOptions {
  /**
   * HOST:PORT of brokers, with commas between them.
   */
  readonly bootstrapServers: string;

  /**
   * The consumer group of the workers.
   */
  readonly consumerGroup: string;

  /**
   * The topic.
   */
  readonly topic: string;
}

/**
 * Options for `QueueTrigger.sqs`.
 */
export interface SqsTriggerOptions extends QueueTriggerOptions {
  /**
   * URL of the queue.
   */
  readonly queueUrl: string;

  /**
   * Region of the queue.
   */
  readonly awsRegion: string;
}

/**
 * Options for `QueueTrigger.prometheus`.
 */
export interface PrometheusTriggerOptions extends QueueTriggerOptions {
  /**
   * URL of Prometheus.
   */
  readonly serverAddress: string;

  /**
   * A query whose only answer is a number of jobs.
   */
  readonly query: string;
}

/**
 * A queue that KEDA asks for its length, in number of jobs.
 *
 * @see https://keda.sh/docs/2.21/scalers/
 */
export class QueueTrigger {
  /**
   * A queue of RabbitMQ.
   *
   * @see https://keda.sh/docs/2.21/scalers/rabbitmq-queue/
   * @param options The queue, and where it is.
   */
  public static rabbitmq(options: RabbitmqTriggerOptions): QueueTrigger {
    const { queueName, host, hostFromEnv } = options;
    oneWay({ host, hostFromEnv }, options);
    return new QueueTrigger('rabbitmq', { queueName, ...given({ host, hostFromEnv }) }, options, 'value', { mode: 'QueueLength' });
  }

  /**
   * A list of Redis. A job that a worker has taken from it counts no longer.
   *
   * @see https://keda.sh/docs/2.21/scalers/redis-lists/
   * @param options The list, and where it is.
   */
  public static redis(options: RedisTriggerOptions): QueueTrigger {
    const { listName, address, addressFromEnv, passwordFromEnv } = options;
    oneWay({ address, addressFromEnv }, options);
    return new QueueTrigger('redis', { listName, ...given({ address, addressFromEnv, passwordFromEnv }) }, options, 'listLength');
  }

  /**
   * What a consumer group of Kafka has not committed of a topic. KEDA counts no more than gives each partition one worker.
   *
   * @see https://keda.sh/docs/2.21/scalers/apache-kafka/
   * @param options The topic, the group, and where they are.
   */
  public static kafka(options: KafkaTriggerOptions): QueueTrigger {
    const { bootstrapServers, consumerGroup, topic } = options;
    return new QueueTrigger('kafka', { bootstrapServers, consumerGroup, topic }, options, 'lagThreshold');
  }

  /**
   * A queue of Amazon SQS, with its messages in flight. KEDA has to log in: see `authenticationRef`.
   *
   * @see https://keda.sh/docs/2.21/scalers/aws-sqs/
   * @param options The queue, and where it is.
   */
  public static sqs(options: SqsTriggerOptions): QueueTrigger {
    const { queueUrl, awsRegion } = options;
    return new QueueTrigger('aws-sqs-queue', { queueURL: queueUrl, awsRegion }, options, 'queueLength');
  }

  /**
   * The answer of Prometheus to a query.
   *
   * @see https://keda.sh/docs/2.21/scalers/prometheus/
   * @param options The query, and where it is asked.
   */
  public static prometheus(options: PrometheusTriggerOptions): QueueTrigger {
    const { serverAddress, query } = options;
    return new QueueTrigger('prometheus', { serverAddress, query }, options, 'threshold');
  }

  /**
   * Any other of KEDA's triggers that counts jobs.
   *
   * Most of them want a target in their metadata. It has to be there, and counts for nothing: `jobsPerWorker` does.
   *
   * @see https://keda.sh/docs/2.21/scalers/
   * @param type The trigger, by KEDA's own name.
   * @param options Its fields.
   */
  public static custom(type: string, options: QueueTriggerOptions): QueueTrigger {
    return new QueueTrigger(type, {}, options);
  }

  private constructor(
    private readonly type: string, private readonly fields: { [field: string]: string }, private readonly options: QueueTriggerOptions,
    private readonly target?: string, private readonly fixed: { [field: string]: string } = {},
  ) {
    const { authenticationRef, metadata = {} } = options;
    Object.entries({ type, ...fields, ...metadata }).forEach(([name, value]) => text(name, value));
    refuseTwice(Object.keys({ ...fields, ...fixed, ...target && { [target]: '' } }), metadata);
    if (authenticationRef) {
      text('authenticationRef.name', authenticationRef.name);
      oneOf('authenticationRef.kind', authenticationRef.kind ?? TriggerAuthenticationKind.NAMESPACE, TriggerAuthenticationKind, 'to be an object of KEDA');
    }
  }

  /**
   * The trigger as KEDA reads it.
   *
   * @internal
   */
  public _toKeda(name: string, jobsPerWorker: number): object {
    return {
      type: this.type,
      name,
      metadata: { ...this.fixed, ...this.metadata, ...this.target && { [this.target]: String(jobsPerWorker) } },
      ...this.options.authenticationRef && { authenticationRef: { ...this.options.authenticationRef } },
    };
  }

  /**
   * Those fields that name variables of the set, with the names.
   *
   * @internal
   */
  public get _variables(): [field: string, variable: string][] {
    return Object.entries(this.metadata).filter(([field]) => field.endsWith('FromEnv'));
  }

  private get metadata(): { [field: string]: string } {
    return { ...this.fields, ...this.options.metadata };
  }
}

function text(prop: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`'${prop}' (${JSON.stringify(value)}) must be a text in order for KEDA to find the queue.`);
  }
}

/** Refuses two places at once, and none that could be known here. */
function oneWay(ways: { [name: string]: string | undefined }, { authenticationRef, metadata = {} }: QueueTriggerOptions): void {
  const names = Object.keys(ways);
  refuseTwice(names, metadata);
  const found = names.filter(name => ways[name] !== undefined);
  if (found.length > 1 || (found.length === 0 && !authenticationRef)) {
    throw new Error(`'${names.join('\' and \'')}' (${found.length > 1 ? 'both' : 'neither'}) must be one of the two, or an 'authenticationRef', in order for KEDA to find the queue.`);
  }
}

/** Refuses in `metadata` what has a place of its own. */
function refuseTwice(names: string[], metadata: { [field: string]: string }): void {
  const taken = names.find(name => name in metadata);
  if (taken !== undefined) {
    throw new Error(`'metadata' (${taken}) must not be given here in order to be said once: an option of the trigger, or 'jobsPerWorker', says it.`);
  }
}

function given(fields: { [name: string]: string | undefined }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]));
}
