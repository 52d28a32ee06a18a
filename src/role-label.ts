import { createHash } from 'node:crypto';
import { Duration } from 'cdk8s';
import { Check } from './check';
import { MAX_NUMBER, wholeNumber, wholeSeconds } from './private/checks';
import { API_DIR, RUN_DIR } from './private/directories';
import { ROLE_LABEL_SCRIPT } from './private/role-label-script';
import { Process, toProcess } from './process';

/**
 * Options for the label that tells the role of a pod.
 */
export interface RoleLabelOptions {
  /**
   * How long a synchronous pod works on when its label is gone, in whole seconds, before the next of its processes is asked to end. In this time kube-proxies and clients notice. In a
   * move it is a part of the time in which readiness is let be seen failing. It is left out where the pod never had its label.
   *
   * A server that ends connections of its own, and tells clients of it, needs less; a balancer outside the cluster that asks seldom needs more.
   *
   * @default Duration.seconds(5)
   */
  readonly stopDelay?: Duration;

  /**
   * The most pods that the set will ever have: each is named in the Role, and none else may change its label. A pod beyond it would never be ready.
   *
   * Refused: what is no whole number from 1 to 999999, fewer than `replicas` or than the most pods of `scaleAsync`, at synth fewer than the `maxReplicas` of a
   * `kplus.HorizontalPodAutoscaler`, none at all beside an autoscaler that is not that of `scaleAsync`, and so many that `kubectl apply` could not keep their names in the annotation of one Role (some 4000).
   *
   * @default - `replicas`, or the most pods of `scaleAsync`
   */
  readonly maxReplicas?: number;
}

/** The key of the label. */
export const ROLE_LABEL = 'cdk8s-sync-async/role';

/** Key of the program in the scripts' ConfigMap, and its name in both directories. */
export const ROLE_LABEL_FILE = 'role-label.sh';

/** Tells one program from another, so that the template of those pods that run it changes with it. */
export const ROLE_LABEL_SHA256 = createHash('sha256').update(ROLE_LABEL_SCRIPT).digest('hex');

/** The process that keeps the label. */
const NAME = 'role-label';

/** How long a stop tries to take the label away while the API server has no answer. */
const GIVE_UP_SECONDS = 30;

/** What one request takes at most: more than the 10 that a webhook has by default to say something to it. */
const REQUEST_SECONDS = 15;

/**
 * The label, checked, in the terms of the entrypoint.
 *
 * @internal
 */
export interface RoleLabel {
  readonly maxReplicas?: number;
  /** A part of the readiness of both roles. */
  readonly readiness: Check;
  /** The processes of a role, and the program among them. */
  among(role: string, processes: Process[]): Process[];
}

/**
 * @internal
 */
export function toRoleLabel(props: RoleLabelOptions, replicas: number | undefined): RoleLabel {
  if (typeof props !== 'object' || props === null || Array.isArray(props)) {
    throw new Error(`'roleLabel' (${JSON.stringify(props)}) must be options, such as {}, in order to have a label kept. Leave it out, or undefined, where there is to be none.`);
  }
  const stopDelay = wholeSeconds('roleLabel.stopDelay', props.stopDelay ?? Duration.seconds(5), 0);
  const { maxReplicas } = props;
  if (maxReplicas !== undefined) {
    wholeNumber('roleLabel.maxReplicas', maxReplicas, Math.max(1, replicas ?? 1), MAX_NUMBER, 'to be the most pods that there will be');
  }
  const words = (action: string, ...settings: string[]) => ['/bin/sh', `${RUN_DIR}/${ROLE_LABEL_FILE}`, action, `dir=${RUN_DIR}`, ...settings];
  const program = (ready?: Check) => toProcess('roleLabel', {
    name: NAME,
    command: words('keep', `api=${API_DIR}`, `request-timeout=${REQUEST_SECONDS}`, `stop-delay=${stopDelay}`, `give-up=${GIVE_UP_SECONDS}`),
    ready,
    // One request may be on its way when it is asked to end, and the last one may begin when all hope has gone.
    stopTimeout: Duration.seconds(REQUEST_SECONDS + GIVE_UP_SECONDS + REQUEST_SECONDS + stopDelay),
  });
  const sync = program();
  const early = { ...sync, arguments: [sync.arguments[0], 'early=yes', ...sync.arguments.slice(1)] };
  // Before the worker, but it does not wait for it long.
  const async = program(Check.command(words('begun')));
  return {
    maxReplicas,
    readiness: Check.command(words('right')),
    among: (role, processes) => role === 'sync' ? [...processes, early] : [async, ...processes],
  };
}

/**
 * Refuses a process with the name of the program.
 *
 * @internal
 */
export function refuseItsName(prop: string, processes: Process[]): void {
  if (processes.some(({ name }) => name === NAME)) {
    throw new Error(`'${prop}' (${NAME}) must have another name in order to be told from the process that keeps the role label.`);
  }
}
