import { spawn } from 'node:child_process';

/** For what no program can do on every cluster; `{node}` stands for a node's name. */
export interface Commands {
  readonly loseNode?: string;
  readonly returnNode?: string;
  /** Takes the API server away and brings it back. */
  readonly apiDown?: string;
}

/**
 * The cluster's owner, who has given commands.
 */
export class Owner {
  /** Nodes that are away, with the command that has taken them. */
  private readonly lost = new Map<string, Promise<void>>();

  constructor(private readonly commands: Commands) {}

  public get canLoseNode(): boolean {
    return this.commands.loseNode !== undefined && this.commands.returnNode !== undefined;
  }

  public get canStopApi(): boolean {
    return this.commands.apiDown !== undefined;
  }

  public async loseNode(node: string): Promise<void> {
    const losing = shell(this.commands.loseNode!, node);
    this.lost.set(node, losing.catch(() => {})); // at once: whatever comes of the command, the node has to come back
    await losing;
  }

  /**
   * Brings back the nodes that are away, if there are any.
   */
  public async returnNodes(): Promise<void> {
    for (const [node, losing] of this.lost) {
      await losing;
      await shell(this.commands.returnNode!, node);
      this.lost.delete(node);
    }
  }

  public stopApi(): Promise<void> {
    return shell(this.commands.apiDown!);
  }
}

// In a process group of its own: Ctrl-C must not end a command that is about to bring something back.
function shell(command: string, node: string = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command.replaceAll('{node}', () => node)], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let said = '';
    child.stderr.on('data', data => said += data);
    child.on('error', reject);
    child.on('close', status => status === 0 ? resolve() : reject(new Error(`${command} ended with status ${status}: ${said.trim()}`)));
  });
}
