import { ApiObjectMetadata } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { oneOf, wholeNumber } from './checks';

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
    // eslint-disable-next-line dot-notation -- private in cdk8s-plus, which throws where there are no ports
    return this.ports.length > 0 ? super._toKube() : { clusterIp: this.clusterIP, type: this.type, selector: this['_selector'] };
  }
}

/** The ports of a pod as those of its Service. Refuses what Kubernetes would. */
export function servicePorts(containers: kplus.Container[]): kplus.ServicePort[] {
  const given = containers.flatMap(container => container.ports);
  for (const { protocol, hostPort } of given) {
    oneOf('ports.protocol', protocol ?? kplus.Protocol.TCP, kplus.Protocol, 'to be spoken at a port');
    wholeNumber('ports.hostPort', hostPort ?? 1, 1, 65535, 'to be a port');
  }
  const ports = given.map(({ name, number, protocol }) => ({ name, port: number, targetPort: number, protocol }));
  for (const { name, port } of ports) {
    wholeNumber('ports.number', port, 1, 65535, 'to be a port');
    if (name === undefined && ports.length > 1) {
      const all = ports.map(each => each.name ?? each.port).join(', ');
      throw new Error(`'ports' (${all}) must all have a name in order for a Service to have several; ${port} has none.`);
    }
    if (name !== undefined && !PORT_NAME.test(name)) {
      throw new Error(`'ports.name' (${name}) must be at most 15 lower case letters, digits and inner dashes, one letter among them, in order to name a port.`);
    }
  }
  refuseRepeated('ports.name', ports.map(port => port.name));
  refuseRepeated('ports.number', ports.map(({ port, protocol }) => `${port} ${protocol ?? kplus.Protocol.TCP}`));
  return ports;
}

function refuseRepeated(prop: string, values: (string | undefined)[]): void {
  const repeated = values.find((value, i) => value !== undefined && values.indexOf(value) !== i);
  if (repeated !== undefined) {
    throw new Error(`'${prop}' (${repeated}) must be there only once among all containers in order to be a port of the Service.`);
  }
}
