import { ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * What a command has said.
 */
export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * kubectl in one namespace.
 */
export class Kubectl {
  private readonly children = new Set<ChildProcess>();

  constructor(public readonly namespace: string) {}

  /**
   * Runs kubectl to its end. A status other than 0 is an answer, not an error.
   */
  public run(args: string[], input?: string): Promise<Output> {
    return new Promise((resolve, reject) => {
      const child = this.start(args);
      const output = { stdout: '', stderr: '' };
      child.stdout!.on('data', data => output.stdout += data);
      child.stderr!.on('data', data => output.stderr += data);
      child.on('error', reject);
      child.on('close', status => resolve({ status: status ?? 1, ...output }));
      child.stdin!.on('error', () => {}); // it has ended before it read everything, and its status tells why
      child.stdin!.end(input ?? '');
    });
  }

  /**
   * Runs kubectl, which has to succeed, and returns what it printed.
   */
  public async print(args: string[], input?: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, input);
    if (status !== 0) {
      throw new Error(`kubectl ${args.join(' ')} ended with status ${status}: ${stderr.trim()}`);
    }
    return stdout;
  }

  public async json(args: string[]): Promise<any> {
    return JSON.parse(await this.print([...args, '--output=json']));
  }

  /**
   * Applies objects the way a user does, with strict field validation.
   */
  public apply(objects: any[], ...options: string[]): Promise<string> {
    return this.print(['apply', '--validate=strict', '--filename=-', ...options], list(objects));
  }

  /**
   * Deletes objects, those that are there, and does not wait until they are gone.
   */
  public delete(objects: any[]): Promise<string> {
    return this.print(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], list(objects));
  }

  /**
   * Runs kubectl until it ends by itself, and hands out each line as it comes.
   */
  public follow(args: string[], onLine: (line: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.start(args);
      child.stdin!.end();
      child.stderr!.resume();
      child.on('error', reject);
      createInterface({ input: child.stdout! }).on('line', onLine).on('close', resolve);
    });
  }

  /**
   * Ends whatever is still running.
   */
  public stop(): void {
    for (const child of this.children) {
      child.kill();
    }
  }

  // In a process group of its own, so that Ctrl-C reaches this program alone, which then still needs kubectl to clean up.
  private start(args: string[]): ChildProcess {
    const child = spawn('kubectl', ['--namespace', this.namespace, ...args], { stdio: 'pipe', detached: true });
    this.children.add(child);
    child.on('close', () => this.children.delete(child));
    return child;
  }
}

function list(items: any[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
