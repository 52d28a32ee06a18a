import { Kubectl } from './kubectl';
import { until } from '../util/wait';

/**
 * Makes kubectl's namespace, and waits until pods can be made in it.
 */
export async function makeNamespace(kubectl: Kubectl, labels: { readonly [key: string]: string } = {}): Promise<void> {
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: kubectl.namespace, labels } }]);
  await until('the namespace has its service account', 30, async () => (await kubectl.run(['get', 'serviceaccount', 'default'])).status === 0, 0.2);
}
