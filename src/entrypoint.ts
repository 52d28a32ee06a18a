import { createHash } from 'node:crypto';
import { Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Check } from './check';
import { RUN_DIR, SCRIPT_DIR, VALUES_DIR } from './private/directories';
import { ENTRYPOINT_SCRIPT } from './private/entrypoint-script';
import { addMissingLabels, SHARED_LABELS } from './private/labels';
import { ROLE_LABEL_SCRIPT } from './private/role-label-script';
import { Timing } from './probe-timing';
import { countedWords } from './process';
import { Role } from './role';
import { ROLE_LABEL_FILE } from './role-label';
import { Split } from './split';

/** Key of the script in its ConfigMap, and its name in both directories. */
export const SCRIPT_FILE = 'entrypoint.sh';

/** Tells one script from another, so that a pod template changes with the script. */
export const SCRIPT_SHA256 = createHash('sha256').update(ENTRYPOINT_SCRIPT).digest('hex');

/** What starts the container. `sh` is named by its path, because an image's PATH can hold anything. */
export const COMMAND = ['/bin/sh', `${SCRIPT_DIR}/${SCRIPT_FILE}`];

/** How a pod of a StatefulSet comes by its role: by its ordinal. */
export function splitArguments(split: Split | undefined, timing: Timing): string[] {
  // Only where values are watched a role is left while the pod stays.
  return [...split?._arguments ?? ['split=none'], ...!split?._watches ? [] : [`values=${VALUES_DIR}`, `settle=${timing.settle}`]];
}

/** How all pods of a workload come by one role. Probes need to know it too. */
export function fixedRole(role: string): string[] {
  return [`split=fixed:${role}`];
}

/**
 * Everything that the script gets to know of the service.
 *
 * @param split How a pod comes by its role.
 */
export function runArguments(split: string[], timing: Timing, roles: Role[], isLabelled: boolean): string[] {
  return [
    'run',
    `dir=${RUN_DIR}`,
    ...split,
    `check-timeout=${timing.timeout}`,
    ...isLabelled ? [`copy=${ROLE_LABEL_FILE}`] : [],
    ...roles.flatMap(role => role.arguments),
  ];
}

/** Ready: everything runs, and the checks of the pod's role succeed. */
export function readinessProbe(timing: Timing, roles: Role[], fixed: string[] = []): kplus.Probe {
  const script = ['/bin/sh', `${RUN_DIR}/${SCRIPT_FILE}`];
  return probe([...script, 'ready', ...probeArguments(timing, fixed, roles, role => role.readiness)], timing, timing.readinessFailures);
}

/** Alive: starting or stopping within its time, or the liveness of the pod's role succeeds; or the script has not begun. */
export function livenessProbe(timing: Timing, roles: Role[], fixed: string[] = []): kplus.Probe {
  const script = ['/bin/sh', '-c', '[ ! -e "$0" ] || exec /bin/sh "$0" "$@"', `${RUN_DIR}/${SCRIPT_FILE}`];
  return probe([...script, 'alive', ...probeArguments(timing, fixed, roles, role => role.liveness)], timing, timing.livenessFailures);
}

/**
 * The ConfigMap with the script: one for all workloads that a chart has in a namespace, found or created. The role label's program is in it where a set asks for it.
 *
 * Its name says nothing of the sets nor of the script, and for that reason outlives both. A set that goes takes it from no other, and a template of an earlier
 * version, held back by a partition or brought back by an undo, finds a script also where what is no longer in the manifest is pruned.
 */
export function scriptConfigMap(scope: Construct, isLabelled: boolean, namespace?: string): kplus.ConfigMap {
  const made = entrypointConfigMap(scope, namespace);
  if (isLabelled && made.data[ROLE_LABEL_FILE] === undefined) {
    made.addData(ROLE_LABEL_FILE, ROLE_LABEL_SCRIPT);
  }
  return made;
}

function entrypointConfigMap(scope: Construct, namespace?: string): kplus.ConfigMap {
  const chart = Chart.of(scope);
  const id = namespace === chart.namespace ? 'sync-async-script' : `sync-async-script-${namespace}`;
  const found = chart.node.tryFindChild(id);
  if (found instanceof kplus.ConfigMap) {
    const { [SCRIPT_FILE]: entrypoint, [ROLE_LABEL_FILE]: program = ROLE_LABEL_SCRIPT } = found.data;
    if (entrypoint === ENTRYPOINT_SCRIPT && program === ROLE_LABEL_SCRIPT) {
      return found;
    }
  }
  if (found) {
    throw new Error(`'${found.node.path}' must be the ConfigMap with the entrypoint of this version of the library in order for the sets of a chart to share it. Give sets of another version a chart of their own.`);
  }
  const made = new kplus.ConfigMap(chart, id, { metadata: { namespace }, data: { [SCRIPT_FILE]: ENTRYPOINT_SCRIPT } });
  addMissingLabels(made.metadata, SHARED_LABELS);
  return made;
}

/** Puts what the script needs into the container that it runs: the values only where they are watched. */
export function mountEntrypoint(scope: Construct, container: kplus.Container, script: kplus.IConfigMap, values?: kplus.IConfigMap): void {
  const scriptVolume = kplus.Volume.fromConfigMap(scope, 'ScriptVolume', script, { name: 'sync-async-script', defaultMode: 0o555 });
  container.mount(SCRIPT_DIR, scriptVolume, { readOnly: true });
  if (values) {
    const valuesVolume = kplus.Volume.fromConfigMap(scope, 'ValuesVolume', values, { name: 'sync-async-values', optional: true });
    container.mount(VALUES_DIR, valuesVolume, { readOnly: true });
  }
  // In memory, because nothing in it may outlive the node's life; a few small files, each of which takes a page.
  const small = { medium: kplus.EmptyDirMedium.MEMORY, sizeLimit: Size.mebibytes(4) };
  container.mount(RUN_DIR, kplus.Volume.fromEmptyDir(scope, 'RunVolume', 'sync-async-run', small));
}

function probe(command: string[], timing: Timing, failureThreshold: number): kplus.Probe {
  return kplus.Probe.fromCommand(command, {
    periodSeconds: Duration.seconds(timing.period),
    timeoutSeconds: Duration.seconds(timing.timeout),
    failureThreshold,
  });
}

function probeArguments(timing: Timing, fixed: string[], roles: Role[], checks: (role: Role) => Check[]): string[] {
  return [
    `dir=${RUN_DIR}`,
    `check-timeout=${timing.timeout}`,
    ...fixed,
    ...roles.flatMap(role => [`role=${role.name}`, ...checks(role).flatMap(check => countedWords('check', check._words()))]),
  ];
}
