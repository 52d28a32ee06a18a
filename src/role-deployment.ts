import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { fixedRole, livenessProbe, readinessProbe, runArguments, scriptConfigMap } from './entrypoint';
import { Gpu } from './gpu';
import { RolePlan } from './private/deployments-plan';
import { addMissingLabels, labelsOf } from './private/labels';
import { addMain, fit, MAIN, Main } from './private/main-container';
import { podProblems } from './private/pod-problems';
import { withExtras } from './private/pod-spec';
import { ROLE_LABEL } from './role-label';

/** Why a container lacks a variable that those of a StatefulSet have. */
const WITHOUT_ORDINAL = 'two Deployments';

/**
 * The Deployment of one role: `syncDeployment` or `asyncDeployment` of `SyncAsyncDeployments`.
 *
 * It is a `kplus.Deployment` with one container, `main`, and can do all that one can: scheduling, connections, autoscaling, more containers.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
export class RoleDeployment extends kplus.Deployment {
  /**
   * @internal
   */
  public static _of(scope: Construct, id: string, plan: RolePlan): RoleDeployment {
    return new RoleDeployment(scope, id, plan);
  }

  /**
   * The container in which the processes run.
   */
  public readonly mainContainer: kplus.Container;

  /**
   * The GPU of every pod.
   */
  public readonly gpu: Gpu;

  private readonly main: Main;
  private readonly plan: RolePlan;

  private constructor(scope: Construct, id: string, plan: RolePlan) {
    const { props, role, roles, timing, gpu } = plan;
    super(scope, id, { ...props, containers: undefined }); // after the main one, which needs `this`
    this.plan = plan;
    this.gpu = gpu;

    const script = scriptConfigMap(this, false, this.metadata.namespace);
    this.apiObject.addDependency(script);
    const fixed = fixedRole(role);
    this.main = addMain(this, props, {
      args: runArguments(fixed, timing, roles, false),
      readiness: readinessProbe(timing, roles, fixed),
      liveness: livenessProbe(timing, roles, fixed),
      env: { POD_NAME: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAME) },
      script,
    });
    this.mainContainer = this.main.container;
    props.containers?.forEach(container => this.addContainer(container));
    fit(this, gpu);

    addMissingLabels(this.metadata, plan.labels);
    addMissingLabels(this.podMetadata, { ...labelsOf(this.metadata), [ROLE_LABEL]: role });
    const unknown = { INSTANCE: WITHOUT_ORDINAL, SYNC_INSTANCE: WITHOUT_ORDINAL };
    this.node.addValidation({ validate: () => [...this.labelProblems(), ...podProblems({ pods: this, main: this.main, roles, unknown })] });
  }

  /**
   * Adds a container to the pods. Unlike in cdk8s-plus it has no limits that nobody asked for.
   */
  public addContainer(cont: kplus.ContainerProps): kplus.Container {
    return super.addContainer({ ...cont, resources: cont.resources ?? {} });
  }

  /**
   * Adds an init container to the pods. Unlike in cdk8s-plus it has no limits that nobody asked for.
   */
  public addInitContainer(cont: kplus.ContainerProps): kplus.Container {
    return super.addInitContainer({ ...cont, resources: cont.resources ?? {} });
  }

  /**
   * @internal
   */
  public _toKube(): kplus.k8s.DeploymentSpec {
    // One by default, as in Kubernetes; cdk8s-plus makes it two, which would be two GPUs.
    return { ...super._toKube(), replicas: this.hasAutoscaler ? undefined : this.replicas ?? 1 };
  }

  /**
   * @internal
   */
  public _toPodSpec(): kplus.k8s.PodSpec {
    const { gpu, props: { shareProcessNamespace } } = this.plan;
    return withExtras(super._toPodSpec(), { gpu, shareProcessNamespace, main: MAIN, tmp: this.main.tmp, claims: [], asksApi: false });
  }

  private labelProblems(): string[] {
    const found = this.podMetadata.getLabel(ROLE_LABEL);
    return found === this.plan.role ? [] : [
      `'podMetadata.labels' (${ROLE_LABEL}: ${found}) must not be set in order for the pods to have their role in it.`,
    ];
  }
}
