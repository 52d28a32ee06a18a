import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { rendered, small } from '../manifest';

test('the Service is headless and selects the pods', () => {
  const set = small({ ports: [{ number: 50051 }] });

  expect(rendered(set, 'Service').spec).toEqual({
    clusterIP: 'None',
    type: 'ClusterIP',
    externalIPs: [],
    selector: { 'cdk8s.io/metadata.addr': rendered(set).spec.template.metadata.labels['cdk8s.io/metadata.addr'] },
    ports: [{ port: 50051, targetPort: 50051 }],
  });
  expect(rendered(set).spec.serviceName).toBe(rendered(set, 'Service').metadata.name);
});

test('the Service exists without ports', () => {
  const set = small();

  expect(rendered(set, 'Service').spec).toEqual({
    clusterIP: 'None',
    type: 'ClusterIP',
    selector: { 'cdk8s.io/metadata.addr': rendered(set).spec.template.metadata.labels['cdk8s.io/metadata.addr'] },
  });
});

test('the Service does not publish pods that are not ready', () => {
  expect(rendered(small(), 'Service').spec).not.toHaveProperty('publishNotReadyAddresses');
});

test('the Service has the ports of all containers', () => {
  const set = small({
    ports: [{ name: 'grpc', number: 50051 }, { name: 'dns', number: 53, protocol: kplus.Protocol.UDP }, { name: 'dns-tcp', number: 53 }],
    containers: [{ name: 'exporter', image: 'exporter', ports: [{ name: 'metrics', number: 9090 }] }],
  });

  expect(rendered(set, 'Service').spec.ports).toEqual([
    { name: 'grpc', port: 50051, targetPort: 50051 },
    { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, targetPort: 53 },
    { name: 'metrics', port: 9090, targetPort: 9090 },
  ]);
});

test('the Service has the ports of containers that come later', () => {
  const set = small({ ports: [{ name: 'grpc', number: 50051 }] });
  set.addContainer({ name: 'x', image: 'x', ports: [{ name: 'metrics', number: 9090 }] });
  set.attachContainer(new kplus.Container({ name: 'y', image: 'y' }));
  set.attachContainer(new kplus.Container({ name: 'z', image: 'z', ports: [{ name: 'admin', number: 9091 }] }));

  expect(rendered(set, 'Service').spec.ports.map((port: any) => port.name)).toEqual(['grpc', 'metrics', 'admin']);
});

test('a Service of the user takes the place of the own one', () => {
  const chart = Testing.chart();
  const service = new kplus.Service(chart, 'Mine', { clusterIP: 'None', ports: [{ port: 1234 }] });
  const set = small({ service, ports: [{ name: 'grpc', number: 50051 }] }, chart);

  set.addContainer({ name: 'late', image: 'late', ports: [{ name: 'late', number: 1 }] });

  expect(set.service).toBe(service);
  expect(set.node.tryFindChild('Service')).toBeUndefined();
  expect(rendered(set, 'Service').spec.ports).toEqual([{ port: 1234 }]);
  expect(rendered(set, 'Service').metadata).not.toHaveProperty('labels');
  expect(rendered(set).spec.serviceName).toBe(service.name);
});

describe('refused are', () => {
  test('several ports of which one has no name', () => {
    expect(() => small({ ports: [{ name: 'grpc', number: 50051 }, { number: 8080 }] })).toThrow(new Error(
      '\'ports\' (grpc, 8080) must all have a name in order for a Service to have several; 8080 has none.'));
  });

  test('a port without a name beside that of another container', () => {
    expect(() => small({ ports: [{ number: 50051 }], containers: [{ name: 'x', image: 'x', ports: [{ name: 'metrics', number: 9090 }] }] }))
      .toThrow('\'ports\' (50051, metrics) must all have a name');
  });

  test.each([0, 65536, 80.5])('a port %p', number => {
    expect(() => small({ ports: [{ number }] })).toThrow(new Error(
      `'ports.number' (${number}) must be a whole number from 1 to 65535 in order to be a port.`));
  });

  test.each(['', 'gRPC', 'a-name-of-16-xxx', '80', 'a--b', '-a'])('a port called %p', name => {
    expect(() => small({ ports: [{ name, number: 80 }] })).toThrow(new Error(
      `'ports.name' (${name}) must be at most 15 lower case letters, digits and inner dashes, one letter among them, in order to name a port.`));
  });

  test('one name for the ports of two containers', () => {
    expect(() => small({ ports: [{ name: 'http', number: 80 }], containers: [{ name: 'x', image: 'x', ports: [{ name: 'http', number: 81 }] }] })).toThrow(new Error(
      '\'ports.name\' (http) must be there only once among all containers in order to be a port of the Service.'));
  });

  test('one port in two containers', () => {
    expect(() => small({ ports: [{ name: 'a', number: 80 }], containers: [{ name: 'x', image: 'x', ports: [{ name: 'b', number: 80 }] }] })).toThrow(new Error(
      '\'ports.number\' (80 TCP) must be there only once among all containers in order to be a port of the Service.'));
  });

  test('the same in a container that comes later', () => {
    const set = small({ ports: [{ name: 'a', number: 80 }] });

    expect(() => set.addContainer({ name: 'x', image: 'x', ports: [{ name: 'a', number: 81 }] })).toThrow('\'ports.name\' (a) must be there only once');
    expect(() => small({ ports: [{ name: 'a', number: 80 }] }).addContainer({ name: 'x', image: 'x', ports: [{ name: 'b', number: 80 }] }))
      .toThrow('\'ports.number\' (80 TCP) must be there only once');
  });

  test('bad ports also with a Service of the user', () => {
    const chart = Testing.chart();
    const service = new kplus.Service(chart, 'Mine', { ports: [{ port: 1234 }] });

    expect(() => small({ service, ports: [{ number: 0 }] }, chart)).toThrow('\'ports.number\' (0)');
  });
});
