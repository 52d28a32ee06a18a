import { Kubectl } from '../cluster/kubectl';

/** In etcd, where every pod can read it. */
const KEY = '/chaos/sync';

/**
 * The demand of a system that follows one: how many synchronous pods this run asks for. It speaks etcd's JSON itself; the service's own module
 * would load gRPC for it every time.
 */
export const DEMAND = ['python', '-I', '-S', '-c', `
import base64, http.client, json, os
etcd = http.client.HTTPConnection(os.environ["ETCD"], timeout=5)
etcd.request("POST", "/v3/kv/range", json.dumps({"key": base64.b64encode(b"${KEY}").decode()}))
print(base64.b64decode(json.load(etcd.getresponse())["kvs"][0]["value"]).decode())
`];

/**
 * Asks for so many synchronous pods, from the pod that nobody disturbs.
 */
export async function ask(kubectl: Kubectl, sync: number): Promise<void> {
  await kubectl.print(['exec', 'control', '--', 'python', '-c', 'import sys, registry; registry.etcd().put(*sys.argv[1:])', KEY, String(sync)]);
}
