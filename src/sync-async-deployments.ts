import { ApiObject, Names } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { asyncScaler, AsyncScalerOptions } from './async-scaler';
import { deploymentBudgets, DeploymentBudgetOptions } from './deployment-budget';
import { checkNames, toRolePlan } from './private/deployments-plan';
import { addMissingLabels, labelsOf, recommendedLabels } from './private/labels';
import { RoleDeployment } from './role-deployment';
import { SyncAsyncDeploymentsProps } from './sync-async-deployments-props';
import { syncService, SyncServiceOptions } from './sync-service';

/**
 * The other layout of a service that serves synchronously (gRPC, HTTP) and asynchronously (from a queue): a Deployment for each role.
 *
 * It is for roles that need different GPUs, nodes or numbers, or that are scaled each by its own load. The processes, their order and their stop are those of `SyncAsyncStatefulSet`, by the
 * same entrypoint. What it cannot do is what that one is for: a GPU does not change sides, a pod is deleted on one and made on the other.
 *
 * Every pod has its role as a label, `cdk8s-sync-async/role`, from its template. Nothing keeps it, so nothing needs rights in the cluster.
 *
 * Besides the Deployments it creates a ConfigMap with the entrypoint, one for all workloads that the chart has in a namespace.
 *
 * @example
 *
 * import { App, Chart, Duration } from 'cdk8s';
 * import { Check, Gpu, SyncAsyncDeployments } from 'cdk8s-sync-async';
 *
 * const chart = new Chart(new App(), 'vision');
 * const ocr = new SyncAsyncDeployments(chart, 'ocr', {
 *   image: 'registry.example.com/ocr:1.4.2',
 *   ports: [{ name: 'grpc', number: 50051 }],
 *   syncDeployment: { replicas: 4 },
 *   asyncDeployment: { replicas: 6, gpu: Gpu.mig('3g.20gb') },
 *   syncRole: {
 *     processes: [
 *       {
 *         name: 'server',
 *         command: ['python', 'server.py'],
 *         ready: Check.command(['grpc_health_probe', '-addr=:50051']),
 *         stopDelay: Duration.seconds(5),
 *       },
 *     ],
 *   },
 *   asyncRole: {
 *     processes: [{ name: 'worker', command: ['celery', '-A', 'app', 'worker'], stopTimeout: Duration.minutes(5) }],
 *   },
 * });
 * ocr.exposeSyncViaService({ name: 'ocr' });
 */
export class SyncAsyncDeployments extends Construct {
  /**
   * The Deployment of the synchronous pods.
   */
  public readonly syncDeployment: RoleDeployment;

  /**
   * The Deployment of the asynchronous pods.
   */
  public readonly asyncDeployment: RoleDeployment;

  private readonly saysStopDelay: boolean;

  public constructor(scope: Construct, id: string, props: SyncAsyncDeploymentsProps) {
    super(scope, id);
    checkNames(props);
    // Without a hash of the path, so that it is the same as that of a StatefulSet in its place, in a chart whose names have none.
    const name = props.metadata?.name ?? Names.toDnsLabel(this, { includeHash: false });
    const labels = recommendedLabels(id, name);
    this.syncDeployment = RoleDeployment._of(this, 'Sync', toRolePlan('sync', props, labels));
    this.asyncDeployment = RoleDeployment._of(this, 'Async', toRolePlan('async', props, labels));
    // What is shared stops after the role's own: only where that is nothing, its delay is that of a server.
    const processes = props.syncRole?.processes?.length ? props.syncRole.processes : props.sharedProcesses ?? [];
    this.saysStopDelay = processes.some(({ stopDelay }) => stopDelay !== undefined);
  }

  /**
   * Exposes the synchronous pods, those that are ready, by a Service.
   *
   * What it returns is a `kplus.Service`, so `exposeViaIngress` and everything else works as for any other.
   *
   * Kubernetes takes a pod out of the Service at the moment at which it asks it to stop, and clients notice about a second later: the server has to go on until then, by its `stopDelay`.
   *
   * Refused: without ports, and where no process of the synchronous role says a `stopDelay`. Shared processes count where that role has none of its own.
   *
   * @param options Name, ports and type.
   */
  public exposeSyncViaService(options: SyncServiceOptions = {}): kplus.Service {
    if (!this.saysStopDelay) {
      throw new Error('\'stopDelay\' (undefined) must be said by a process of \'syncRole\' in order for clients to notice in time that a pod goes: it is asked to stop at the moment at which Kubernetes takes it out of the Service. Give the server Duration.seconds(5), or Duration.seconds(0) if it goes on for a while after its stop signal.');
    }
    const service = syncService(this, this.syncDeployment, options);
    addMissingLabels(service.metadata, labelsOf(this.syncDeployment.metadata));
    return service;
  }

  /**
   * Keeps drains, and whatever else evicts pods, from taking too many of a role at once, by a PodDisruptionBudget for each role that has a number. It holds back evictions only: no
   * deletion, no rollout, no scaling, no node that is lost.
   *
   * Refused: no number at all, none that may be away, and a second call.
   *
   * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
   * @param options How many pods of each role may be away.
   */
  public addDisruptionBudgets(options: DeploymentBudgetOptions): void {
    deploymentBudgets(this, { sync: this.syncDeployment, async: this.asyncDeployment }, options);
  }

  /**
   * Adds and removes workers, which are the asynchronous pods, as a queue has jobs. KEDA does it, which has to be in the cluster.
   *
   * What it returns is KEDA's ScaledObject, for what has no option: `addJsonPatch` changes it. A `kplus.HorizontalPodAutoscaler` of `syncDeployment` goes beside it.
   *
   * Refused: with `asyncDeployment.replicas`, or with another autoscaler of the asynchronous pods.
   *
   * @see https://keda.sh/docs/2.21/reference/scaledobject-spec/
   * @param options The queue, and how many workers it asks for.
   */
  public scaleAsync(options: AsyncScalerOptions): ApiObject {
    const workers = this.asyncDeployment;
    const { scaledObject } = asyncScaler(workers, 0, options);
    workers.markHasAutoscaler();
    addMissingLabels(scaledObject.metadata, labelsOf(workers.metadata));
    return scaledObject;
  }
}
