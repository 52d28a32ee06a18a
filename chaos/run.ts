import { randomBytes, randomInt } from 'node:crypto';
import { App } from 'cdk8s';
import { DISRUPTIONS } from './disruptions';
import { disturb, World } from './disturb';
import { driverObjects } from './driver';
import { prepare, write } from './folder';
import { leave } from './leave';
import { usable } from './nodes';
import { number, options, orRefuse, refuse, USAGE } from './options';
import { Owner } from './owner';
import { plan } from './plan';
import { PROFILES } from './profiles';
import { brokenPromises, promises, Result } from './promises';
import { tables } from './report';
import { LOAD, Settings } from './settings';
import { Means } from './stage';
import { Kubectl } from '../cluster/kubectl';
import { meet } from '../cluster/meet';
import { makeNamespace } from '../cluster/namespace';
import { toObjects } from '../cluster/objects';
import { isReady, Pods, waiting } from '../cluster/pods';
import { BackendsChart } from '../examples/ocr/backends';
import { seeded } from '../util/random';
import { since, until } from '../util/wait';

/**
 * Puts the objects of a chart on one node.
 */
function pinned(objects: any[], node: any): any[] {
  objects.filter(({ spec }) => spec?.template).forEach(({ spec }) => Object.assign(spec.template.spec, node));
  return objects;
}

async function main(): Promise<void> {
  const given = options();
  if (given.help) {
    console.log(USAGE);
    return;
  }
  const profile = PROFILES[given.profile] ?? refuse(`--profile (${given.profile}) must be one of ${Object.keys(PROFILES).join(', ')}`);
  const plans = orRefuse(() => plan(profile, given.only, given.tries === undefined ? undefined : number('tries', given.tries, 1)));
  if (given.list) {
    const list = plans.map(({ system, disruptions }) => `${system.name}: ${disruptions.map(({ disruption: { name }, tries }) => `${name} (${tries})`).join(', ')}`);
    console.log([...list, `\nall that --only knows: ${DISRUPTIONS.map(({ name }) => name).join(', ')}`].join('\n'));
    return;
  }
  const prefix = given.images ?? refuse('--images PREFIX (or CHAOS_IMAGES) must name the images of examples/ocr, see examples/ocr/README.md');
  const seed = number('seed', given.seed, randomInt(1, 1e6));

  const begin = Date.now();
  const kubectl = new Kubectl(`chaos-${randomBytes(4).toString('hex')}`);
  const closed = `chaos/${kubectl.namespace}`;
  const met = await meet(kubectl).catch(({ message }) => refuse(message));
  const nodes = usable(met.nodes);
  if (nodes.length === 0) {
    refuse(`the cluster of KUBECONFIG (${process.env.KUBECONFIG}) must have a Linux node that is ready, schedulable and without taints`);
  }
  const report = given.report;
  if (report !== undefined) {
    orRefuse(() => prepare(report), `--report (${report}) must be a folder that can be written to: `);
  }
  const home: string = nodes[0].metadata.name;
  const node = { nodeSelector: { 'kubernetes.io/hostname': nodes[0].metadata.labels['kubernetes.io/hostname'] } };
  const facts = [
    [
      `${new Date().toISOString().slice(0, 16)}Z`,
      `Kubernetes ${met.version}`,
      `${nodes.length} nodes`,
      `profile ${given.profile}`,
      ...given.only.map(name => `only ${name}`),
      ...given.tries === undefined ? [] : [`tries ${given.tries}`],
      `seed ${seed}`,
    ].join(', '),
    `requests a second: ${LOAD.plainRate} without any retry, ${LOAD.transparentRate} with gRPC's transparent retry, ${LOAD.retryRate} with a retry policy, `
      + `${LOAD.requestSeconds} s each; a job every ${LOAD.jobEverySeconds} s, ${LOAD.jobSeconds} s each; a model loads in ${profile.loadSeconds} s`,
  ];
  console.log([...facts, `namespace ${kubectl.namespace}, images ${prefix}`].join('\n'));

  const results: Result[] = [];
  const tell = (...more: Result[]) => {
    if (report !== undefined) {
      write(report, facts, [...results, ...more], seed);
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
    await makeNamespace(kubectl, { 'pod-security.kubernetes.io/enforce': 'restricted' });
    void pods.watch();
    const backends = new BackendsChart(new App(), 'backends', {
      etcdImage: given['etcd-image'] ?? `${prefix}etcd:1`,
      rabbitmqImage: given['rabbitmq-image'] ?? `${prefix}rabbitmq:1`,
    });
    const settings: Settings = {
      image: `${prefix}ocr:1`, replicas: 5, sync: 2, etcd: backends.etcd, broker: backends.broker, requestSeconds: LOAD.requestSeconds, loadSeconds: profile.loadSeconds,
    };
    const objects = toObjects(backends);
    const deployment = (what: string) => objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith(`-${what}`)).metadata.name;
    await kubectl.apply([...pinned(objects, node), ...driverObjects(settings, node)]);
    await until(() => ['etcd, RabbitMQ and the control are ready', ...pods.all.flatMap(waiting)].join('; '), 600,
      () => pods.all.length === 3 && pods.all.every(isReady), 0.5);

    const means: Means = {
      closed,
      home,
      etcd: deployment('etcd'),
      rabbitmq: deployment('rabbitmq'),
      etcdDownSeconds: profile.etcdDownSeconds,
      nodes: nodes.length,
      owner,
    };
    const world: World = { kubectl, pods, means, settings, node, random: seeded(seed), evidence: report };
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
