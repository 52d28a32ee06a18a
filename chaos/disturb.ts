import { Driver } from './driver';
import { keepEvidence } from './evidence';
import { Plan } from './plan';
import { Result } from './promises';
import { line } from './report';
import { Settings } from './settings';
import { Means, Stage } from './stage';
import { judge, runAll, Trial } from './trial';
import { Kubectl } from '../cluster/kubectl';
import { Pods, waiting } from '../cluster/pods';
import { until } from '../util/wait';

/** How often a try that does not count is tried. */
const AGAIN = 3;
/** So many errors in a row end the tries of a system. */
const ERRORS = 3;

/** Where systems are tried. */
export interface World {
  readonly kubectl: Kubectl;
  readonly pods: Pods;
  readonly means: Means;
  readonly settings: Settings;
  /** The part of a pod's spec that puts it on the driver's node. */
  readonly node: any;
  readonly random: () => number;
  /** The folder for what explains a broken promise. */
  readonly evidence?: string;
}

/**
 * Brings a system up, disturbs it, one thing after another and all of them so many times, and takes it away. Whatever fails, what was seen until then is told,
 * also on the way.
 */
export async function disturb(
  { kubectl, pods, means, settings, node, random, evidence }: World,
  { system, disruptions, asked }: Plan,
  tell: (result: Result) => void,
): Promise<Result> {
  console.log(`\n${system.name}: ${system.about}`);
  const driver = new Driver(kubectl, pods, `driver-${system.name}`);
  const stage = new Stage(kubectl, pods, system, driver, settings, settings, means, random);
  const trials: Trial[] = [];
  const leftOut: Result['leftOut'][number][] = [];
  const errors: string[] = [];
  const attempt = async (doing: () => Promise<unknown>) => doing().then(() => true, ({ message }: Error) => {
    if (pods.isWatching) { // after a Ctrl-C it says nothing
      errors.push(message);
      console.log(`FAIL ${system.name}: ${message}`);
    }
    return false;
  });
  const result = (ended: boolean): Result => ({
    system,
    verdicts: trials.map(trial => judge(trial, driver.ledger)),
    leftOut,
    asked,
    ended,
    error: errors.length > 0 ? errors.join('; then: ') : undefined,
    ledger: driver.ledger,
  });

  await attempt(async () => {
    await driver.start(settings, node, system.service);
    await stage.apply();
    await until(() => [`${system.name} is ready`, stage.trouble, ...stage.pods.flatMap(waiting)].join('; '), 600, () => stage.trouble === undefined, 0.5);
    const possible = disruptions.filter(({ disruption: { name, leftOut: reason } }) => {
      const why = reason?.(stage);
      if (why !== undefined) {
        leftOut.push({ name, why });
        console.log(`left out: ${name}: ${why}`);
      }
      return why === undefined;
    });
    const begun = driver.now();
    let failed = 0;
    for (let i = 0; i < Math.max(...possible.map(({ tries }) => tries)); i++) {
      for (const { disruption, tries } of possible.filter(each => i < each.tries)) {
        for (let again = 0, counts = false; again < AGAIN && !counts; again++) {
          console.log(`trying ${disruption.name} (${i + 1} of ${tries})`);
          const before = trials.length;
          const whole = await attempt(() => runAll(stage, disruption, trials, begun));
          const verdicts = trials.slice(before).map(trial => judge(trial, driver.ledger)); // at the end: what one step leaves in the queue is worked off after the next
          verdicts.forEach(verdict => console.log(line(verdict)));
          if (evidence !== undefined && (!whole || verdicts.some(({ broken }) => broken.length > 0))) {
            await attempt(() => keepEvidence(stage, evidence, disruption.name));
          }
          failed = whole ? 0 : failed + 1;
          if (stage.isOver || failed === ERRORS) {
            return;
          }
          if (!whole) {
            await attempt(() => stage.change(stage.base)); // wherever it was left
          }
          counts = whole && verdicts.every(verdict => verdict.void === undefined);
          tell(result(false));
        }
      }
    }
  });
  await attempt(() => driver.stop());
  await attempt(async () => {
    await kubectl.delete(stage.system.objects(stage.settings));
    await until(`${system.name} is gone`, 360, () => stage.pods.length === 0, 0.5);
  });
  return result(true);
}
