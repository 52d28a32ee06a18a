import { Trial } from './check';
import { Kubectl } from '../../cluster/kubectl';
import { makeNamespace } from '../../cluster/namespace';

/** Where every Linux has a directory that outlives a reboot. */
const ROOT = '/var/tmp';

/**
 * A small provisioner, for clusters that have none: local volumes on each node, in directories that a pod makes, and takes away at its end. All of it belongs to the namespace of the checks, and
 * goes with it.
 *
 * @returns The storage class of the volumes.
 */
export async function makeVolumes(trial: Trial, perNode: number): Promise<string> {
  const { kubectl, image } = trial.cluster;
  const name = `${kubectl.namespace}-volumes`;
  const { metadata: { uid } } = await kubectl.json(['get', 'namespace', kubectl.namespace]);
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Namespace', name: kubectl.namespace, uid }];
  const nodes = (await kubectl.json(['get', 'nodes'])).items
    .filter(({ spec }: any) => !spec.unschedulable && !(spec.taints ?? []).some((taint: any) => taint.effect !== 'PreferNoSchedule'))
    .map((node: any) => node.metadata.name);

  const own = new Kubectl(name);
  await makeNamespace(own, { 'pod-security.kubernetes.io/enforce': 'privileged' });
  await own.print(['patch', 'namespace', name, '--patch', JSON.stringify({ metadata: { ownerReferences } })]);
  await own.apply(nodes.map((node: string) => makerOf(node, image, perNode, name)));
  await own.print(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
  await kubectl.apply([
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name, ownerReferences },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    ...nodes.flatMap((node: string) => [...Array(perNode).keys()].map(i => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${name}-${node}-${i}`, ownerReferences },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: name,
        local: { path: `${ROOT}/${name}/${node}/${i}` },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } },
      },
    }))),
  ]);
  return name;
}

/** A pod that makes empty directories on its node, as only root may write to them, and takes them away when it is deleted. */
function makerOf(node: string, image: string, directories: number, name: string): any {
  const own = `/host/${name}/${node}`;
  const make = [...Array(directories).keys()].map(i => `${own}/${i}`).join(' ');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `maker-${node}` },
    spec: {
      nodeName: node,
      containers: [{
        name: 'maker',
        image,
        command: ['sh', '-c', `trap 'rm -r ${own}; rmdir /host/${name}; exit 0' TERM; mkdir -p ${make} && echo made; while :; do sleep 1000 & wait $!; done`],
        securityContext: { runAsUser: 0 },
        readinessProbe: { exec: { command: ['test', '-d', `${own}/${directories - 1}`] }, periodSeconds: 1 },
        volumeMounts: [{ name: 'host', mountPath: '/host' }],
      }],
      volumes: [{ name: 'host', hostPath: { path: ROOT, type: 'Directory' } }],
    },
  };
}
