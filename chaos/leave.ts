import { Owner } from './owner';
import { Kubectl } from '../test/conformance/kubectl';
import { until } from '../test/conformance/wait';

/**
 * Puts back what the run has changed, and tells what it could not. The API server may be away just now, so everything is tried again for a while.
 */
export async function leave(kubectl: Pick<Kubectl, 'namespace' | 'run'>, owner: Owner, closed: string, seconds: number = 120): Promise<string[]> {
  const left: string[] = [];
  const insist = async (what: string, args: string[]) => {
    let said = '';
    await until(what, seconds, async () => {
      const { status, stderr } = await kubectl.run(args);
      said = stderr.trim();
      return status === 0;
    }).catch(() => left.push(`${what} may be left behind: ${said}`));
  };
  await owner.returnNodes().catch((error: Error) => left.push(`a node may still be away: ${error.message}`));
  await insist(`label ${closed} of a node`, ['label', 'nodes', '--all', `${closed}-`, '--request-timeout=10s']);
  await insist(`namespace ${kubectl.namespace}`, ['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=360s']);
  return left;
}
