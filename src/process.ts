import { Duration } from 'cdk8s';
import { Check } from './check';
import { commandWords, dnsLabel, instanceOf, Known, oneOf, onlyKnown, wholeSeconds } from './private/checks';

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
   * running the wait is 1 second again. What the dead process left behind is stopped first, so that a child that still holds a port does not keep the
   * new one from it. For helpers that the role can do without for a while, such as a registrar.
   */
  ALWAYS = 'always',
}

/**
 * Signals that can ask a process to stop. KILL and STOP are not among them: no process can handle them, so nothing would be finished.
 *
 * INT and QUIT are special, because a shell starts its background processes with both ignored. Where `/bin/sh` is bash, or the image has an `env` with
 * `--default-signal` (coreutils 8.31), the entrypoint undoes that before the program starts. Elsewhere, for example with busybox in an Alpine image, it
 * depends on the program. One that installs a handler of its own gets the signal: nginx, gunicorn and Celery do, and Go programs with `signal.Notify`. One that
 * still ignores the signal at the moment of its stop gets TERM instead, and a log line says so.
 */
export enum StopSignal {
  /** The usual request to finish the work at hand and exit. */
  TERM = 'TERM',
  /** The keyboard's Ctrl-C, a fast stop for some servers. Not every program gets it: see `StopSignal`. */
  INT = 'INT',
  /** A graceful stop for nginx and PHP-FPM, a fast one for gunicorn and Celery. Not every program gets it: see `StopSignal`. */
  QUIT = 'QUIT',
  /** Hang-up. Most programs that handle it read their configuration again, and do not stop. */
  HUP = 'HUP',
  /** Means what the program says it means. */
  USR1 = 'USR1',
  /** Means what the program says it means. */
  USR2 = 'USR2',
  /** A graceful stop for Apache's httpd. */
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
  /**
   * Means what the program says it means.
   *
   * Do not replace a running gunicorn or nginx by it. They start a second master process, a child of the first, and the entrypoint watches the first. When
   * that ends, the process has ended, and the second master is what it left behind: it gets the stop signal, what is left of the stop timeout, and then KILL.
   * Then the container ends, or with `Restart.ALWAYS` the process is started again. Use a rollout: a new version of the program is a new image, which the
   * StatefulSet brings to one pod after another. For a new configuration HUP is enough.
   *
   * @see https://nginx.org/en/docs/control.html#upgrade
   */
  USR2 = 'USR2',
  /** Means what the program says it means; often: stop the workers gracefully, and keep the master. */
  WINCH = 'WINCH',
}

/**
 * A process of a role. It is started by the entrypoint as its direct child, without a shell.
 *
 * Signals go to the process alone: the children of a pool are stopped by their parent, and lose their work when they get a TERM beside it. But a process has
 * ended only when what it left behind has ended too: orphans that have come to PID 1 since its stop signal, or that are there when it dies by itself. They are
 * logged, get the stop signal and what is left of the stop timeout, and are killed after it. Only then the next process is stopped, or this one started again.
 *
 * Refused: props that have a value and are none of these.
 */
export interface ProcessProps {
  /**
   * Name of the process in logs and in the pod's termination message.
   *
   * Refused: what is no DNS label, and the same name twice in one role.
   */
  readonly name: string;

  /**
   * The program and its arguments, one word each. It has to stay in the foreground: one that puts itself into the background counts as ended.
   *
   * No shell reads the words. Where one is needed, use `['sh', '-c', '... exec program']`: with `exec` the program takes the place of the shell. Without it, as in
   * `['sh', '-c', 'program; cleanup']`, the shell is the process, and the program only its child. The stop signal ends the shell, so `cleanup` does not run and the
   * program's exit status is lost; the program gets the signal after that, as something left behind. A `trap` in the shell is worse: it waits for the
   * program, which nobody asks to end before the stop timeout is over. Signals of `forwardSignals` reach only the shell, and all but WINCH end it.
   *
   * As in every container, the kubelet replaces `$(NAME)` by the value of that environment variable (one word, whatever it holds), and `$$(NAME)`
   * by `$(NAME)`.
   *
   * Refused: a list without words, a first word that is empty, begins with a dash or has an equals sign, a NUL or half a character in a word, a word of more than
   * 131071 bytes, and `$(POD_ORDINAL)`, `$(SYNC_ASYNC_ROLE)` and `$(SYNC_ASYNC_SPAWN)`, which the kubelet does not know: use `sh -c` with `$POD_ORDINAL`. At synth also
   * `$(SYNC_INSTANCE)` without a count, and `$(INSTANCE)` with an autoscaler.
   *
   * @see https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/#use-environment-variables-to-define-arguments
   */
  readonly command: string[];

  /**
   * Tells when the process can do its work. It is run every second. The next process is started when it has succeeded once, and the pod counts as
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
   * Wait between the end of the process that is stopped before this one and this one's stop signal, in whole seconds. A server needs it when
   * clients have to notice first that it has been deregistered. It is cut short when the process ends, and left out when it has ended already.
   *
   * @default Duration.seconds(0)
   */
  readonly stopDelay?: Duration;

  /**
   * Signal that asks the process to stop. It goes to the process alone; to what it leaves behind, once it has ended.
   *
   * A process that ignores INT or QUIT gets TERM instead: see `StopSignal`.
   *
   * @default StopSignal.TERM
   */
  readonly stopSignal?: StopSignal;

  /**
   * Time to end after the stop signal, in whole seconds, at least 1, for the process and what it leaves behind. What takes longer is killed, and the container
   * exits with status 70. Give an asynchronous worker as long as its longest job.
   *
   * @default Duration.seconds(30)
   */
  readonly stopTimeout?: Duration;

  /**
   * What happens when the process, and what it left behind, has ended without having been asked to.
   *
   * @default Restart.NEVER
   */
  readonly restart?: Restart;

  /**
   * Signals to the container that are passed on to this process, for example by `kubectl exec POD -- sh -c 'kill -s USR1 1'`.
   *
   * A HUP that no process lists stops the container. The others are ignored then.
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
  /** The longest that its start can take, in seconds. */
  readonly startSeconds: number;
  /** The longest that its stop can take, in seconds. */
  readonly stopSeconds: number;
  readonly arguments: string[];
}

const PROPS: Known<ProcessProps> = {
  name: true,
  command: true,
  ready: true,
  startTimeout: true,
  stopSignal: true,
  stopTimeout: true,
  stopDelay: true,
  restart: true,
  forwardSignals: true,
};

/**
 * @internal
 */
export function toProcess(prop: string, props: ProcessProps): Process {
  if (!props) {
    throw new Error(`'${prop}' (${props}) must be a process in order to be started.`);
  }
  onlyKnown(prop, props, PROPS);
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
  oneOf(`${prop}.stopSignal`, stopSignal, StopSignal, 'for the process to handle it');
  const restart = props.restart ?? Restart.NEVER;
  oneOf(`${prop}.restart`, restart, Restart, 'to know what to do when the process ends');
  const forward = [...new Set(props.forwardSignals ?? [])];
  forward.forEach(signal => oneOf(`${prop}.forwardSignals`, signal, ForwardSignal, 'to be passed on'));

  return {
    name,
    ready: props.ready,
    startSeconds: props.ready ? startTimeout : 0,
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
