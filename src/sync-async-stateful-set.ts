import { ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { AsyncScaler, asyncScaler, AsyncScalerOptions, syncPods } from './async-scaler';
import { DisruptionBudgetOptions, disruptionBudgets } from './disruption-budget';
import { livenessProbe, readinessProbe, runArguments, scriptConfigMap, splitArguments } from './entrypoint';
import { Gpu } from './gpu';
import { HeadlessService, servicePorts } from './private/headless-service';
import { addMissingLabels, labelsOf, recommendedLabels } from './private/labels';
import { addMain, fit, MAIN } from './private/main-container';
import { toPlan } from './private/plan';
import { withExtras } from './private/pod-spec';
import { letPatchPods, podNames } from './private/rights';
import { problems } from './private/validation';
import { ROLE_LABEL_SHA256, RoleLabel } from './role-label';
import { Split } from './split';
import { SyncAsyncStatefulSetProps } from './sync-async-stateful-set-props';
import { syncService, SyncServiceOptions } from './sync-service';
import { VolumeClaims, withGroup, withVolumeClaims } from './volume-claim';

/**
 * A StatefulSet for a service that serves synchronously (gRPC, HTTP) and asynchronously (from a queue): every pod does one of the two.
 *
 * The ordinal of a pod decides its role, by the `split`. A small script, the entrypoint, is PID 1 of the container: it starts the processes of that
 * role in order, supervises them, reaps orphans, and stops the processes in reverse order.
 *
 * It is a `kplus.StatefulSet` with one container, `main`, and can do all that one can: scheduling, connections, autoscaling, more containers. Besides the
 * StatefulSet it creates
 *
 * - a headless Service, which gives every pod a stable name,
 * - a ConfigMap with the entrypoint, which changes only with the library; one for all sets that the chart has in a namespace,
 * - a ConfigMap with values: SYNC_INSTANCE, for a split by count that is moved in place (where the number follows a demand it is there only when somebody pins it), and
 *   INSTANCE, the number of pods. Neither a scale nor a
 *   move changes the pod template, so neither replaces a pod.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 * @example
 *
 * import { App, Chart, Duration } from 'cdk8s';
 * import { Check, Restart, Split, SyncAsyncStatefulSet } from 'cdk8s-sync-async';
 *
 * const chart = new Chart(new App(), 'vision');
 * new SyncAsyncStatefulSet(chart, 'ocr', {
 *   image: 'registry.example.com/ocr:1.4.2',
 *   replicas: 10,
 *   split: Split.count(4),
 *   ports: [{ name: 'grpc', number: 50051 }],
 *   syncRole: {
 *     processes: [
 *       {
 *         name: 'server',
 *         command: ['python', 'server.py'],
 *         ready: Check.command(['grpc_health_probe', '-addr=:50051']),
 *         stopDelay: Duration.seconds(5),
 *       },
 *       { name: 'registrar', command: ['python', 'register.py'], restart: Restart.ALWAYS },
 *     ],
 *   },
 *   asyncRole: {
 *     processes: [{ name: 'worker', command: ['celery', '-A', 'app', 'worker'], stopTimeout: Duration.minutes(5) }],
 *   },
 * });
 */
export class SyncAsyncStatefulSet extends kplus.StatefulSet {
  /**
   * The container in which the processes run.
   */
  public readonly mainContainer: kplus.Container;

  /**
   * The rule by which pods are synchronous; undefined when all are.
   */
  public readonly split?: Split;

  /**
   * The GPU of every pod.
   */
  public readonly gpu: Gpu;

  /**
   * The ConfigMap that holds the entrypoint, the same for all sets that the chart has in a namespace. It is a child of the chart.
   */
  public readonly scriptConfigMap: kplus.ConfigMap;

  /**
   * The ConfigMap that holds SYNC_INSTANCE and INSTANCE. To move a counted split in place, change SYNC_INSTANCE here; to pin a number that follows a demand, add it.
   */
  public readonly valuesConfigMap: kplus.ConfigMap;

  private readonly sharesProcesses?: boolean;
  private readonly updateStrategy?: kplus.k8s.StatefulSetUpdateStrategy;
  private readonly tmp: kplus.Volume;
  private readonly roleLabel?: RoleLabel;
  private readonly rights: ApiObject[] = [];
  private readonly volumeClaims: VolumeClaims;
  private readonly claimedVolumes: kplus.Volume[];
  private scaler?: AsyncScaler;

  public constructor(scope: Construct, id: string, props: SyncAsyncStatefulSetProps) {
    const plan = toPlan(props);
    super(scope, id, {
      ...props,
      containers: undefined, // after the main one, which needs `this`
      podManagementPolicy: props.podManagementPolicy ?? kplus.PodManagementPolicy.PARALLEL,
      terminationGracePeriod: plan.terminationGracePeriod,
      securityContext: withGroup(plan.volumeClaims, props.securityContext),
      // cdk8s-plus asks for it when `this` is in the tree, so that the Service can be its child.
      get service() {
        const set = scope.node.findChild(id) as kplus.StatefulSet;
        return props.service ?? new HeadlessService(set, 'Service', { namespace: set.metadata.namespace });
      },
      get serviceAccount() {
        const own = () => new kplus.ServiceAccount(scope.node.findChild(id), 'ServiceAccount', { metadata: { namespace: props.metadata?.namespace } });
        return props.serviceAccount ?? (plan.label && own());
      },
    });
    this.split = props.split;
    this.gpu = plan.gpu;
    this.sharesProcesses = props.shareProcessNamespace;
    this.roleLabel = plan.label;
    this.updateStrategy = plan.strategy;
    if (props.rollout?._warning !== undefined) {
      process.emitWarning(props.rollout._warning, 'cdk8s-sync-async');
    }
    this.volumeClaims = plan.volumeClaims;

    const { namespace } = this.metadata;
    this.scriptConfigMap = scriptConfigMap(this, plan.label !== undefined, namespace);
    this.valuesConfigMap = new kplus.ConfigMap(this, 'Values', { metadata: { namespace } });
    if (this.split?._watched !== undefined) {
      this.valuesConfigMap.addData('SYNC_INSTANCE', String(this.split._watched));
    }
    // Whether there is an autoscaler is known only at synth.
    this.valuesConfigMap.addData('INSTANCE', Lazy.any({ produce: () => this.hasAutoscaler ? undefined : String(this.replicas ?? 1) }));
    this.apiObject.addDependency(this.scriptConfigMap, this.valuesConfigMap);

    const main = addMain(this, props, {
      args: runArguments(splitArguments(this.split, plan.timing), plan.timing, plan.roles, plan.label !== undefined),
      readiness: readinessProbe(plan.timing, plan.roles),
      liveness: livenessProbe(plan.timing, plan.roles),
      env: this.ownVariables(),
      script: this.scriptConfigMap,
      values: this.split?._watches ? this.valuesConfigMap : undefined,
    });
    this.mainContainer = main.container;
    this.tmp = main.tmp;
    // Only their names come into the manifest, where Kubernetes puts the claimed volumes in their place.
    this.claimedVolumes = plan.volumeClaims.claims.map(({ name }) => kplus.Volume.fromEmptyDir(this, `ClaimedVolume-${name}`, name));
    plan.volumeClaims.claims.forEach(({ path }, i) => this.mainContainer.mount(path, this.claimedVolumes[i]));
    props.containers?.forEach(container => this.addContainer(container));

    fit(this, this.gpu);
    if (plan.label) {
      this.podMetadata.addAnnotation('cdk8s-sync-async/role-label-sha256', ROLE_LABEL_SHA256);
      const mostPods = () => plan.label?.maxReplicas ?? this.scaler?.maxReplicas ?? this.replicas ?? 1;
      this.rights = letPatchPods(this, this.serviceAccount!, () => podNames(this, mostPods()));
      this.apiObject.addDependency(...this.rights);
    }
    this.label();

    const { roles, label } = plan;
    const { split, claimedVolumes: claimed } = this;
    const facts = { set: this, main, claimed, split, rollout: props.rollout, roles, label };
    this.node.addValidation({ validate: () => problems({ ...facts, scaledTo: this.scaler?.maxReplicas }) });
  }

  /**
   * The stable DNS names of the pods that the props make synchronous, for clients that choose a pod by themselves. A name resolves while its pod is ready.
   *
   * Where the number follows a demand these are the pods that are always synchronous.
   *
   * Refused when the number of replicas is not fixed and the split is a share.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
   * @returns `<pod>.<service>`, and `.<namespace>.svc` if the namespace is known.
   */
  public syncHosts(): string[] {
    const count = this.split?._count;
    const replicas = this.hasAutoscaler ? undefined : this.replicas ?? 1;
    if (replicas === undefined && count === undefined) {
      throw new Error('\'replicas\' (undefined) must be fixed in order to list the synchronous pods of a split that is no count.');
    }
    const ordinals = [...Array(count ?? replicas).keys()].filter(ordinal => this.split?.isSync(ordinal) ?? true);
    const { namespace } = this.metadata;
    return ordinals.map(ordinal => `${this.name}-${ordinal}.${this.service.name}${namespace ? `.${namespace}.svc` : ''}`);
  }

  /**
   * Exposes the synchronous pods, those that are ready, by a Service, whichever they are: it follows every kind of move. The pods' label is what it goes by.
   *
   * What it returns is a `kplus.Service`, so `exposeViaIngress` and everything else works as for any other. Clients need to know nothing but its name.
   *
   * A Service decides once for each connection: docs/role-label.md says what servers have to do for those that live through a move.
   *
   * Refused: without `roleLabel`, since no pod would have the label; without ports; and with a split in which no pod can be synchronous.
   *
   * @param options Name, ports and type.
   */
  public exposeSyncViaService(options: SyncServiceOptions = {}): kplus.Service {
    if (!this.roleLabel) {
      throw new Error('\'roleLabel\' (undefined) must be given in order for a Service to know the synchronous pods, such as roleLabel: {}.');
    }
    if (this.split && !this.split._needsSync) {
      throw new Error(`'split' (${this.split._name}) must let some pod be synchronous in order for a Service to have one.`);
    }
    if (options.name === this.service.name) {
      throw new Error(`'name' (${options.name}) must be another one than that of the headless Service in order to be told from it.`);
    }
    const service = syncService(this, this, options);
    addMissingLabels(service.metadata, labelsOf(this.metadata));
    return service;
  }

  /**
   * Keeps drains, and whatever else evicts pods, from taking too many of a role at once, by a PodDisruptionBudget for each role that has a number. It holds back evictions only: no
   * deletion, no rollout, no scaling, no node that is lost.
   *
   * With `roleLabel` the budgets go by the label, and so follow every kind of move. Without it they go by the names of the pods, as the split in the code has them; a number that is moved
   * by hand they do not know.
   *
   * They have `unhealthyPodEvictionPolicy: AlwaysAllow`, so that a pod that is not ready never blocks a drain: Kubernetes 1.27 and newer know it.
   *
   * Refused: no number at all, a second call, a `maxUnavailable`, and `Split.between` or `Split.schedule` without `roleLabel`; at synth a share with an autoscaler and without `roleLabel`.
   *
   * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
   * @param options How many pods of each role stay.
   */
  public addDisruptionBudgets(options: DisruptionBudgetOptions): void {
    const labels = labelsOf(this.metadata);
    const budgets = disruptionBudgets(this, options, this.roleLabel !== undefined, () => this.scaler?.minReplicas);
    budgets.forEach(({ metadata }) => addMissingLabels(metadata, labels));
  }

  /**
   * Adds and removes workers, which are asynchronous pods, as a queue has jobs. KEDA does it, which has to be in the cluster.
   *
   * The synchronous pods stay: they are the first ones, and there are never fewer. Where their number follows a demand, as many pods as can be synchronous count as such.
   * A number that is moved in place is known to the scaler when it is said here, and the objects are applied. docs/autoscaling.md says what that means in numbers.
   *
   * What it returns is KEDA's ScaledObject, for what has no option: `addJsonPatch` changes it.
   *
   * Refused: a set without a split, with a share, with `replicas` or with another autoscaler, and a `roleLabel.maxReplicas` that is less than all pods. Where that is not given, it is all pods.
   *
   * @see https://keda.sh/docs/2.21/reference/scaledobject-spec/
   * @param options The queue, and how many workers it asks for.
   */
  public scaleAsync(options: AsyncScalerOptions): ApiObject {
    this.scaler = asyncScaler(this, syncPods(this), options, this.roleLabel?.maxReplicas);
    this.markHasAutoscaler();
    addMissingLabels(this.scaler.scaledObject.metadata, labelsOf(this.metadata));
    return this.scaler.scaledObject;
  }

  /**
   * Adds a container to the pods, of either role. Unlike in cdk8s-plus it has no limits that nobody asked for. Its ports become ports of the headless
   * Service too.
   *
   * Refused: what `ports` refuses, among the ports of all containers.
   */
  public addContainer(cont: kplus.ContainerProps): kplus.Container {
    return super.addContainer({ ...cont, resources: cont.resources ?? {} });
  }

  /**
   * Attaches a container to the pods, of either role. The ports that it has become ports of the headless Service too.
   *
   * Refused: what `ports` refuses, among the ports of all containers.
   */
  public attachContainer(cont: kplus.Container): void {
    const before = this.containers.flatMap(container => container.ports).length;
    super.attachContainer(cont);
    const ports = servicePorts(this.containers).slice(before);
    if (this.service.node.scope === this) {
      ports.forEach(port => this.service.bind(port.port, port));
    }
  }

  /**
   * Adds an init container to the pods, of either role. Unlike in cdk8s-plus it has no limits that nobody asked for.
   */
  public addInitContainer(cont: kplus.ContainerProps): kplus.Container {
    return super.addInitContainer({ ...cont, resources: cont.resources ?? {} });
  }

  /**
   * A volume that each pod has by one of the `volumeClaims`, to be mounted into other containers too: an init container that downloads a model, for example.
   *
   * Refused: a name that no claim has.
   *
   * @param name Name of the claim.
   */
  public claimedVolume(name: string): kplus.Volume {
    const found = this.claimedVolumes.find(volume => volume.name === name);
    if (!found) {
      throw new Error(`'name' (${name}) must be the name of one of the 'volumeClaims' (${this.claimedVolumes.map(volume => volume.name).join(', ')}) in order to be a volume of each pod.`);
    }
    return found;
  }

  /**
   * @internal
   */
  public _toKube(): kplus.k8s.StatefulSetSpec {
    const spec = withVolumeClaims(super._toKube(), this.volumeClaims);
    return this.updateStrategy ? { ...spec, updateStrategy: this.updateStrategy } : spec;
  }

  /**
   * @internal
   */
  public _toPodSpec(): kplus.k8s.PodSpec {
    // Not super: some later lines of cdk8s-plus override it in StatefulSet and lose all volumes there.
    const spec = kplus.Workload.prototype._toPodSpec.call(this);
    const { gpu, sharesProcesses, tmp, roleLabel } = this;
    const claims = this.claimedVolumes.map(({ name }) => name);
    return withExtras(spec, { gpu, shareProcessNamespace: sharesProcesses, main: MAIN, tmp, claims, asksApi: roleLabel !== undefined });
  }

  /** First of all, because the kubelet puts a variable into those after it. */
  private ownVariables(): { [name: string]: kplus.EnvValue } {
    const fromValues = (key: string) => kplus.EnvValue.fromConfigMap(this.valuesConfigMap, key, { optional: true });
    const syncInstance = this.split?._watches ? undefined : this.split?._count;
    return {
      POD_NAME: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAME),
      INSTANCE: fromValues('INSTANCE'),
      ...this.split?._watched === undefined ? {} : { SYNC_INSTANCE: fromValues('SYNC_INSTANCE') },
      ...syncInstance === undefined ? {} : { SYNC_INSTANCE: kplus.EnvValue.fromValue(String(syncInstance)) },
    };
  }

  /** The same labels everywhere; those that the user or the chart has given stay. */
  private label(): void {
    addMissingLabels(this.metadata, recommendedLabels(this.node.id, this.name));
    const labels = labelsOf(this.metadata);
    const resources = [this.service, this.serviceAccount].filter(each => each?.node.scope === this).map(each => ApiObject.of(each!));
    const objects = [...resources, ...this.rights].map(each => each.metadata);
    [this.podMetadata, this.valuesConfigMap.metadata, ...objects].forEach(each => addMissingLabels(each, labels));
  }
}
