import { accessSync, constants, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A shell to run the entrypoint with.
 */
export interface Shell {
  readonly name: string;
  /** The program; undefined when this machine lacks it. */
  readonly program?: string;
  /** The name by which it is called: a shell called `sh` may behave differently. */
  readonly calledAs: string;
}

/** The program of this name in PATH. */
export function find(name: string): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    try {
      const path = join(directory, name);
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** The shells that a container image may have as /bin/sh. */
export const SHELLS: Shell[] = [
  { name: 'dash', program: find('dash'), calledAs: 'dash' },
  { name: 'bash', program: find('bash'), calledAs: 'bash' },
  { name: 'bash-as-sh', program: find('bash'), calledAs: 'sh' },
  { name: 'busybox-ash', program: find('busybox'), calledAs: 'sh' },
];

/** Shells of this machine. */
export const FOUND = SHELLS.filter(shell => shell.program);

/** A path in the directory by which the shell can be called under its name. */
export function link(shell: Shell, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, shell.calledAs);
  symlinkSync(shell.program!, path);
  return path;
}
