import { spawnSync } from 'node:child_process';
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
  /** Must pass every scenario, and not only should. */
  readonly required: boolean;
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
  { name: 'dash', program: find('dash'), calledAs: 'dash', required: true },
  { name: 'bash', program: find('bash'), calledAs: 'bash', required: true },
  { name: 'bash-as-sh', program: find('bash'), calledAs: 'sh', required: true },
  { name: 'busybox-ash', program: find('busybox'), calledAs: 'sh', required: true },
  { name: 'mksh', program: find('mksh'), calledAs: 'mksh', required: false },
  { name: 'ksh93', program: find('ksh93'), calledAs: 'ksh93', required: false },
  { name: 'yash', program: find('yash'), calledAs: 'yash', required: false },
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

/**
 * How a process becomes PID 1 of a namespace of its own; undefined where the machine does not allow it.
 */
export const NAMESPACE: { readonly enter: string[]; readonly join: (pid: number) => string[] } | undefined = (() => {
  // The namespace goes with its `unshare`, and that with the test.
  const own = [find('setpriv') ?? 'setpriv', '--pdeathsig', 'KILL', find('unshare') ?? 'unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const works = (command: string[]) => spawnSync(command[0], [...command.slice(1), 'true']).status === 0;
  if (works(own)) return { enter: own, join: (pid: number) => ['nsenter', '-t', `${pid}`, '-p', '-m'] };
  const asUser = [...own, '--user', '--map-root-user'];
  if (works(asUser)) return { enter: asUser, join: (pid: number) => ['nsenter', '-t', `${pid}`, '-U', '--preserve-credentials', '-p', '-m'] };
  return undefined;
})();

/** Why the number of processes of a life cannot be limited here, if so: root is not limited, so it takes root to become another user. */
export const NO_LIMITS = process.getuid?.() === 0 && ['prlimit', 'setpriv'].every(find) ? undefined : 'This takes root, prlimit and setpriv.';

/** Why the entrypoint is never PID 1 here, if so. */
export const NO_NAMESPACE = NAMESPACE ? undefined : 'This machine gives out no PID namespaces (unshare --pid).';

const bash = 'A bash that cannot fork tries for half a minute and ends.';
/** Shells that a limit of processes ends. */
export const NO_FORK = { 'bash': bash, 'bash-as-sh': bash };

/** What of all this is missing here, in sentences: a test that is left out is named. */
export const MISSING = [
  ...SHELLS.filter(shell => !shell.program).map(shell => `${shell.name} is not installed, so nothing is proved under it.`),
  ...NO_NAMESPACE ? [`The entrypoint is never PID 1 here. ${NO_NAMESPACE}`] : [],
];
