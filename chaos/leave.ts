import { Owner } from './owner';
import { Kubectl } from '../cluster/kubectl';
import { until } from '../util/wait';

/**
 * Puts back what the run has changed, and tells what it could not. The API server may be away just now, so everything is tried again for a while.
 */
export async function leave(kubectl: Pick<Kubectl, 'namespace' | 'print'>, owner: Owner, closed: string, seconds: number = 120): Promise<string[]> {
  const left: string[] = [];
  const insist = async (otherwise: string, doing: () => Promise<unknown>) => {
    let said = '';
    await until(otherwise, seconds, () => doing().then(() => true, ({ message }: Error) => { said = message; })).catch(() => left.push(`${otherwise}: ${said}`));
  };
  await insist('a node may still be away', () => owner.returnNodes());
  await insist(`label ${closed} of a node may be left behind`, () => kubectl.print(['label', 'nodes', '--all', `${closed}-`, '--request-timeout=10s']));
  await insist(`namespace ${kubectl.namespace} may be left behind`,
    () => kubectl.print(['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=360s']));
  return left;
}
