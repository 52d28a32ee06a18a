import { ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';

/** Bytes of pods' names, as JSON, that leave room for the rest in the 262144 that `kubectl apply` can keep of an object. */
const MOST_BYTES = 250_000;

/**
 * Lets the pods of a set change themselves, and each other, but nobody else: the right to patch is one to exactly these names.
 *
 * @param names Known only when all objects are there. It must never be empty, since no names would mean all pods of the namespace.
 * @returns What it takes for that.
 */
export function letPatchPods(set: kplus.StatefulSet, account: kplus.IServiceAccount, names: () => string[]): ApiObject[] {
  const { namespace } = set.metadata;
  const role = new kplus.k8s.KubeRole(set, 'Role', {
    metadata: { namespace },
    rules: Lazy.any({ produce: () => [{ apiGroups: [''], resources: ['pods'], verbs: ['patch'], resourceNames: names() }] }),
  });
  const binding = new kplus.k8s.KubeRoleBinding(set, 'RoleBinding', {
    metadata: { namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.name },
    // Without a namespace it is that of the binding.
    subjects: [{ kind: 'ServiceAccount', name: account.name, namespace }],
  });
  return [role, binding];
}

/** The names of so many pods of a set; of one at least. */
export function podNames(set: kplus.StatefulSet, pods: number): string[] {
  return [...Array(Math.max(1, pods)).keys()].map(ordinal => `${set.name}-${ordinal}`);
}

/** Why the names of so many pods do not fit into one Role, if so. */
export function tooManyNames(set: kplus.StatefulSet, pods: number): string[] {
  const longest = set.name.length + 1 + String(pods - 1).length + 3; // quotes and a comma
  return pods * longest <= MOST_BYTES ? [] : [
    `'roleLabel.maxReplicas' (${pods}) must be at most ${Math.floor(MOST_BYTES / longest)} in order for one Role to name every pod of ${set.name}.`,
  ];
}
