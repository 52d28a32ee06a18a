import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, Server } from 'node:https';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uptime } from '../entrypoint/harness';

/** A certificate for loopback addresses, made anew for each run; undefined where this machine has no openssl to make one. */
export const CERTIFICATE = makeCertificate();

/** Why nothing can be proved here, if so. */
export const NO_OPENSSL = CERTIFICATE ? undefined : 'This machine has no openssl to make a certificate with.';

export interface Request {
  /** In seconds, as events have it. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** How a request is answered: not at all, or with a status, other than 200 with a message. */
export type Answer = 'never' | {
  readonly status: number;
  readonly message?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Seconds until then. */
  readonly after?: number;
  /** It does what is asked even when nobody waits for the answer any more. */
  readonly regardless?: boolean;
};

/** Below the ports that the kernel gives to whoever asks for any: else it gives one away while its server is away. Random for the sake of several runs at once. */
let nextPort = 20_000 + Math.floor(Math.random() * 10_000);

/** What the API server says in place of a pod. */
function failure({ status, message = 'no reason' }: Exclude<Answer, 'never'>): string {
  return `${JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: status })}\n`;
}

/**
 * What of an API server the label's program meets: HTTPS on a loopback address. It keeps the label as a real one would, and can be away.
 */
export class ApiServer {
  public static async start(host: string = '127.0.0.1'): Promise<ApiServer> {
    for (;;) {
      const made = new ApiServer(host, nextPort++);
      try {
        await made.comeBack();
        return made;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  public readonly requests: Request[] = [];
  /** Every value that the label has had; null is none. */
  public readonly labels: (string | null)[] = [];
  /** For the next requests, one after another; the last one for all after it as well. */
  public answers: Answer[] = [{ status: 200 }];
  private server?: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(public readonly host: string, public readonly port: number) {}

  /** Nobody listens any more. */
  public async goAway(): Promise<void> {
    this.sockets.forEach(socket => socket.destroy());
    await new Promise(resolve => this.server!.close(resolve));
  }

  public async comeBack(): Promise<void> {
    this.server = createServer({ ...CERTIFICATE }, (request, response) => {
      let body = '';
      request.on('data', data => body += data);
      request.on('end', () => {
        this.requests.push({ at: uptime(), method: request.method!, url: request.url!, headers: request.headers, body });
        const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0];
        if (answer === 'never') return;
        setTimeout(() => {
          if (response.destroyed && !answer.regardless) return;
          const pod = answer.status === 200 ? this.change(body) : failure(answer);
          response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
          response.end(pod);
        }, (answer.after ?? 0) * 1000);
      });
    });
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => this.server!.once('error', reject).listen(this.port, this.host, resolve));
  }

  /** The label as it is. */
  public get label(): string | null | undefined {
    return this.labels.at(-1);
  }

  /** A pod as large as one can be, with all that is in the patch, in one line. */
  private change(body: string): string {
    const { metadata } = JSON.parse(body);
    this.labels.push(metadata.labels['cdk8s-sync-async/role']);
    return `${JSON.stringify({ kind: 'Pod', apiVersion: 'v1', metadata, spec: { containers: [{ name: 'main', args: ['"message":"x" '.repeat(10_000)] }] } })}\n`;
  }
}

function makeCertificate(): { readonly key: string; readonly cert: string } | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const paths = [join(directory, 'key'), join(directory, 'cert')];
    const { status } = spawnSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1',
      '-keyout', paths[0], '-out', paths[1],
    ]);
    return status === 0 ? { key: readFileSync(paths[0], 'utf8'), cert: readFileSync(paths[1], 'utf8') } : undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
