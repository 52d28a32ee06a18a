import { Kubectl, Output } from '../../cluster/kubectl';
import { meet } from '../../cluster/meet';

const VERSION = JSON.stringify({ serverVersion: { gitVersion: 'v1.35.4' } });

/** A kubectl of a cluster with two nodes, that answers like this when it is asked for the version. */
function kubectl(answer: Partial<Output> | Error): Kubectl {
  return {
    run: async () => {
      if (answer instanceof Error) {
        throw answer;
      }
      return { status: 0, stdout: VERSION, stderr: '', ...answer };
    },
    json: async () => ({ items: ['one', 'two'] }),
  } as unknown as Kubectl;
}

describe('A cluster', () => {
  const before = process.env.KUBECONFIG;

  beforeEach(() => { process.env.KUBECONFIG = '/kubeconfig'; });

  afterAll(() => {
    if (before === undefined) {
      delete process.env.KUBECONFIG;
    } else {
      process.env.KUBECONFIG = before;
    }
  });

  test('tells its version and its nodes', async () => {
    expect(await meet(kubectl({}))).toEqual({ version: 'v1.35.4', nodes: ['one', 'two'] });
  });

  test('must be named, or kubectl would take one that nobody meant', async () => {
    delete process.env.KUBECONFIG;
    await expect(meet(kubectl({}))).rejects.toThrow('KUBECONFIG must name the kubeconfig');
  });

  test('must answer', async () => {
    await expect(meet(kubectl({ status: 1, stdout: '', stderr: 'refused\n' }))).rejects.toThrow(/KUBECONFIG \(\/kubeconfig\) must answer: refused$/);
  });

  test('takes kubectl', async () => {
    await expect(meet(kubectl(new Error('ENOENT')))).rejects.toThrow('kubectl must be on the PATH');
  });
});
