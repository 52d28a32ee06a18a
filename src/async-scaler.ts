import { ApiObject, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { instanceOf, MAX_NUMBER, oneOf, wholeNumber, wholeSeconds } from './private/checks';
import { autoscalersOf } from './private/replicas';
import { QueueTrigger } from './queue-trigger';
import { RoleDeployment } from './role-deployment';
import { SyncAsyncStatefulSet } from './sync-async-stateful-set';

/**
 * Options for `scaleAsync`, of `SyncAsyncStatefulSet` and of `SyncAsyncDeployments`.
 */
export interface AsyncScalerOptions {
  /**
   * The queue whose jobs are counted.
   */
  readonly queue: QueueTrigger;

  /**
   * How many jobs of the queue there are to be for one worker, which is an asynchronous pod: with 20, a queue of 100 jobs asks for 5 workers, one of 101 for 6.
   *
   * Refused: what is no whole number from 1 to 999999.
   */
  readonly jobsPerWorker: number;

  /**
   * The fewest workers. With 0 the first job waits until there is one.
   *
   * Refused: what is no whole number from 0 to 999999.
   *
   * @default 1
   */
  readonly minWorkers?: number;

  /**
   * The most workers.
   *
   * Refused: what is no whole number, fewer than `minWorkers`, and more than make 999999 pods with the synchronous ones.
   */
  readonly maxWorkers: number;

  /**
   * How fast pods are added. Percentages are those of all pods of the StatefulSet, the synchronous ones too, or of the Deployment, which are workers alone.
   *
   * Refused: a stabilization window of more than an hour, policies whose duration is not from 1 second to 30 minutes, and a list without policies.
   *
   * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
   * @default - 4 pods or twice as many in 15 seconds, whichever is more, at once.
   */
  readonly scaleUp?: kplus.ScalingRules;

  /**
   * How fast pods are taken away, with the same percentages. Nothing takes away a synchronous one.
   *
   * Refused: what `scaleUp` refuses.
   *
   * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
   * @default - as many as are too many, when they have been so for 5 minutes.
   */
  readonly scaleDown?: kplus.ScalingRules;
}

/**
 * A scaler of a set.
 *
 * @internal
 */
export interface AsyncScaler {
  readonly scaledObject: ApiObject;
  /** The fewest pods that it lets the set have, and the most. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** By which the formula knows the queue. */
const QUEUE = 'queue';

/**
 * An object of KEDA that adds and removes workers as their queue has jobs.
 *
 * @param pods What it scales.
 * @param sync How many of its pods are synchronous, or can be.
 * @param room How many pods the Role of the role label has room for, if somebody has said so.
 * @internal
 */
export function asyncScaler(pods: SyncAsyncStatefulSet | RoleDeployment, sync: number, options: AsyncScalerOptions, room?: number): AsyncScaler {
  refuseOthers(pods);
  const { queue, jobsPerWorker, minWorkers = 1, maxWorkers } = options;
  if (!queue) {
    throw new Error(`'queue' (${queue}) must be given in order for its jobs to be counted.`);
  }
  instanceOf('queue', queue, QueueTrigger, 'QueueTrigger.rabbitmq({ ... })');
  wholeNumber('jobsPerWorker', jobsPerWorker, 1, MAX_NUMBER, 'to be jobs for one worker');
  wholeNumber('minWorkers', minWorkers, 0, MAX_NUMBER - sync, 'to be the fewest workers');
  wholeNumber('maxWorkers', maxWorkers, Math.max(1, minWorkers), MAX_NUMBER - sync, `to be the most workers, where ${minWorkers} are the fewest and ${sync} pods are synchronous`);
  const [minReplicas, maxReplicas] = [sync + minWorkers, sync + maxWorkers];
  if (room !== undefined && room < maxReplicas) {
    throw new Error(`'roleLabel.maxReplicas' (${room}) must be at least ${maxReplicas}, which is 'maxWorkers' (${maxWorkers}) and ${sync} synchronous pods, in order for the Role to name every pod.`);
  }
  const scaledObject = new ApiObject(pods, 'Scaler', {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    // KEDA puts 9 characters before it.
    metadata: { name: pods.name, namespace: pods.metadata.namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: ApiObject.of(pods).kind, name: pods.name },
      minReplicaCount: minReplicas,
      maxReplicaCount: maxReplicas,
      advanced: {
        // An autoscaler divides by all pods. With as many jobs for the synchronous ones as they would have, the rest is what the workers have.
        scalingModifiers: { formula: `${QUEUE} + ${sync * jobsPerWorker}`, target: String(jobsPerWorker), metricType: 'AverageValue' },
        horizontalPodAutoscalerConfig: { behavior: { scaleUp: toRules('scaleUp', options.scaleUp), scaleDown: toRules('scaleDown', options.scaleDown) } },
      },
      triggers: [queue._toKeda(QUEUE, jobsPerWorker)],
    },
  });
  scaledObject.addDependency(ApiObject.of(pods));
  scaledObject.node.addValidation({ validate: () => [...variableProblems(pods, queue), ...rivalProblems(pods)] });
  return { scaledObject, minReplicas, maxReplicas };
}

/**
 * How many pods of a set are synchronous, or can be. Refuses sets whose workers alone cannot be scaled.
 *
 * @internal
 */
export function syncPods({ split }: SyncAsyncStatefulSet): number {
  if (!split) {
    throw new Error('\'split\' (undefined) must be given in order for some pods to be workers, such as Split.count(2).');
  }
  if (split._most === undefined) {
    throw new Error(`'split' (${split._name}) must have a number of synchronous pods in order for workers alone to be scaled: with a share a new pod may be a synchronous one. A kplus.HorizontalPodAutoscaler scales both roles.`);
  }
  return split._most;
}

/** Somebody else who decides how many pods there are. */
function refuseOthers(pods: SyncAsyncStatefulSet | RoleDeployment): void {
  if (pods.replicas !== undefined) {
    const prop = pods instanceof kplus.Deployment ? 'asyncDeployment.replicas' : 'replicas';
    throw new Error(`'${prop}' (${pods.replicas}) must be left out in order for an autoscaler to decide.`);
  }
  if (pods.hasAutoscaler) {
    throw new Error(`'scaleAsync' (${pods.node.path}) must be the only autoscaler in order to decide how many pods there are: there is one already.`);
  }
}

/**
 * Rules as Kubernetes reads them.
 *
 * An autoscaler leaves pods alone while they are about right, within a tenth of all pods unless the tolerance says otherwise. Among many synchronous pods a tenth is many workers:
 * the first one would never come, the last one never go.
 */
function toRules(prop: string, { stabilizationWindow, strategy, policies }: kplus.ScalingRules = {}): object {
  if (strategy !== undefined) {
    oneOf(`${prop}.strategy`, strategy, kplus.ScalingStrategy, 'to choose among policies');
  }
  if (policies?.length === 0) {
    throw new Error(`'${prop}.policies' ([]) must have at least one policy in order to limit anything; leave it out for the default.`);
  }
  return {
    tolerance: '0', // as KEDA writes it back
    ...stabilizationWindow && { stabilizationWindowSeconds: seconds(`${prop}.stabilizationWindow`, stabilizationWindow, 0, 3600) },
    ...strategy && { selectPolicy: strategy },
    ...policies && {
      policies: policies.map(({ replicas, duration = Duration.seconds(15) }, i) => {
        const { type, value } = replicas._toKube();
        wholeNumber(`${prop}.policies[${i}].replicas`, value, 1, MAX_NUMBER, 'to be so many pods, or per cent of them');
        return { type, value, periodSeconds: seconds(`${prop}.policies[${i}].duration`, duration, 1, 1800) };
      }),
    },
  };
}

function seconds(prop: string, duration: Duration, min: number, max: number): number {
  return wholeNumber(prop, wholeSeconds(prop, duration, min), min, max, 'to be seconds that Kubernetes takes');
}

/** KEDA looks variables up in the first container, which is the main one. */
function variableProblems({ mainContainer: { env } }: SyncAsyncStatefulSet | RoleDeployment, queue: QueueTrigger): string[] {
  return queue._variables.flatMap(([field, name]) => {
    if (env.variables[name] === undefined) {
      return env.sources.length > 0 ? [] : [`'${field}' (${name}) must be a variable in 'envVariables' in order for KEDA to read it there.`];
    }
    const { valueFrom } = env.variables[name];
    return !valueFrom || valueFrom.configMapKeyRef || valueFrom.secretKeyRef ? [] :
      [`'${field}' (${name}) must have a value, or one from a ConfigMap or a Secret, in order for KEDA to read it: what each pod has of its own it does not know.`];
  });
}

function rivalProblems(pods: SyncAsyncStatefulSet | RoleDeployment): string[] {
  return autoscalersOf(pods).map(({ node }) =>
    `'target' (${pods.node.path}) of ${node.path} must have no other autoscaler in order for one to decide how many pods there are: it has that of scaleAsync.`);
}
