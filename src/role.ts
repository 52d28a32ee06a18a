import { Check } from './check';
import { instanceOf } from './private/checks';
import { ProcessProps, toProcess } from './process';

/**
 * One of the two jobs that a pod can have: processes that are started one after another and stopped in reverse order.
 */
export interface RoleProps {
  /**
   * The processes, in the order in which they are started. Each is started when the `ready` check of the one before has succeeded. They are stopped
   * in reverse order, one after another.
   *
   * Refused: a list without processes, and two processes of the same name.
   */
  readonly processes: ProcessProps[];

  /**
   * Decides, while all processes run, whether the pod is ready, which puts it into Services and lets a rollout go on.
   *
   * Do not use it to keep asynchronous pods out of a Service: a pod that is never ready stops every rollout.
   *
   * @default - the `ready` checks of all processes; without any, a pod is ready as soon as its processes are started.
   */
  readonly readiness?: Check;

  /**
   * Decides, while all processes run, whether the container must be started again: after `probes.livenessFailures` failures in a row it is stopped,
   * in order. It is not asked during a start or a stop; those have their own timeouts.
   *
   * Refused without a `ready` check of the last process: only that tells when the start is over.
   *
   * @default - the container lives as long as its processes do.
   */
  readonly liveness?: Check;
}

/**
 * A role, checked, in the terms of the entrypoint.
 *
 * @internal
 */
export interface Role {
  readonly name: string;
  readonly readiness: Check[];
  readonly liveness: Check[];
  /** Every check of the role, of its processes too. */
  readonly checks: Check[];
  /** The longest that its stop can take, in seconds. */
  readonly stopSeconds: number;
  readonly arguments: string[];
}

/**
 * @internal
 */
export function toRole(name: string, props: RoleProps): Role {
  const prop = `${name}Role`;
  if (!Array.isArray(props.processes) || props.processes.length === 0) {
    throw new Error(`'${prop}.processes' (${JSON.stringify(props.processes)}) must have at least one process in order for a pod to have something to do.`);
  }
  instanceOf(`${prop}.readiness`, props.readiness, Check, 'Check.command([\'true\'])');
  instanceOf(`${prop}.liveness`, props.liveness, Check, 'Check.command([\'true\'])');
  const processes = props.processes.map((process, i) => toProcess(`${prop}.processes[${i}]`, process));
  const names = processes.map(process => process.name);
  const repeated = names.find((each, i) => names.indexOf(each) !== i);
  if (repeated !== undefined) {
    throw new Error(`'${prop}.processes' (${names.join(', ')}) must have different names in order to tell two processes called ${repeated} apart.`);
  }
  const last = processes[processes.length - 1];
  if (props.liveness && !last.ready) {
    throw new Error(`'${prop}.liveness' (${props.liveness._words().join(' ')}) must come with a 'ready' check of the last process (${last.name}) in order to know when the start is over.`);
  }
  const ready = processes.flatMap(process => process.ready ?? []);

  return {
    name,
    readiness: props.readiness ? [props.readiness] : ready,
    liveness: props.liveness ? [props.liveness] : [],
    checks: [props.readiness, props.liveness, ...ready].flatMap(check => check ?? []),
    stopSeconds: processes.reduce((sum, process) => sum + process.stopSeconds, 0),
    arguments: [`role=${name}`, ...processes.flatMap(process => process.arguments)],
  };
}
