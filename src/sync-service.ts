import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { servicePorts } from './private/headless-service';
import { ROLE_LABEL } from './role-label';

/** As Kubernetes wants it: a DNS label that begins with a letter. */
const SERVICE_NAME = /^(?=.{1,63}$)[a-z]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Options for `exposeSyncViaService`, of `SyncAsyncStatefulSet` and of `SyncAsyncDeployments`.
 */
export interface SyncServiceOptions {
  /**
   * Name of the Service, by which clients know it. A second Service needs one.
   *
   * Refused: what is no name of a Service (lower case letters, digits and inner dashes, a letter first, at most 63), and that of the headless Service.
   *
   * @default - made of the ids, as the name of every object is.
   */
  readonly name?: string;

  /**
   * Ports of the Service.
   *
   * Refused: none at all.
   *
   * @default - the ports of the pods' containers, under the same numbers.
   */
  readonly ports?: kplus.ServicePort[];

  /**
   * How the Service is reached.
   *
   * Refused: EXTERNAL_NAME, which selects no pods.
   *
   * @default ServiceType.CLUSTER_IP
   */
  readonly serviceType?: kplus.ServiceType;
}

/**
 * A Service for those pods of a workload that are synchronous and ready.
 *
 * @internal
 */
export function syncService(scope: Construct, pods: kplus.Workload, options: SyncServiceOptions): kplus.Service {
  const { name } = options;
  if (name !== undefined && !SERVICE_NAME.test(name)) {
    throw new Error(`'name' (${name}) must be at most 63 lower case letters, digits and inner dashes, a letter first, in order to name a Service.`);
  }
  const id = name === undefined ? 'SyncService' : `SyncService-${name}`;
  if (scope.node.tryFindChild(id)) {
    throw new Error(`'name' (${name}) must be one that no other Service of ${scope.node.path} has in order to be a second one.`);
  }
  const ports = options.ports ?? servicePorts(pods.containers);
  if (ports.length === 0) {
    throw new Error('\'ports\' ([]) must have at least one port in order for a Service to be asked: give the pods their ports, or the Service.');
  }
  if (options.serviceType === kplus.ServiceType.EXTERNAL_NAME) {
    throw new Error(`'serviceType' (${options.serviceType}) must be one that selects pods in order to reach the synchronous ones.`);
  }
  const { namespace } = pods.metadata;
  const service = new kplus.Service(scope, id, {
    metadata: { namespace, ...name === undefined ? {} : { name } },
    ports,
    type: options.serviceType,
    selector: pods,
  });
  service.selectLabel(ROLE_LABEL, 'sync');
  return service;
}
