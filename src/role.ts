import { Check } from './check';
import { instanceOf, Known, onlyKnown, references } from './private/checks';
import { Process, ProcessProps, toProcess } from './process';
import { refuseItsName, RoleLabel } from './role-label';

/**
 * One of the two jobs that a pod can have: processes that are started one after another and stopped in reverse order.
 *
 * Refused: props that have a value and are none of these.
 */
export interface RoleProps {
  /**
   * The processes, in the order in which they are started. Each is started when the `ready` check of the one before has succeeded. They are stopped
   * in reverse order, one after another. Those in `sharedProcesses` are started before them, and stopped after them.
   *
   * Refused: no process at all, here and in `sharedProcesses`, and two processes of the same name, here or there.
   *
   * @default - none; only beside `sharedProcesses`.
   */
  readonly processes?: ProcessProps[];

  /**
   * Decides, while all processes run, whether the pod is ready, which puts it into Services and lets a rollout go on.
   *
   * Do not use it to keep asynchronous pods out of a Service: a pod that is never ready stops every rollout.
   *
   * The `ready` checks of `sharedProcesses` have to succeed too, before it.
   *
   * @default - the `ready` checks of all processes; without any, a pod is ready as soon as its processes are started.
   */
  readonly readiness?: Check;

  /**
   * Decides, while all processes run, whether the container must be restarted: after `probes.livenessFailures` failures in a row it is stopped,
   * in order. It does not count during a start, a stop or a move; those have their own timeouts. (Let `probes.livenessFailures` be 2 at least where pods move with
   * `sharedProcesses`: a check that runs when a move begins can fail once.)
   *
   * Refused without a `ready` check of the last process: only that tells when the start is over.
   *
   * @default - the container lives as long as its processes do.
   */
  readonly liveness?: Check;
}

const PROPS: Known<RoleProps> = { processes: true, readiness: true, liveness: true };

/**
 * A role, or what both roles share, checked, in the terms of the entrypoint.
 *
 * @internal
 */
export interface Role {
  readonly name: string;
  readonly processes: Process[];
  readonly readiness: Check[];
  readonly liveness: Check[];
  /** Every check of the role, of its processes too. */
  readonly checks: Check[];
  /** The longest that its stop can take, in seconds, with what is shared. */
  readonly stopSeconds: number;
  readonly arguments: string[];
}

/**
 * The processes of both roles, which come before those of a role.
 *
 * @internal
 */
export function toShared(props: ProcessProps[]): Role {
  const prop = 'sharedProcesses';
  const processes = toProcesses(prop, props);
  if (processes.length === 0) {
    throw new Error(`'${prop}' (${JSON.stringify(props)}) must have at least one process in order for roles to share it. Leave it out where they share none.`);
  }
  if (processes.flatMap(process => process.arguments).flatMap(references).includes('SYNC_INSTANCE')) {
    throw new Error(`'${prop}' ($(SYNC_INSTANCE)) must not use the number of synchronous pods in order to be right after a move: they go on when it changes. Use it in the processes of a role.`);
  }
  return section('shared', processes, processes, processes, {});
}

/**
 * @internal
 */
export function toRole(name: string, props: RoleProps, shared: Process[] = [], label?: RoleLabel): Role {
  const prop = `${name}Role`;
  onlyKnown(prop, props, PROPS);
  const processes = toProcesses(`${prop}.processes`, props.processes ?? [], shared);
  const last = [...shared, ...processes].pop();
  if (!last) {
    throw new Error(`'${prop}.processes' (${JSON.stringify(props.processes)}) must have at least one process in order for a pod to have something to do.`);
  }
  instanceOf(`${prop}.readiness`, props.readiness, Check, 'Check.command([\'true\'])');
  instanceOf(`${prop}.liveness`, props.liveness, Check, 'Check.command([\'true\'])');
  if (props.liveness && !last.ready) {
    throw new Error(`'${prop}.liveness' (${props.liveness._words().join(' ')}) must come with a 'ready' check of the last process (${last.name}) in order to know when the start is over.`);
  }
  if (!label) {
    return section(name, processes, processes, [...shared, ...processes], props);
  }
  refuseItsName(`${prop}.processes`, [...shared, ...processes]);
  const all = label.among(name, processes);
  const role = section(name, processes, all, [...shared, ...all], props);
  return { ...role, readiness: [label.readiness, ...role.readiness] };
}

function toProcesses(prop: string, props: ProcessProps[], before: Process[] = []): Process[] {
  if (!Array.isArray(props)) {
    throw new Error(`'${prop}' (${JSON.stringify(props)}) must be a list of processes in order to have an order.`);
  }
  const processes = props.map((process, i) => toProcess(`${prop}[${i}]`, process));
  const names = [...before, ...processes].map(process => process.name);
  const repeated = names.find((each, i) => names.indexOf(each) !== i);
  if (repeated !== undefined) {
    const all = before.length > 0 ? `${names.join(', ')}, those of 'sharedProcesses' first` : names.join(', ');
    throw new Error(`'${prop}' (${all}) must have different names in order to tell two processes called ${repeated} apart.`);
  }
  return processes;
}

/** What is started is `processes` and perhaps one of the library's; what is stopped with it is also what is shared. */
function section(name: string, processes: Process[], started: Process[], stopped: Process[], { readiness, liveness }: RoleProps): Role {
  const ready = processes.flatMap(process => process.ready ?? []);
  return {
    name,
    processes: started,
    readiness: readiness ? [readiness] : ready,
    liveness: liveness ? [liveness] : [],
    checks: [readiness, liveness, ...ready].flatMap(check => check ?? []),
    stopSeconds: stopped.reduce((sum, process) => sum + process.stopSeconds, 0),
    arguments: [`role=${name}`, ...started.flatMap(process => process.arguments)],
  };
}
