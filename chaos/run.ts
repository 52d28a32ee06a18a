import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'cdk8s';
import { Disruption, DISRUPTIONS } from './disruptions';
import { Driver, driverObjects } from './driver';
import { Ledger } from './ledger';
import { picture } from './picture';
import { Profile, PROFILES } from './profiles';
import { line, lostPerTry, noBetter, tableOf } from './report';
import { LOAD, Settings } from './settings';
import { Means, Stage } from './stage';
import { seeded } from '../test/random';
import { System } from './systems/system';
import { judge, runAll, Trial, Verdict } from './trial';
import { BackendsChart } from '../examples/ocr/backends';
import { Kubectl } from '../test/conformance/kubectl';
import { isReady, Pods } from '../test/conformance/pods';
import { toObjects } from '../test/conformance/service';
import { since, until } from '../test/conformance/wait';

const USAGE = `npm run chaos -- [options]

Disturbs the service of examples/ocr on the Kubernetes cluster of $KUBECONFIG while requests and jobs are under way, and tells what was lost; then does the
same to what people use instead. It works in a namespace of its own, which is deleted at the end. docs/chaos.md says what each row proves.

  --images PREFIX     of the images PREFIXocr:1, PREFIXetcd:1 and PREFIXrabbitmq:1 (default: $CHAOS_IMAGES)
  --etcd-image IMAGE, --rabbitmq-image IMAGE
                      other images than these, such as the public ones
  --profile NAME      short (10 minutes, the default) or full (2 hours)
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

/** Where a control has to lose something. */
const LOSING = ['KILL to server', 'delete a sync pod', 'rolling restart'];

/** How often a try that does not count is tried. */
const AGAIN = 3;

/** What one system went through. */
interface Result {
  readonly system: System;
  readonly verdicts: Verdict[];
  readonly leftOut: string[];
  /** Why it ended early. */
  readonly error?: string;
  readonly ledger: Ledger;
}

/**
 * Puts the objects of a chart on one node.
 */
function pinned(objects: any[], node: any): any[] {
  objects.filter(({ spec }) => spec?.template).forEach(({ spec }) => Object.assign(spec.template.spec, node));
  return objects;
}

/**
 * Brings a system up, disturbs it, one thing after another and all of them so many times, and takes it away.
 */
async function disturb(
  world: { kubectl: Kubectl; pods: Pods; means: Means; settings: Settings; node: any; random: () => number },
  { system, disruptions, tries }: { system: System; disruptions: Disruption[]; tries: number },
): Promise<Result> {
  const { kubectl, pods, means, settings, node, random } = world;
  console.log(`\n${system.name}: ${system.about}`);
  const driver = await Driver.start(kubectl, pods, `driver-${system.name}`, settings, node);
  const stage = new Stage(kubectl, pods, system, driver, settings, settings, means, random);
  await stage.apply();
  await until(`${system.name} is ready`, 600, () => stage.trouble === undefined, 0.5).catch(error => { throw new Error(`${error.message}: ${stage.trouble}`); });

  const trials: Trial[] = [];
  const leftOut: string[] = [];
  const possible = disruptions.filter(({ name, leftOut: reason }) => {
    const why = reason?.(stage);
    if (why !== undefined) {
      leftOut.push(`${name}: ${why}`);
    }
    return why === undefined;
  });
  leftOut.forEach(each => console.log(`left out: ${each}`));
  const begun = driver.now();
  let error: string | undefined;
  const attempt = async (disruption: Disruption): Promise<boolean> => {
    const made = await runAll(stage, disruption, trials[trials.length - 1]?.window.to ?? begun);
    trials.push(...made);
    const verdicts = made.map(trial => judge(trial, driver.ledger));
    verdicts.forEach(verdict => console.log(line(verdict)));
    return verdicts.every(verdict => verdict.void === undefined);
  };
  try {
    for (let i = 0; i < tries; i++) {
      for (const disruption of possible.filter(({ most = Infinity }) => i < most)) {
        for (let again = 0; again < AGAIN && !await attempt(disruption);) {
          again++;
        }
      }
    }
  } catch (reason) {
    error = (reason as Error).message; // what was seen until then is told nevertheless
    if (pods.isWatching) { // after a Ctrl-C it says nothing
      console.log(`FAIL ${system.name}: ${error}`);
    }
  }
  await driver.stop();
  const objects = { apiVersion: 'v1', kind: 'List', items: system.objects(stage.settings) };
  await kubectl.print(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], JSON.stringify(objects));
  await until(`${system.name} is gone`, 360, () => stage.pods.length === 0, 0.5);
  return { system, verdicts: trials.map(trial => judge(trial, driver.ledger)), leftOut, error, ledger: driver.ledger };
}

/**
 * What the run has shown, a line for each promise: of the library's tries, of what happened between them, and that the load could show losses.
 */
function promises({ system, verdicts, error, ledger }: Result): { ok: boolean; what: string }[] {
  const counted = verdicts.filter(verdict => verdict.void === undefined);
  const rows = [...new Set(verdicts.map(({ trial }) => trial.row))];
  const early = error === undefined ? [] : [{ ok: false, what: `${system.name}: ${error}` }];
  const uncounted = rows.filter(row => !counted.some(({ trial }) => trial.row === row)).map(row => ({ ok: false, what: `${system.name}: ${row}: no try counts` }));
  if (!system.promised) {
    const proofs = rows.filter(row => LOSING.includes(row) && counted.some(({ trial }) => trial.row === row)).map(row => {
      const lost = lostPerTry(counted.filter(({ trial }) => trial.row === row));
      return { ok: lost > 0, what: `${system.name}: ${row}: a control has lost nothing, so the load is too weak to show anything` };
    });
    return [...early, ...uncounted, ...proofs];
  }
  const outside = ledger.requests.filter(({ ok, stream, begin, end }) => !ok && stream !== 'control'
    && !verdicts.some(({ trial: { window } }) => end >= window.from && begin <= window.to));
  return [
    ...early,
    ...uncounted,
    ...counted.map(({ trial, broken }) => ({ ok: broken.length === 0, what: `${system.name}: ${trial.row}: ${broken.join('; ')}` })),
    { ok: outside.length === 0, what: `${system.name}: between the disruptions: ${outside.length} requests failed` },
    { ok: ledger.open().length === 0, what: `${system.name}: at the end: ${ledger.open().length} jobs are lost` },
  ];
}

function write(folder: string, facts: string[], results: Result[], seed: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'chaos.md'), `${[facts.map(fact => `- ${fact}`).join('\n'), ...tables(results)].join('\n\n')}\n`);
  const systems = results.map(({ system, verdicts, leftOut }) => ({ system: system.name, leftOut, verdicts }));
  writeFileSync(join(folder, 'chaos.json'), `${JSON.stringify({ facts, seed, load: LOAD, systems }, undefined, 2)}\n`);
  for (const { system, verdicts, ledger } of results) {
    writeFileSync(join(folder, `chaos-${system.name}.svg`), picture(`${system.name}: ${system.about}`, ledger, verdicts.map(({ trial }) => trial)));
  }
}

function tables(results: Result[]): string[] {
  const library = results.find(({ system }) => system.promised);
  const remarks = library === undefined ? [] : results.filter(({ system }) => !system.promised)
    .flatMap(({ system, verdicts }) => noBetter(library.verdicts, verdicts).map(row => `- ${row}: the library loses no less than ${system.name}`));
  return [
    ...results.filter(({ verdicts }) => verdicts.length > 0).map(({ system, verdicts }) => tableOf(`${system.name}: ${system.about}`, verdicts)),
    ...remarks.length > 0 ? [remarks.join('\n')] : [],
  ];
}

function choose(profile: Profile, only: string[], tries: string | undefined) {
  const systems = only.filter(name => profile.systems.some(({ system }) => system.name === name));
  const names = only.filter(name => !systems.includes(name));
  const unknown = names.find(name => !DISRUPTIONS.some(disruption => disruption.name === name));
  if (unknown !== undefined) {
    refuse(`--only (${unknown}) must be one of ${[...profile.systems.map(({ system }) => system.name), ...DISRUPTIONS.map(({ name }) => name)].join(', ')}`);
  }
  return profile.systems
    .filter(({ system }) => systems.length === 0 || systems.includes(system.name))
    .map(each => {
      const wanted = names.length > 0 ? names : each.disruptions;
      return { system: each.system, disruptions: wanted.map(name => DISRUPTIONS.find(disruption => disruption.name === name)!), tries: number('tries', tries, each.tries) };
    });
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
    console.log(plans.map(({ system, disruptions, tries }) => `${system.name}, ${tries} times: ${disruptions.map(({ name }) => name).join(', ')}`).join('\n'));
    return;
  }
  if (!process.env.KUBECONFIG) {
    refuse('KUBECONFIG must name the kubeconfig of a cluster to try the library on');
  }
  const prefix = given.images ?? refuse('--images PREFIX (or CHAOS_IMAGES) must name the images of examples/ocr, see examples/ocr/README.md');
  const seed = number('seed', given.seed, randomInt(1, 1e6));

  const begin = Date.now();
  const kubectl = new Kubectl(`chaos-${randomBytes(4).toString('hex')}`);
  const closed = `chaos/${kubectl.namespace}`;
  const version = await kubectl.run(['version', '--output=json']).catch(() => refuse('kubectl must be on the PATH'));
  if (version.status !== 0) {
    refuse(`the cluster of KUBECONFIG (${process.env.KUBECONFIG}) must answer: ${version.stderr.trim()}`);
  }
  const nodes: any[] = (await kubectl.json(['get', 'nodes'])).items.filter((each: any) => !each.spec.unschedulable);
  const home: string = nodes[0].metadata.name;
  const node = { nodeSelector: { 'kubernetes.io/hostname': nodes[0].metadata.labels['kubernetes.io/hostname'] } };
  const facts = [
    `${new Date().toISOString().slice(0, 16)}Z, Kubernetes ${JSON.parse(version.stdout).serverVersion.gitVersion}, ${nodes.length} nodes, seed ${seed}`,
    `${LOAD.plainRate} requests a second without retry and ${LOAD.retryRate} with it, ${LOAD.requestSeconds} s each; a job every ${LOAD.jobEverySeconds} s, ${LOAD.jobSeconds} s each`,
  ];
  console.log([...facts, `namespace ${kubectl.namespace}, images ${prefix}`].join('\n'));

  const pods = new Pods(kubectl);
  let leaving: Promise<void> | undefined;
  const leave = () => leaving ??= (async () => {
    pods.stop();
    kubectl.stop();
    await kubectl.run(['label', 'nodes', '--all', `${closed}-`]);
    const { stderr, status } = await kubectl.run(['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=360s']);
    if (status !== 0) {
      console.error(`chaos: namespace ${kubectl.namespace} may be left behind: ${stderr.trim()}`);
    }
  })();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, async () => {
      console.error(`chaos: ${signal}, deleting namespace ${kubectl.namespace}`);
      await leave();
      process.exit(1);
    });
  }

  const results: Result[] = [];
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
      image: `${prefix}ocr:1`, replicas: 5, sync: 2, etcd: backends.etcd, broker: backends.broker, requestSeconds: LOAD.requestSeconds,
    };
    await kubectl.apply([...pinned(toObjects(backends), node), ...driverObjects(settings, node)]);
    await until('etcd, RabbitMQ and the control are ready', 600, () => pods.all.length === 3 && pods.all.every(isReady), 0.5);

    const means: Means = {
      closed,
      home,
      etcd: backends.etcd.replace(/-service:.*/, '').replace(/:.*/, ''),
      rabbitmq: backends.broker.replace(/.*@/, '').replace(/-service:.*/, '').replace(/:.*/, ''),
      etcdDownSeconds: profile.etcdDownSeconds,
      loseNode: given['lose-node'],
      returnNode: given['return-node'],
      apiDown: given['api-down'],
    };
    const world = { kubectl, pods, means, settings, node, random: seeded(seed) };
    for (const plan of plans) {
      results.push(await disturb(world, plan));
      if (given.report !== undefined) {
        write(given.report, facts, results, seed);
      }
    }
  } catch (error) {
    if (leaving) {
      return void await leaving;
    }
    throw error;
  } finally {
    await leave();
  }

  console.log(`\n${tables(results).join('\n\n')}\n`);
  const all = results.flatMap(promises);
  all.filter(({ ok }) => !ok).forEach(({ what }) => console.log(`BROKEN: ${what}`));
  const failed = all.filter(({ ok }) => !ok).length;
  console.log(`${all.length - failed} passed, ${failed} failed (${since(begin).toFixed(0)} s)`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch(error => {
  console.error(`chaos: ${error.stack}`);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
