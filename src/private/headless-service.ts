import { ApiObjectMetadata } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { wholeNumber } from './checks';

/** A name for a port that both a container and a Service take. */
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * The Service that gives every pod a stable name. It differs from that of cdk8s-plus in needing no port: asynchronous pods may have none.
 */
export class HeadlessService extends kplus.Service {
  public constructor(scope: Construct, id: string, metadata: ApiObjectMetadata) {
    super(scope, id, { metadata, clusterIP: 'None' });
  }

  /**
   * @internal
   */
  public _toKube(): kplus.k8s.ServiceSpec {
    return this.ports.length > 0 ? super._toKube() : { clusterIp: this.clusterIP, type: this.type, selector: this['_selector'] };
  }
}

/** The ports of a pod as those of its Service. Refuses what Kubernetes would. */
export function servicePorts(containers: kplus.Container[]): kplus.ServicePort[] {
  const ports = containers.flatMap(container => container.ports);
  const names = ports.map(port => port.name);
  for (const [i, { name, number }] of ports.entries()) {
    wholeNumber('ports.number', number, 1, 65535, 'to be a port');
    if (name === undefined) {
      if (ports.length > 1) {
        throw new Error(`'ports' (${ports.map(port => port.number).join(', ')}) must all have a name in order for a Service to have several; ${number} has none.`);
      }
    } else if (!PORT_NAME.test(name)) {
      throw new Error(`'ports.name' (${name}) must be at most 15 lower case letters, digits and inner dashes, one letter among them, in order to name a port.`);
    } else if (names.indexOf(name) !== i) {
      throw new Error(`'ports.name' (${name}) must be there only once among all containers in order to name a port of the Service.`);
    }
  }
  return ports.map(({ name, number, protocol }) => ({ name, port: number, targetPort: number, protocol }));
}
