import { Kubectl } from './kubectl';

/**
 * Makes sure that there is a cluster to work on, which answers with its version and its nodes, and says what is missing otherwise.
 */
export async function meet(kubectl: Kubectl): Promise<{ readonly version: string; readonly nodes: any[] }> {
  if (!process.env.KUBECONFIG) {
    throw new Error('KUBECONFIG must name the kubeconfig of a cluster to try the library on');
  }
  const { status, stdout, stderr } = await kubectl.run(['version', '--output=json']).catch(() => { throw new Error('kubectl must be on the PATH'); });
  if (status !== 0) {
    throw new Error(`the cluster of KUBECONFIG (${process.env.KUBECONFIG}) must answer: ${stderr.trim()}`);
  }
  return { version: JSON.parse(stdout).serverVersion.gitVersion, nodes: (await kubectl.json(['get', 'nodes'])).items };
}
