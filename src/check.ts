import { commandWords } from './private/checks';

/**
 * A check of a process or of a role: a command that is run in the container and exits with 0 for success.
 *
 * Kubernetes' own HTTP, TCP and gRPC probes cannot be used, because all pods of a StatefulSet share one template, and the pods of the other role
 * answer on no port.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command
 */
export class Check {
  /**
   * A check that runs a command in the container, without a shell of its own.
   *
   * The program has to be in the image. It must end by itself: one that takes longer than `probes.timeout` counts as failed.
   *
   * Refused: a list without words, a first word that is empty, begins with a dash or has an equals sign, a NUL or half a character in a word, a word of more than 131071 bytes, and
   * `$(POD_ORDINAL)`, `$(SYNC_ASYNC_ROLE)` and `$(SYNC_ASYNC_SPAWN)`. At synth also `$(NAME)` where NAME is a variable with `valueFrom`, one made of other variables, or one
   * that can come from `envFrom`: the kubelet puts its value into a container's arguments, but not into its probes. Use `sh -c` with `$NAME` instead.
   *
   * @param command The program and its arguments, one word each.
   */
  public static command(command: string[]): Check {
    return new Check(commandWords('command', command));
  }

  private constructor(private readonly words: string[]) {}

  /**
   * @internal
   */
  public _words(): string[] {
    return [...this.words];
  }
}
