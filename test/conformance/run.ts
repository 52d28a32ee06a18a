import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Check, Trial } from './check';
import { AUTOSCALING } from './checks/autoscaling';
import { BETWEEN } from './checks/between';
import { BUDGETS, LABELLED_BUDGETS } from './checks/budgets';
import { DEATH } from './checks/death';
import { GPU } from './checks/gpu';
import { LABELS } from './checks/label';
import { LABEL_SERVICE } from './checks/label-service';
import { LAYOUTS } from './checks/layouts';
import { LEFTOVERS } from './checks/leftovers';
import { LIFE } from './checks/life';
import { MOVE } from './checks/move';
import { OCR } from './checks/ocr';
import { PROBES } from './checks/probes';
import { ROLLOUT, SEVERAL } from './checks/rollout';
import { SERVICE } from './checks/service';
import { VALUES } from './checks/values';
import { VOLUMES } from './checks/volumes';
import { WARM } from './checks/warm';
import { MINIMAL, YAML } from './checks/yaml';
import { Cluster, Forgotten } from './deployment';
import { allGpus } from '../../cluster/gpus';
import { Kubectl } from '../../cluster/kubectl';
import { meet } from '../../cluster/meet';
import { makeNamespace } from '../../cluster/namespace';
import { Pods } from '../../cluster/pods';
import { since, sleep, until } from '../../util/wait';

/** Those that need an image with Python. */
const NEED_OCR = [MINIMAL, LABELS, LABEL_SERVICE, LAYOUTS, LABELLED_BUDGETS, OCR, AUTOSCALING].flat();

const CHECKS = [YAML, SERVICE, LIFE, DEATH, LEFTOVERS, PROBES, VALUES, MOVE, WARM, BETWEEN, ROLLOUT, GPU, BUDGETS, VOLUMES, NEED_OCR].flat();

/** What a cluster may lack, and some checks need. */
const WANTS: { readonly needing: Check[]; readonly why: string; has(kubectl: Kubectl): Promise<boolean> }[] = [
  {
    needing: AUTOSCALING,
    why: 'the cluster has no KEDA',
    has: async kubectl => (await kubectl.run(['get', 'crd', 'scaledobjects.keda.sh'])).status === 0,
  },
  {
    needing: SEVERAL,
    why: 'the API server drops maxUnavailable (feature gate MaxUnavailableStatefulSet)',
    has: async kubectl => {
      const metadata = { name: 'max-unavailable', labels: { app: 'max-unavailable' } };
      const template = { metadata, spec: { containers: [{ name: 'main', image: 'none' }] } };
      const spec = { selector: { matchLabels: metadata.labels }, template, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 3 } } };
      const set = JSON.stringify({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec });
      return (await kubectl.print(['create', '--namespace=default', '--dry-run=server', '--filename=-', '--output=json'], set)).includes('"maxUnavailable"');
    },
  },
];

/** Pods at a time on a cluster without GPUs to count. */
const PODS = 16;

const USAGE = `npm run conformance -- [options]

Tries the library's promises on the Kubernetes cluster of $KUBECONFIG, in a namespace of its own, which is deleted at the end.

  --image IMAGE   with sh and the usual small tools (default: $CONFORMANCE_IMAGE, else busybox:1.36)
  --only NAME     one check; may be repeated
  --script FILE   a script to run in the place of the library's entrypoint.sh
  --second-try    try what failed once more, with nothing beside it: a machine that is shared may be too slow for all at once
  --report FILE   write what was seen as JSON
  --list          say what is checked, and end
  --ocr-images PREFIX
                  try the OCR example, the role label, two Deployments and, where there is KEDA, autoscaling too, with the images PREFIXocr:1, PREFIXetcd:1, PREFIXrabbitmq:1 and
                  PREFIXcurl:1 (default: $CONFORMANCE_OCR_IMAGES)
`;

interface Result {
  readonly name: string;
  readonly promise: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly seen: string[];
  readonly broken: string[];
}

function refuse(message: string): never {
  console.error(`conformance: ${message}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        'image': { type: 'string', default: process.env.CONFORMANCE_IMAGE ?? 'busybox:1.36' },
        'only': { type: 'string', multiple: true, default: [] },
        'script': { type: 'string' },
        'second-try': { type: 'boolean', default: false },
        'report': { type: 'string' },
        'ocr-images': { type: 'string', default: process.env.CONFORMANCE_OCR_IMAGES },
        'list': { type: 'boolean', default: false },
        'help': { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/**
 * Makes sure that pods can have the image, before twenty checks wait for it.
 */
async function pull({ kubectl, pods, image }: Cluster): Promise<void> {
  await kubectl.apply([{
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'image' },
    spec: {
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{
        name: 'image',
        image,
        command: ['sh', '-c', 'true'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      }],
    },
  }]);
  await until('the image runs', 60, () => pods.get('image')?.status.phase === 'Succeeded', 0.2).catch(() => {
    throw new Error(`a pod must be able to run image ${image} (--image): ${JSON.stringify(pods.get('image')?.status.containerStatuses?.[0].state ?? 'not scheduled')}`);
  });
}

/**
 * Runs a check; once more where the kubelet has forgotten what it asks for, which says nothing of the promise.
 */
async function runOne(check: Check, cluster: Cluster, again: boolean = true): Promise<Result> {
  const trial = new Trial(check.name, cluster);
  const begin = Date.now();
  let forgotten = false;
  try {
    await check.run(trial);
  } catch (error) {
    trial.broken.push((error as Error).message);
    forgotten = error instanceof Forgotten;
  }
  const seconds = since(begin);
  await trial.cleanUp().catch(error => trial.broken.push(`clean up: ${error.message}`));
  if (forgotten && again && cluster.pods.isWatching) {
    console.log(`again ${check.name} (${seconds.toFixed(0)} s): the kubelet has forgotten how a container ended: ${trial.broken.join('; ')}`);
    return runOne(check, cluster, false);
  }
  const { seen, broken } = trial;
  const passed = broken.length === 0;
  if (cluster.pods.isWatching) { // after a Ctrl-C nothing is known of the check
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${check.name} (${seconds.toFixed(0)} s): ${passed ? '' : `BROKEN: ${broken.join('; ')}; SEEN: `}${seen.join('; ')}`);
  }
  return { name: check.name, promise: check.promise, passed, seconds, seen, broken };
}

/**
 * Runs the checks side by side, since most of their time is waiting, but never more pods than there is room for; the long ones first.
 */
async function runAll(checks: Check[], cluster: Cluster): Promise<Result[]> {
  const room = cluster.gpus || PODS;
  const results: Result[] = [];
  const running = new Set<Promise<unknown>>();
  let used = 0;
  for (const waiting = [...checks].sort((a, b) => b.seconds - a.seconds); waiting.length > 0;) {
    const index = waiting.findIndex(check => used + check.pods <= room);
    if (index >= 0) {
      const [check] = waiting.splice(index, 1);
      used += check.pods;
      const run = runOne(check, cluster).then(result => {
        results.push(result);
        used -= check.pods;
        running.delete(run);
      });
      running.add(run);
      await sleep(1); // pods that all start in one second only wait for each other
    } else if (running.size > 0) {
      await Promise.race(running);
    } else {
      throw new Error(`${waiting[0].name} needs ${waiting[0].pods} pods with a GPU each; the cluster has ${room}`);
    }
  }
  await Promise.all(running);
  return results;
}

/**
 * Tries the failed ones once more, one after another; gives the results with the second ones in the place of the first.
 */
async function tryAgain(checks: Check[], first: Result[], cluster: Cluster): Promise<Result[]> {
  const results: Result[] = [];
  for (const result of first) {
    const again = !result.passed && cluster.pods.isWatching;
    if (again) console.log(`again ${result.name}`);
    results.push(again ? await runOne(checks.find(check => check.name === result.name)!, cluster) : result);
  }
  return results;
}

async function main(): Promise<void> {
  const { image, only, script, 'second-try': secondTry, report, list, help, 'ocr-images': ocrImages } = options();
  if (help || list) {
    console.log(help ? USAGE : CHECKS.map(check => `${check.name.padEnd(26)} ${check.promise}`).join('\n'));
    return;
  }
  const unknown = only.find(name => !CHECKS.some(check => check.name === name));
  if (unknown !== undefined) {
    refuse(`--only (${unknown}) must be one of ${CHECKS.map(check => check.name).join(', ')}`);
  }

  const named = CHECKS.filter(check => only.length === 0 ? ocrImages !== undefined || !NEED_OCR.includes(check) : only.includes(check.name));
  if (ocrImages === undefined && named.some(check => NEED_OCR.includes(check))) {
    refuse(`--only (${only}) must come with --ocr-images`);
  }

  const begin = Date.now();
  const kubectl = new Kubectl(`conformance-${randomBytes(4).toString('hex')}`);
  const pods = new Pods(kubectl);
  const { version, nodes } = await meet(kubectl);
  const cluster: Cluster = { kubectl, pods, image, gpus: await allGpus(kubectl), script: script && readFileSync(script, 'utf8'), ocrImages };
  console.log(`Kubernetes ${version}, ${nodes.length} nodes, ${cluster.gpus} GPUs, image ${image}, namespace ${kubectl.namespace}`);
  if (ocrImages === undefined) {
    console.log(`left out: ${NEED_OCR.map(check => check.name).join(', ')}: no images of the OCR example are named (--ocr-images)`);
  }
  const lacking: Check[] = [];
  for (const { needing, why, has } of WANTS) {
    if (named.some(check => needing.includes(check)) && !await has(kubectl)) {
      console.log(`left out: ${needing.map(check => check.name).join(', ')}: ${why}`);
      lacking.push(...needing);
    }
  }
  const checks = named.filter(check => !lacking.includes(check));

  let leaving: Promise<void> | undefined;
  const leave = () => leaving ??= (async () => {
    pods.stop();
    kubectl.stop();
    const { stderr, status } = await kubectl.run(['delete', 'namespace', kubectl.namespace, '--ignore-not-found', '--timeout=120s']);
    if (status !== 0) {
      console.error(`conformance: namespace ${kubectl.namespace} may be left behind: ${stderr.trim()}`);
    }
  })();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, async () => {
      console.error(`conformance: ${signal}, deleting namespace ${kubectl.namespace}`);
      await leave();
      process.exit(1);
    });
  }

  let results: Result[];
  try {
    await makeNamespace(kubectl, { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' });
    void pods.watch();
    await pull(cluster);
    results = await runAll(checks, cluster);
    if (secondTry) results = await tryAgain(checks, results, cluster);
  } finally {
    await leave();
  }

  const failed = results.filter(result => !result.passed).length;
  if (report) {
    writeFileSync(report, `${JSON.stringify({ kubernetes: version, image, seconds: since(begin), results }, undefined, 2)}\n`);
  }
  console.log(`${results.length - failed} passed, ${failed} failed (${since(begin).toFixed(0)} s)`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch(error => refuse(error.message));
