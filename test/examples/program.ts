import { ChildProcess, spawn } from 'node:child_process';
import { until } from '../../util/wait';

/**
 * A program that runs, and what it has written.
 */
export class Program {
  public output = '';
  private status?: number | string;
  private readonly child: ChildProcess;

  constructor(command: string[], cwd: string, env: Record<string, string>) {
    this.child = spawn(command[0], command.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', data => this.output += data);
    this.child.stderr!.on('data', data => this.output += data);
    this.child.on('error', error => this.output += error.stack);
    this.child.on('close', (status, signal) => this.status = status ?? signal!);
  }

  /** Waits until it has written this. */
  public async writes(what: RegExp, seconds: number = 60): Promise<void> {
    await until(() => `${what} in\n${this.output}`, seconds, () => what.test(this.output), 0.05);
  }

  public signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for its end: its status, or the signal that it died of. */
  public async ended(seconds: number = 60): Promise<number | string> {
    await until(() => `the end of a program that has written\n${this.output}`, seconds, () => this.status !== undefined, 0.05);
    return this.status!;
  }
}
