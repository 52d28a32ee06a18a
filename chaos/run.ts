import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'cdk8s';
import { DISRUPTIONS } from './disruptions';
import { Driver, driverObjects } from './driver';
import { keepEvidence } from './evidence';
import { leave } from './leave';
import { usable } from './nodes';
import { Owner } from './owner';
import { picture } from './picture';
import { plan, Plan } from './plan';
import { Profile, PROFILES } from './profiles';
import { brokenPromises, promises, Result } from './promises';
import { figures, line, page, tables } from './report';
import { LOAD, Settings } from './settings';
import { Means, Stage } from './stage';
import { judge, runAll, Trial } from './trial';
import { BackendsChart } from '../examples/ocr/backends';
import { Kubectl } from '../test/conformance/kubectl';
import { isReady, Pods, waiting } from '../test/conformance/pods';
import { toObjects } from '../test/conformance/service';
import { since, until } from '../test/conformance/wait';
import { seeded } from '../test/random';

const USAGE = `npm run chaos -- [options]

Disturbs the service of examples/ocr on the Kubernetes cluster of $KUBECONFIG while requests and jobs are under way, and tells what was lost; then does the
same to what people use instead. It works in a namespace of its own, which is deleted at the end. docs/chaos.md says what each row proves.

  --images PREFIX     of the images PREFIXocr:1, PREFIXetcd:1 and PREFIXrabbitmq:1 (default: $CHAOS_IMAGES)
  --etcd-image IMAGE, --rabbitmq-image IMAGE
                      other images than these, such as the public ones
  --profile NAME      short (10 minutes, the default) or full (about 2 hours)
  --only NAME         one system or one disruption; may be repeated
  --tries N           how often each disruption is tried (default: as the profile says)
  --seed N            of what is random (default: a random one, which is printed)
  --report DIR        write the table, the figures as JSON and a picture for each system to DIR
  --lose-node CMD, --return-node CMD
                      take a node away at once and bring it back; {node} stands for its name
  --api-down CMD      take the API server away for half a minute, and bring it back
  --list              say what can be tried, and end

A node is drained for the pods of this run alone, by a label that is taken away again.
`;

function refuse(message: string): never {
  console.error(`chaos: ${message}`);
  process.exit(2);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        'images': { type: 'string', default: process.env.CHAOS_IMAGES },
        'etcd-image': { type: 'string' },
        'rabbitmq-image': { type: 'string' },
        'profile': { type: 'string', default: 'short' },
        'only': { type: 'string', multiple: true, default: [] },
        'tries': { type: 'string' },
        'seed': { type: 'string' },
        'report': { type: 'string' },
        'lose-node': { type: 'string' },
        'return-node': { type: 'string' },
        'api-down': { type: 'string' },
        'list': { type: 'boolean', default: false },
        'help': { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function number(name: string, value: string | undefined, otherwise: number): number {
  if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
    refuse(`--${name} (${value}) must be a whole number of at least 1`);
  }
  return value === undefined ? otherwise : Number(value);
}

/** How often a try that does not count is tried. */
const AGAIN = 3;
/** So many errors in a row end the tries of a system. */
const ERRORS = 3;

/**
 * Puts the objects of a chart on one node.
 */
function pinned(objects: any[], node: any): any[] {
  objects.filter(({ spec }) => spec?.template).forEach(({ spec }) => Object.assign(spec.template.spec, node));
  return objects;
}

/**
 * Brings a system up, disturbs it, one thing after another and all of them so many times, and takes it away. Whatever fails, what was seen until then is told,
 * also on the way.
 */
async function disturb(
  world: { kubectl: Kubectl; pods: Pods; means: Means; settings: Settings; node: any; random: () => number; evidence: string | undefined },
  { system, disruptions, asked }: Plan,
  tell: (result: Result) => void,
): Promise<Result> {
  const { kubectl, pods, means, settings, node, random, evidence } = world;
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
    await driver.start(settings, node);
    await stage.apply();
    await until(`${system.name} is ready`, 600, () => stage.trouble === undefined, 0.5).catch(error => { throw new Error([error.message, stage.trouble, ...stage.pods.flatMap(waiting)].join('; ')); });
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
    const objects = { apiVersion: 'v1', kind: 'List', items: system.objects(stage.settings) };
    await kubectl.print(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], JSON.stringify(objects));
    await until(`${system.name} is gone`, 360, () => stage.pods.length === 0, 0.5);
  });
  return result(true);
}

function write(folder: string, facts: string[], results: Result[], seed: number): void {
  writeFileSync(join(folder, 'chaos.md'), page(facts, results));
  writeFileSync(join(folder, 'chaos.json'), `${JSON.stringify({ facts, seed, load: LOAD, systems: figures(results) }, undefined, 2)}\n`);
  for (const { system, verdicts, ledger } of results) {
    writeFileSync(join(folder, `chaos-${system.name}.svg`), picture(`${system.name}: ${system.about}`, ledger, verdicts.map(({ trial }) => trial)));
  }
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'chaos.md'), 'Nothing has been tried yet.\n');
  } catch (error) {
    refuse(`--report (${folder}) must be a folder that can be written to: ${(error as Error).message}`);
  }
}

function choose(profile: Profile, only: string[], tries: string | undefined): Plan[] {
  try {
    return plan(profile, only, tries === undefined ? undefined : number('tries', tries, 1));
  } catch (error) {
    return refuse((error as Error).message);
  }
}

async function main(): Promise<void> {
  const given = options();
  if (given.help) {
    console.log(USAGE);
    return;
  }
  const profile = PROFILES[given.profile] ?? refuse(`--profile (${given.profile}) must be one of ${Object.keys(PROFILES).join(', ')}`);
  const plans = choose(profile, given.only, given.tries);
  if (given.list) {
    const list = plans.map(({ system, disruptions }) => `${system.name}: ${disruptions.map(({ disruption: { name }, tries }) => `${name} (${tries})`).join(', ')}`);
    console.log([...list, `\nall that --only knows: ${DISRUPTIONS.map(({ name }) => name).join(', ')}`].join('\n'));
    return;
  }
  if (!process.env.KUBECONFIG) {
    refuse('KUBECONFIG must name the kubeconfig of a cluster to try the library on');
  }
  const prefix = given.images ?? refuse('--images PREFIX (or CHAOS_IMAGES) must name the images of examples/ocr, see examples/ocr/README.md');
  const seed = number('seed', given.seed, randomInt(1, 1e6));
  if (given.report !== undefined) {
    make(given.report);
  }

  const begin = Date.now();
  const kubectl = new Kubectl(`chaos-${randomBytes(4).toString('hex')}`);
  const closed = `chaos/${kubectl.namespace}`;
  const version = await kubectl.run(['version', '--output=json']).catch(() => refuse('kubectl must be on the PATH'));
  if (version.status !== 0) {
    refuse(`the cluster of KUBECONFIG (${process.env.KUBECONFIG}) must answer: ${version.stderr.trim()}`);
  }
  const nodes = usable((await kubectl.json(['get', 'nodes'])).items);
  if (nodes.length === 0) {
    refuse(`the cluster of KUBECONFIG (${process.env.KUBECONFIG}) must have a Linux node that is ready, schedulable and without taints`);
  }
  const home: string = nodes[0].metadata.name;
  const node = { nodeSelector: { 'kubernetes.io/hostname': nodes[0].metadata.labels['kubernetes.io/hostname'] } };
  const facts = [
    `${new Date().toISOString().slice(0, 16)}Z, Kubernetes ${JSON.parse(version.stdout).serverVersion.gitVersion}, ${nodes.length} nodes, profile ${given.profile}${given.only.map(name => `, only ${name}`).join('')}${given.tries === undefined ? '' : `, ${given.tries} tries`}, seed ${seed}`,
    `requests a second: ${LOAD.plainRate} without any retry, ${LOAD.transparentRate} with gRPC's transparent retry, ${LOAD.retryRate} with a retry policy, ${LOAD.requestSeconds} s each; a job every ${LOAD.jobEverySeconds} s, ${LOAD.jobSeconds} s each; a model loads in ${profile.loadSeconds} s`,
  ];
  console.log([...facts, `namespace ${kubectl.namespace}, images ${prefix}`].join('\n'));

  const results: Result[] = [];
  const tell = (...more: Result[]) => {
    if (given.report !== undefined) {
      write(given.report, facts, [...results, ...more], seed);
    }
  };
  const pods = new Pods(kubectl);
  const owner = new Owner({ loseNode: given['lose-node'], returnNode: given['return-node'], apiDown: given['api-down'] });
  let leaving: Promise<void> | undefined;
  const end = () => leaving ??= (async () => {
    pods.stop();
    kubectl.stop();
    (await leave(kubectl, owner, closed)).forEach(left => console.error(`chaos: ${left}`));
  })();
  const abort = async (why: string) => {
    console.error(`chaos: ${why}, deleting namespace ${kubectl.namespace}`);
    await end();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => abort(signal));
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: any) => abort(`${event}: ${error?.stack ?? error}`));
  }

  try {
    await kubectl.apply([{
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: kubectl.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    }]);
    void pods.watch();
    await until('the namespace has its service account', 30, async () => (await kubectl.run(['get', 'serviceaccount', 'default'])).status === 0, 0.2);
    const backends = new BackendsChart(new App(), 'backends', {
      etcdImage: given['etcd-image'] ?? `${prefix}etcd:1`,
      rabbitmqImage: given['rabbitmq-image'] ?? `${prefix}rabbitmq:1`,
    });
    const settings: Settings = {
      image: `${prefix}ocr:1`, replicas: 5, sync: 2, etcd: backends.etcd, broker: backends.broker, requestSeconds: LOAD.requestSeconds, loadSeconds: profile.loadSeconds,
    };
    await kubectl.apply([...pinned(toObjects(backends), node), ...driverObjects(settings, node)]);
    await until('etcd, RabbitMQ and the control are ready', 600, () => pods.all.length === 3 && pods.all.every(isReady), 0.5)
      .catch(({ message }) => { throw new Error(`${message}: ${pods.all.flatMap(waiting).join('; ')}`); });

    const means: Means = {
      closed,
      home,
      etcd: backends.etcd.replace(/-service:.*/, '').replace(/:.*/, ''),
      rabbitmq: backends.broker.replace(/.*@/, '').replace(/-service:.*/, '').replace(/:.*/, ''),
      etcdDownSeconds: profile.etcdDownSeconds,
      nodes: nodes.length,
      owner,
    };
    const world = { kubectl, pods, means, settings, node, random: seeded(seed), evidence: given.report };
    for (const each of plans) {
      results.push(await disturb(world, each, tell));
      tell();
      if (leaving) {
        break;
      }
    }
  } catch (error) {
    if (!leaving) {
      throw error;
    }
  } finally {
    if (leaving) {
      await new Promise(() => {}); // whoever has begun that ends the program
    }
    console.log(`\n${tables(results).join('\n\n')}\n`); // cleaning up can take a while
    await end();
  }

  const all = results.flatMap(promises);
  const broken = brokenPromises(results);
  broken.forEach(what => console.log(`BROKEN: ${what}`));
  console.log(`${all.length - broken.length} passed, ${broken.length} failed (${since(begin).toFixed(0)} s)`);
  process.exit(broken.length > 0 ? 1 : 0); // something may still be waited for
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {}); // whoever read it has gone, and the run still has to clean up
}

main().catch(error => {
  console.error(`chaos: ${error.stack}`);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
