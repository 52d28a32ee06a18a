import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as policy from 'kubernetes-models/policy/v1';
import * as rbac from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import * as core from 'kubernetes-models/v1';

const MODELS: { [kind: string]: new (object: any) => { validate(): void } } = {
  ConfigMap: core.ConfigMap,
  Deployment: apps.Deployment,
  HorizontalPodAutoscaler: autoscaling.HorizontalPodAutoscaler,
  PodDisruptionBudget: policy.PodDisruptionBudget,
  Role: rbac.Role,
  RoleBinding: rbac.RoleBinding,
  Service: core.Service,
  ServiceAccount: core.ServiceAccount,
  StatefulSet: apps.StatefulSet,
};

/** Throws on every object, parsed from YAML, that is not what the Kubernetes API takes, and on what does not fit together. */
export function validate(objects: any[]): void {
  objects.forEach(object => new MODELS[object.kind](object).validate());
  objects.filter(object => object.spec?.template).forEach(workload => fitting(workload, objects));
}

/** What a schema cannot tell: whether the objects mean each other. */
function fitting(workload: any, objects: any[]): void {
  const named = (kind: string, name: string) => objects.some(object => object.kind === kind && object.metadata.name === name
    && object.metadata.namespace === workload.metadata.namespace);
  const { serviceName, selector, template, volumeClaimTemplates = [] } = workload.spec;
  const { containers, initContainers = [], volumes } = template.spec;

  expect(workload.kind === 'Deployment' || named('Service', serviceName)).toBe(true);
  expect(template.metadata.labels).toMatchObject(selector.matchLabels);
  const volumeNames = [...volumes.map((volume: any) => volume.name), ...volumeClaimTemplates.map((claim: any) => claim.metadata.name)];
  expect(unique(volumeNames)).toBe(true);
  volumes.filter((volume: any) => volume.configMap).forEach((volume: any) => expect(named('ConfigMap', volume.configMap.name)).toBe(true));
  expect(unique([...containers, ...initContainers].map((container: any) => container.name))).toBe(true);
  for (const { volumeMounts = [], env = [], ports = [] } of [...containers, ...initContainers]) {
    expect(volumeNames).toEqual(expect.arrayContaining(volumeMounts.map((mount: any) => mount.name)));
    expect(unique(volumeMounts.map((mount: any) => mount.mountPath.replace(/\/$/, '')))).toBe(true);
    expect(unique(env.map((variable: any) => variable.name))).toBe(true);
    expect(unique(ports.map((port: any) => port.name ?? ''))).toBe(true);
    expect(ports.length < 2 || ports.every((port: any) => port.name)).toBe(true);
  }
}

function unique(values: string[]): boolean {
  return new Set(values).size === values.length;
}
