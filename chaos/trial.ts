import { Disruption, Most, Step } from './disruptions';
import { count, Counts, Deaths, Ledger, Window } from './ledger';
import { NEEDED } from './settings';
import { Stage, Undone } from './stage';
import { Pod, restarts } from '../cluster/pods';
import { sleep, until } from '../util/wait';

/** How long the jobs of a try are waited for before they are called lost, in seconds. */
const JOBS_SECONDS = 120;
/** A machine on which the undisturbed server takes longer, or on which the driver is held up for longer, says nothing about the others. */
const CONTROL_SECONDS = 5;
const STALL_SECONDS = 3;

/**
 * One step of a disruption, tried once.
 */
export interface Trial {
  readonly system: string;
  readonly row: string;
  readonly promised: boolean;
  readonly planned: boolean;
  readonly unknowingSeconds: number;
  readonly finishes?: boolean;
  readonly most?: Most;
  readonly window: Window;
  readonly recreated: number;
  readonly restarted: number;
  /** Seconds until all was well again; undefined when it did not come to that. */
  readonly steady?: number;
  /** What was not well at the end of its time, or what went wrong on the way. */
  readonly trouble?: string;
  /** Why the disruption itself could not be done. */
  readonly undone?: string;
}

/**
 * A try with what happened to the requests and jobs, which is known for sure only when the driver has ended.
 */
export interface Verdict {
  readonly trial: Trial;
  readonly counts: Counts;
  /** Why the try does not count. */
  readonly void?: string;
  /** Promises that it breaks. */
  readonly broken: string[];
}

export async function run(stage: Stage, step: Step, after: number): Promise<Trial> {
  await until('enough is in flight', 20, () => {
    const tick = stage.driver.ledger.lastTick;
    return tick !== undefined && tick.requests >= NEEDED.requests && tick.jobs >= NEEDED.jobs;
  }, 0.1).catch(() => {}); // then it does not count
  if (stage.isOver) {
    throw new Error('the run is over'); // what is done now, nobody would put back
  }
  if (!stage.driver.isAlive) {
    throw new Error('the driver says nothing any more');
  }
  const { pods: before, system } = stage;
  const from = stage.driver.now();
  const deaths: Deaths = { dead: [] };
  const error = await step.act(stage, deaths).then(() => undefined, (reason: Error) => reason);
  const undone = error instanceof Undone ? error.message : undefined;
  const steady = await stage.steady(step.limit, step.wellSeconds);
  const trouble = (undone === undefined ? error?.message : undefined) ?? (steady === undefined ? stage.trouble ?? 'it comes and goes' : undefined);
  const { recreated, restarted } = compare(before, stage.pods);
  const to = stage.driver.now();
  await until('the jobs are done', JOBS_SECONDS, () => stage.asyncPods.length === 0 || stage.driver.ledger.open(to).length === 0, 0.2).catch(() => {});
  await sleep(0.5);
  return {
    system: system.name,
    row: step.name,
    promised: system.promised,
    planned: step.planned,
    unknowingSeconds: step.unknowingSeconds ?? 0,
    finishes: step.finishes,
    most: step.most,
    window: { from, to, after, ...deaths },
    recreated,
    restarted,
    steady: steady === undefined ? undefined : Math.max(0, steady - from),
    trouble,
    undone,
  };
}

/**
 * All steps of a disruption, one after another, each added to the tries as soon as it has ended.
 */
export async function runAll(stage: Stage, { steps, prepare, undo }: Disruption, trials: Trial[], begun: number): Promise<void> {
  if (stage.trouble !== undefined && await stage.steady(300) === undefined) {
    throw new Error(`it is not well: ${stage.trouble}`);
  }
  await prepare?.(stage);
  for (const step of steps) {
    trials.push(await run(stage, step, trials[trials.length - 1]?.window.to ?? begun));
  }
  await undo?.(stage);
}

/**
 * Pods that have taken the place of others, and containers that were started again in their pods.
 */
export function compare(before: Pod[], now: Pod[]): { recreated: number; restarted: number } {
  const old = new Map(before.map(pod => [pod.metadata.uid, pod]));
  const fresh = now.filter(pod => !old.has(pod.metadata.uid)).length;
  return {
    recreated: Math.max(0, fresh - Math.max(0, now.length - before.length)),
    restarted: now.reduce((sum, pod) => sum + restarts(pod) - restartsBefore(old.get(pod.metadata.uid)), 0),
  };
}

function restartsBefore(pod: Pod | undefined): number {
  return pod === undefined ? 0 : restarts(pod);
}

export function judge(trial: Trial, ledger: Ledger): Verdict {
  const counts = count(ledger, trial.window);
  const enough = counts.requestsInFlight >= NEEDED.requests && counts.jobsInFlight >= NEEDED.jobs;
  const excuses = [
    ...counts.failedControl > 0 ? [`the control's requests failed too (${counts.failedControl})`] : [],
    ...counts.slowestControl > CONTROL_SECONDS ? [`the control took ${counts.slowestControl.toFixed(1)} s for a request`] : [],
    ...counts.stall > STALL_SECONDS ? [`the driver was held up for ${counts.stall.toFixed(1)} s`] : [],
  ];
  const reasons = [
    ...excuses,
    ...trial.undone !== undefined ? [`it could not be done: ${trial.undone}`] : [],
    ...enough ? [] : [`only ${counts.requestsInFlight} requests and ${counts.jobsInFlight} jobs were in flight`],
  ];
  // A try that shows too little does not count; what is lost in it is lost nevertheless, unless the machine was at fault.
  return { trial, counts, void: reasons[0], broken: excuses.length === 0 ? breaches(trial, counts) : [] };
}

function breaches({ promised, planned, unknowingSeconds, finishes, most, recreated, restarted, trouble }: Trial, counts: Counts): string[] {
  if (!promised) {
    return [];
  }
  const outside = planned ? counts.failed : counts.failed - counts.failedInside - counts.failedUnknowing;
  return [
    ...outside > 0 ? [`${outside} requests failed${planned ? '' : ' that were in no dead process'}`] : [],
    ...!planned && counts.unknowingSeconds > unknowingSeconds ? [`clients were sent to a dead process for ${counts.unknowingSeconds.toFixed(1)} s`] : [],
    ...finishes && counts.failedBefore > 0 ? [`${counts.failedBefore} requests failed that had begun before the process was asked to end`] : [],
    ...planned && counts.failedTransparent > 0 ? [`${counts.failedTransparent} requests failed in spite of gRPC's transparent retry`] : [],
    ...planned && counts.failedWithRetry > 0 ? [`${counts.failedWithRetry} requests failed in spite of a retry policy`] : [],
    ...counts.lost > 0 ? [`${counts.lost} jobs are lost`] : [],
    ...most !== undefined && (recreated > most.recreated || restarted > most.restarted)
      ? [`${recreated} pods were re-created and ${restarted} containers restarted, which must be at most ${most.recreated} and ${most.restarted}`] : [],
    ...trouble !== undefined ? [`it was not well again: ${trouble}`] : [],
  ];
}

/**
 * The tries of a row that count.
 */
export function countedOf(verdicts: Verdict[], row: string): Verdict[] {
  return verdicts.filter(({ trial, void: reason }) => trial.row === row && reason === undefined);
}

/**
 * Requests that failed and jobs that were lost, for each try.
 */
export function lostPerTry(verdicts: Verdict[]): number {
  return verdicts.reduce((sum, { counts }) => sum + counts.failed + counts.lost, 0) / verdicts.length;
}
