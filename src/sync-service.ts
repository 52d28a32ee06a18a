import * as kplus from 'cdk8s-plus-27';
import { servicePorts } from './private/headless-service';
import { ROLE_LABEL } from './role-label';
import { SyncAsyncStatefulSet } from './sync-async-stateful-set';

/** As Kubernetes wants it: a DNS label that begins with a letter. */
const SERVICE_NAME = /^(?=.{1,63}$)[a-z]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Options for `SyncAsyncStatefulSet.exposeSyncViaService`.
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
 * A Service for those pods of a set that are synchronous and ready.
 *
 * @internal
 */
export function syncService(set: SyncAsyncStatefulSet, options: SyncServiceOptions): kplus.Service {
  const { name } = options;
  if (set.split && !set.split._needsSync) {
    throw new Error(`'split' (${set.split._name}) must let some pod be synchronous in order for a Service to have one.`);
  }
  if (name !== undefined && !SERVICE_NAME.test(name)) {
    throw new Error(`'name' (${name}) must be at most 63 lower case letters, digits and inner dashes, a letter first, in order to name a Service.`);
  }
  if (name === set.service.name) {
    throw new Error(`'name' (${name}) must be another one than that of the headless Service in order to be told from it.`);
  }
  const id = name === undefined ? 'SyncService' : `SyncService-${name}`;
  if (set.node.tryFindChild(id)) {
    throw new Error(`'name' (${name}) must be one that no other Service of ${set.node.path} has in order to be a second one.`);
  }
  const ports = options.ports ?? servicePorts(set.containers);
  if (ports.length === 0) {
    throw new Error('\'ports\' ([]) must have at least one port in order for a Service to be asked: give the set its ports, or the Service.');
  }
  if (options.serviceType === kplus.ServiceType.EXTERNAL_NAME) {
    throw new Error(`'serviceType' (${options.serviceType}) must be one that selects pods in order to reach the synchronous ones.`);
  }
  const { namespace } = set.metadata;
  const service = new kplus.Service(set, id, {
    metadata: { namespace, ...name === undefined ? {} : { name } },
    ports,
    type: options.serviceType,
    selector: set,
  });
  service.selectLabel(ROLE_LABEL, 'sync');
  return service;
}
