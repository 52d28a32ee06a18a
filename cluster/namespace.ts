import { Kubectl } from './kubectl';
import { until } from '../util/wait';

/**
 * Makes kubectl's namespace, and waits until pods can be made in it.
 */
export async function makeNamespace(kubectl: Kubectl, labels: { readonly [key: string]: string } = {}): Promise<void> {
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: kubectl.namespace, labels } }]);
  await until('the namespace has its service account', 30, async () => (await kubectl.run(['get', 'serviceaccount', 'default'])).status === 0, 0.2);
}

/**
 * Does something in a namespace that is made for it, and deleted afterwards, also when it fails or somebody ends the program.
 *
 * @param stop What would go on otherwise.
 */
export async function inNamespace<T>(kubectl: Kubectl, doing: () => Promise<T>, stop: () => void = () => {}): Promise<T> {
  let leaving: Promise<unknown> | undefined;
  const leave = () => leaving ??= (async () => {
    stop();
    kubectl.stop();
    await kubectl.print(['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=120s']);
  })();
  const interrupted = async () => {
    await leave();
    process.exit(1);
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    await makeNamespace(kubectl);
    return await doing();
  } finally {
    await leave();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}
