import { Duration } from 'cdk8s';
import { Check } from './check';
import { commandWords, dnsLabel, instanceOf, oneOf, wholeSeconds } from './private/checks';

/**
 * What the entrypoint does when a process ends without having been asked to.
 */
export enum Restart {
  /**
   * The container ends: the other processes are stopped in order, and the kubelet starts the container again. The exit status is that of the
   * process, or 1 if that was 0.
   */
  NEVER = 'never',

  /**
   * The process alone is started again, after 1 second at first, then after twice as long each time, up to 30 seconds; after a minute of
   * running the wait is 1 second again. For helpers that the role can do without for a while, such as a registrar.
   */
  ALWAYS = 'always',
}

/**
 * Signals that can ask a process to stop. KILL and STOP are not among them: no process can hear them, so nothing would be finished.
 */
export enum StopSignal {
  /** What most programs take as the wish to finish what they have and end. */
  TERM = 'TERM',
  /** The keyboard's Ctrl-C, which some servers take as a fast stop. */
  INT = 'INT',
  /** A graceful stop for nginx and others, a cold one for Celery. */
  QUIT = 'QUIT',
  /** Hang-up. */
  HUP = 'HUP',
  /** Means what the program says it means. */
  USR1 = 'USR1',
  /** Means what the program says it means. */
  USR2 = 'USR2',
  /** A graceful stop for Apache's httpd and for PHP-FPM's relatives. */
  WINCH = 'WINCH',
}

/**
 * Signals to the container that can be passed on to a process.
 */
export enum ForwardSignal {
  /** Usually: read the configuration again. To a container where no process lists it, it is a stop signal. */
  HUP = 'HUP',
  /** Means what the program says it means; often: open the log files again. */
  USR1 = 'USR1',
  /** Means what the program says it means; often: replace the program. */
  USR2 = 'USR2',
  /** Means what the program says it means; often: end idle workers. */
  WINCH = 'WINCH',
}

/**
 * A process of a role. It is started by the entrypoint as its direct child, without a shell.
 */
export interface ProcessProps {
  /**
   * Name of the process in logs and in the pod's termination message.
   *
   * Refused: what is no DNS label, and the same name twice in one role.
   */
  readonly name: string;

  /**
   * The program and its arguments, one word each. No shell reads them; use `['sh', '-c', 'exec ...']` where one is needed, with an `exec`, so
   * that the program and not the shell gets the stop signal.
   *
   * As in every container, the kubelet replaces `$(NAME)` by the value of that environment variable (one word, whatever it holds), and `$$(NAME)`
   * by `$(NAME)`.
   *
   * Refused: a list without words, a first word that is empty, begins with a dash or has an equals sign, a NUL or half a character in a word, a word of more than
   * 131071 bytes, and `$(POD_ORDINAL)` and `$(SYNC_ASYNC_ROLE)`, which the kubelet does not know: use `sh -c` with `$POD_ORDINAL`. At synth also
   * `$(SYNC_INSTANCE)` without a count, and `$(INSTANCE)` with an autoscaler.
   *
   * @see https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/#use-environment-variables-to-define-arguments
   */
  readonly command: string[];

  /**
   * Tells when the process can do its work. It is asked every second; the next process is started when it has succeeded once, and the pod counts as
   * running when that of the last process has. Afterwards it is part of the role's readiness, unless the role has a `readiness` of its own.
   *
   * @default - ready as soon as it is started.
   */
  readonly ready?: Check;

  /**
   * Time for `ready` to succeed, in whole seconds, at least 1. After it the container ends with status 70.
   *
   * Refused without `ready`: nothing would be waited for.
   *
   * @default Duration.minutes(10)
   */
  readonly startTimeout?: Duration;

  /**
   * Wait between the end of the process that is stopped before this one and this one's stop signal, in whole seconds. A server needs some when
   * clients have to notice first that it has been deregistered. It is cut short when the process ends, and left out when it has ended already.
   *
   * @default Duration.seconds(0)
   */
  readonly stopDelay?: Duration;

  /**
   * Signal that asks the process to stop. It goes to the process alone, never to its children.
   *
   * INT and QUIT need a shell or an `env` in the image that can give them back to a background process (bash, mksh, yash, or coreutils 8.31);
   * without one the container refuses to start, with status 64.
   *
   * @default StopSignal.TERM
   */
  readonly stopSignal?: StopSignal;

  /**
   * Time to end after the stop signal, in whole seconds, at least 1. A process that takes longer is killed, and the container's exit status tells
   * of it with 70. Give an asynchronous worker as long as its longest job.
   *
   * @default Duration.seconds(30)
   */
  readonly stopTimeout?: Duration;

  /**
   * What happens when the process ends without having been asked to.
   *
   * @default Restart.NEVER
   */
  readonly restart?: Restart;

  /**
   * Signals to the container that are passed on to this process, for example by `kubectl exec POD -- sh -c 'kill -s USR1 1'`.
   *
   * A HUP that no process lists stops the container; of the others nothing is heard.
   *
   * @default - none.
   */
  readonly forwardSignals?: ForwardSignal[];
}

/**
 * A process, checked, in the terms of the entrypoint.
 *
 * @internal
 */
export interface Process {
  readonly name: string;
  readonly ready?: Check;
  /** The longest that its stop can take, in seconds. */
  readonly stopSeconds: number;
  readonly arguments: string[];
}

/**
 * @internal
 */
export function toProcess(prop: string, props: ProcessProps): Process {
  if (!props) {
    throw new Error(`'${prop}' (${props}) must be a process in order to be started.`);
  }
  const name = dnsLabel(`${prop}.name`, props.name);
  const command = commandWords(`${prop}.command`, props.command);
  instanceOf(`${prop}.ready`, props.ready, Check, 'Check.command([\'true\'])');
  const startTimeout = wholeSeconds(`${prop}.startTimeout`, props.startTimeout ?? Duration.minutes(10), 1);
  if (props.startTimeout && !props.ready) {
    throw new Error(`'${prop}.startTimeout' (${props.startTimeout.toHumanString()}) must come with a 'ready' check in order to have something to wait for.`);
  }
  const stopDelay = wholeSeconds(`${prop}.stopDelay`, props.stopDelay ?? Duration.seconds(0), 0);
  const stopTimeout = wholeSeconds(`${prop}.stopTimeout`, props.stopTimeout ?? Duration.seconds(30), 1);
  const stopSignal = props.stopSignal ?? StopSignal.TERM;
  oneOf(`${prop}.stopSignal`, stopSignal, StopSignal, 'to be heard by the process');
  const restart = props.restart ?? Restart.NEVER;
  oneOf(`${prop}.restart`, restart, Restart, 'to know what to do when the process ends');
  const forward = [...new Set(props.forwardSignals ?? [])];
  forward.forEach(signal => oneOf(`${prop}.forwardSignals`, signal, ForwardSignal, 'to be passed on'));

  return {
    name,
    ready: props.ready,
    stopSeconds: stopDelay + stopTimeout,
    // The values are written out where they are the defaults too, so that the manifest tells all there is to know.
    arguments: [
      `process=${name}`,
      ...props.ready ? [`start-timeout=${startTimeout}`] : [],
      `stop-delay=${stopDelay}`,
      `stop-signal=${stopSignal}`,
      `stop-timeout=${stopTimeout}`,
      `restart=${restart}`,
      ...forward.length > 0 ? [`forward=${forward.join(',')}`] : [],
      ...props.ready ? countedWords('ready', props.ready._words()) : [],
      ...countedWords('command', command),
    ],
  };
}

/**
 * A command as the entrypoint reads it: how many words, then the words. Quoting would not do, because the kubelet puts values into them, and a value
 * with a blank or a quote has to stay one word.
 *
 * @internal
 */
export function countedWords(key: string, words: string[]): string[] {
  return [`${key}=${words.length}`, ...words];
}
