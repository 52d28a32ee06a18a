import { Duration } from 'cdk8s';
import { MAX_NUMBER, wholeNumber, wholeSeconds } from './private/checks';

/**
 * How often the kubelet runs the checks of a pod, and how often one may fail. There is one timing for both roles, because there is one pod template.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes
 */
export interface ProbeTiming {
  /**
   * Time between two probes, in whole seconds, at least 1.
   *
   * @default Duration.seconds(5)
   */
  readonly period?: Duration;

  /**
   * Time for one probe with all the checks of a role, in whole seconds, at least 2: where a role has several checks, the last one keeps at
   * least one second of it. A `ready` check during the start has as long.
   *
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;

  /**
   * Failures in a row of the readiness after which a pod is not ready, from 1 to 100. Every one more makes a client wait longer for a pod that
   * cannot answer, and a move of the split last longer.
   *
   * @default 1
   */
  readonly readinessFailures?: number;

  /**
   * Failures in a row of the liveness after which the container is stopped and started again, at least 1.
   *
   * @default 3
   */
  readonly livenessFailures?: number;
}

/**
 * A probe timing, checked and complete, in seconds.
 *
 * @internal
 */
export interface Timing {
  readonly period: number;
  readonly timeout: number;
  readonly readinessFailures: number;
  readonly livenessFailures: number;
  /** How long it can take until the kubelet has seen a readiness that fails from now on. */
  readonly settle: number;
}

/**
 * @internal
 */
export function toTiming(props: ProbeTiming): Timing {
  const period = wholeSeconds('probes.period', props.period ?? Duration.seconds(5), 1);
  const timeout = wholeSeconds('probes.timeout', props.timeout ?? Duration.seconds(5), 2);
  const readinessFailures = wholeNumber('probes.readinessFailures', props.readinessFailures ?? 1, 1, 100, 'to be waited for in a move of the split');
  const livenessFailures = wholeNumber('probes.livenessFailures', props.livenessFailures ?? 3, 1, MAX_NUMBER, 'to be counted');
  const settle = wholeSeconds('probes.period', Duration.seconds(period * readinessFailures + timeout), 1);
  return { period, timeout, readinessFailures, livenessFailures, settle };
}
