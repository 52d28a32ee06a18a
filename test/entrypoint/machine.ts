import { spawnSync } from 'node:child_process';
import { find, SHELLS } from '../../util/shells';

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

const bash = 'bash that cannot fork tries for half a minute and ends.';
/** Shells that a limit of processes ends. */
export const NO_FORK = { 'bash': bash, 'bash-as-sh': bash };

/** What of all this is missing here, in sentences: a test that is left out is named. */
export const MISSING = [
  ...SHELLS.filter(shell => !shell.program).map(shell => `${shell.name} is not installed, so nothing is proved under it.`),
  ...NO_NAMESPACE ? [`The entrypoint is never PID 1 here. ${NO_NAMESPACE}`] : [],
];
