import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';

/**
 * A registry in memory: as much of etcd's JSON as the registrar and the clients of the OCR example speak.
 *
 * @see https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
export class Registry {
  /** Starts one on a free port of this machine. */
  public static async start(): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>(resolve => registry.server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  private readonly entries = new Map<string, { readonly value: string; readonly lease: string }>();
  private readonly server: Server;
  private leases = 0;

  private constructor() {
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const answer = this.answer(request.url!, body === '' ? {} : JSON.parse(body));
      response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? {}));
    });
  }

  /** HOST:PORT */
  public get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  // Keys and values are in base64. One key is asked for, or all by a prefix that they have.
  private answer(path: string, { key, value, lease, ID, range_end: end }: any): object | undefined {
    switch (path) {
      case '/version': return { etcdserver: '3.5.21' };
      case '/v3/lease/grant': return { ID: `${++this.leases}`, TTL: '10' };
      case '/v3/lease/keepalive': return { result: { ID, TTL: '10' } };
      case '/v3/kv/put':
        this.entries.set(key, { value, lease: `${lease}` });
        return {};
      case '/v3/kv/range': {
        const found = [...this.entries].filter(([each]) => end !== undefined || each === key);
        return found.length > 0 ? { kvs: found.map(([each, entry]) => ({ key: each, value: entry.value })) } : {};
      }
      case '/v3/kv/lease/revoke':
        [...this.entries].filter(([, entry]) => entry.lease === `${ID}`).forEach(([each]) => this.entries.delete(each));
        return {};
      default: return undefined;
    }
  }
}
