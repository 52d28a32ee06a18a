import { App } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Split } from 'cdk8s-sync-async';
import { statefulSet, toObjects } from '../../../cluster/objects';
import { MinimalChart } from '../../../examples/minimal/chart';
import { Check } from '../check';
import { service } from '../service';
import { LABEL } from '../web';

const accepted: Check = {
  name: 'accepted',
  promise: 'The API server knows every field of the example and the probe service, and a namespace that enforces restricted warns of nothing.',
  pods: 0,
  seconds: 10,
  async run(trial) {
    const dryRun = (objects: any[]) => trial.cluster.kubectl.run(
      ['apply', '--dry-run=server', '--validate=strict', '--filename=-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
    const probe = () => service('accepted', trial.cluster, { split: Split.count(1), replicas: 2 });
    const example = () => toObjects(new MinimalChart(new App(), 'example'));
    for (const [what, objects] of [['example', example()], ['probe service', probe()]] as const) {
      const { status, stderr } = await dryRun(objects);
      trial.expect(status === 0 && stderr === '', `${what}: ${objects.length} objects, status ${status}${stderr && `, "${stderr.trim()}"`}`);
    }

    // The same question can be answered with no.
    const misspelt = probe();
    statefulSet(misspelt).spec.template.spec.terminationGracePeriod = 30;
    const unknown = await dryRun(misspelt);
    trial.expect(unknown.status !== 0 && unknown.stderr.includes('unknown field'), 'a misspelt field is refused');
    const lax = probe();
    statefulSet(lax).spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation = true;
    trial.expect((await dryRun(lax)).stderr.includes('would violate PodSecurity'), 'a privilege is warned of');
  },
};

const asWritten: Check = {
  name: 'as-written',
  promise: 'On the cluster the container has the GPU, its own environment and nothing else that nobody asked for; a container beside it stays as it is.',
  pods: 1,
  seconds: 20,
  async run(trial) {
    const deployment = await trial.deploy({
      split: Split.count(1),
      envVariables: { MODEL: kplus.EnvValue.fromValue('ocr') },
      containers: [{ name: 'beside', image: trial.cluster.image, command: ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'] }],
    });
    const set = await trial.cluster.kubectl.json(['get', 'statefulset', deployment.name]);
    const pod = deployment.pod(0);
    const [main, beside] = pod.spec.containers;
    const gpu = trial.cluster.gpus > 0 ? { 'nvidia.com/gpu': '1' } : undefined;
    trial.same('resources', main.resources, gpu ? { limits: gpu, requests: gpu } : {});
    trial.same('env', main.env.map((variable: any) => variable.name), ['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', 'MODEL']);
    trial.same('no service links', pod.spec.enableServiceLinks, false);
    trial.same('pod management', set.spec.podManagementPolicy, 'Parallel');
    trial.same('beside: resources', beside.resources, {});
    trial.same('beside: env', beside.env ?? [], []);
    trial.same('beside: probes', [beside.readinessProbe, beside.livenessProbe, beside.startupProbe].filter(Boolean).length, 0);
    const printed = await deployment.exec(0, 'env');
    trial.same('processes see', ['POD_NAME', 'INSTANCE', 'SYNC_INSTANCE', 'MODEL'].map(name => new RegExp(`^${name}=(.*)$`, 'm').exec(printed)?.[1]), [`${deployment.name}-0`, '1', '1', 'ocr']);
  },
};

const example: Check = {
  name: 'example',
  promise: 'The minimal example runs as it is written; its Service is asked by its name, and a pod finds another one by its own.',
  pods: 3,
  seconds: 25,
  async run(trial) {
    const objects = toObjects(new MinimalChart(new App(), trial.name));
    const set = statefulSet(objects);
    set.spec.template.spec.containers[0].image = `${trial.cluster.ocrImages}ocr:1`; // it has a Python too, and not every cluster reaches the one in the example
    const deployment = trial.deployment('-hello');
    await deployment.applyObjects(objects);
    await deployment.ready(set.spec.replicas);
    for (const host of ['hello', `${set.metadata.name}-0.${set.spec.serviceName}`]) {
      const answer = await deployment.exec(2, `python3 -c 'import urllib.request; print(urllib.request.urlopen("http://${host}:8080/").read().decode())'`);
      trial.same(`pod 2 asks ${host}:`, answer.trim(), `Hello from ${set.metadata.name}-0`);
    }
    trial.same('labels', deployment.pods.map(pod => pod.metadata.labels[LABEL]), ['sync', 'async', 'async']);
    trial.same('restarts', deployment.restarts, '0,0,0');
  },
};

export const YAML = [accepted, asWritten];
export const MINIMAL = [example];
