/**
 * What cdk8s-plus can do with a StatefulSet, it can do with this one.
 */
import { ApiObject, Chart, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Split } from 'cdk8s-sync-async';
import { mainContainer, manifest, podSpec, rendered, small } from './manifest';

test('an autoscaler can decide the number of pods', () => {
  const set = small({ replicas: undefined, split: Split.share(4, 10) });
  new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Hpa', {
    target: set,
    minReplicas: 2,
    maxReplicas: 20,
    metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70))],
  });

  expect(rendered(set, 'HorizontalPodAutoscaler').spec).toMatchObject({
    minReplicas: 2,
    maxReplicas: 20,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.name },
  });
  expect(rendered(set).spec).not.toHaveProperty('replicas');
  expect(rendered(set, 'ConfigMap', 'values').data ?? {}).not.toHaveProperty('INSTANCE');
});

test('an autoscaler and a fixed number of replicas do not go together', () => {
  const set = small({ replicas: 3 });
  new kplus.HorizontalPodAutoscaler(Chart.of(set), 'Hpa', { target: set, maxReplicas: 20, metrics: [kplus.Metric.resourceCpu(kplus.MetricTarget.value(1))] });

  expect(() => Testing.synth(Chart.of(set))).toThrow('HorizontalPodAutoscaler target cannot have a fixed number of replicas (3).');
});

test('a set can be scheduled', () => {
  const set = small();
  set.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('zone', 'a')));
  set.scheduling.tolerate(kplus.Node.tainted(kplus.NodeTaintQuery.is('dedicated', 'vision')));
  set.scheduling.spread({ topology: kplus.Topology.ZONE, weight: 10 });
  const { affinity, tolerations } = podSpec(set);

  expect(affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions)
    .toEqual([{ key: 'zone', operator: 'In', values: ['a'] }]);
  expect(affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution).toHaveLength(1);
  expect(tolerations.map((toleration: any) => toleration.key)).toEqual(['nvidia.com/gpu', 'dedicated']);
});

test('a set can be connected', () => {
  const set = small({ ports: [{ number: 50051 }], isolate: true });
  const client = new kplus.Deployment(Chart.of(set), 'Client', { containers: [{ image: 'client', portNumber: 80 }] });
  set.connections.allowFrom(client);

  expect(manifest(Chart.of(set)).filter(object => object.kind === 'NetworkPolicy').length).toBeGreaterThan(1);
});

test('a Service can select the pods', () => {
  const set = small({ ports: [{ number: 50051 }] });
  new kplus.Service(Chart.of(set), 'Front', { selector: set, ports: [{ port: 80, targetPort: 50051 }] });

  expect(rendered(set, 'Service', 'front').spec.selector).toEqual(rendered(set).spec.selector.matchLabels);
});

test('more containers and volumes can be added', () => {
  const set = small();
  const cache = kplus.Volume.fromEmptyDir(set, 'Cache', 'cache');
  set.addContainer({ name: 'late', image: 'late' }).mount('/cache', cache);
  set.attachContainer(new kplus.Container({ name: 'attached', image: 'attached' }));
  set.addInitContainer({ image: 'init' }).mount('/cache', cache);
  set.addVolume(kplus.Volume.fromEmptyDir(set, 'Other', 'other'));
  set.mainContainer.mount('/cache', cache);
  const spec = podSpec(set);

  expect(spec.containers.map((container: any) => container.name)).toEqual(['main', 'late', 'attached']);
  expect(spec.containers[0].resources).toEqual({ limits: { 'nvidia.com/gpu': 1 } });
  expect(spec.volumes.map((volume: any) => volume.name)).toEqual(expect.arrayContaining(['cache', 'other', 'sync-async-script']));
});

test('the environment can grow', () => {
  const set = small();
  set.mainContainer.env.addVariable('LATE', kplus.EnvValue.fromValue('yes'));

  expect(mainContainer(set).env).toContainEqual({ name: 'LATE', value: 'yes' });
});

test('a role can be bound to the pods', () => {
  const set = small({ automountServiceAccountToken: true, metadata: { namespace: 'vision' } });

  expect(set.toSubjectConfiguration()).toMatchObject({ kind: 'ServiceAccount', name: 'default' });
});

test('spread over nodes and zones is passed on', () => {
  expect(podSpec(small({ spread: true })).affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toHaveLength(2);
});

test('patches have the last word', () => {
  const set = small();
  ApiObject.of(set).addJsonPatch(
    JsonPatch.add('/spec/template/spec/priorityClassName', 'high'),
    JsonPatch.add('/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu', { value: 2 }),
    JsonPatch.remove('/spec/template/spec/securityContext/seccompProfile'),
  );
  ApiObject.of(set.service).addJsonPatch(JsonPatch.add('/spec/publishNotReadyAddresses', true));
  const spec = podSpec(set);

  expect(spec.priorityClassName).toBe('high');
  expect(spec.containers[0].resources.limits).toEqual({ 'nvidia.com/gpu': 2 });
  expect(spec.securityContext).not.toHaveProperty('seccompProfile');
  expect(rendered(set, 'Service').spec.publishNotReadyAddresses).toBe(true);
});
