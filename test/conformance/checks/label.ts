import { Duration } from 'cdk8s';
import { Split, SplitMove } from 'cdk8s-sync-async';
import { container, isReady, restarts } from '../../../cluster/pods';
import { since, sleep, until } from '../../../util/wait';
import { Check } from '../check';
import { Deployment } from '../deployment';
import { Gate } from '../gate';
import { count, find } from '../log';
import { probes, program, ServiceProps } from '../service';
import { LABEL, webProps, withClients } from '../web';

const forbidden: Check = {
  name: 'label-forbidden',
  promise: 'Without the right to it no pod becomes ready, its log and its last words say which right is missing, its worker works; with the right all is well.',
  pods: 2,
  seconds: 90,
  async run(trial) {
    const deployment = trial.deployment();
    const given = { ...webProps(trial, 'gently'), split: Split.count(1), replicas: 2 };
    await deployment.apply(given, objects => objects.find(object => object.kind === 'Role').rules = []);
    await until('its pods are there', 30, () => deployment.pods.length === 2);
    const told = await Promise.all([0, 1].map(index => deployment.logged(index, 'entrypoint', 'error', 90)));
    for (const [index, { fields }] of told.entries()) {
      trial.expect(fields.reason.includes(`the right to patch pod ${deployment.name}-${index} is missing (403, `), `the log says: ${fields.reason}`);
    }
    await deployment.logged(1, 'web', 'serving', 30);
    trial.same('ready pods', deployment.pods.filter(isReady).length, 0);
    const { pod } = await deployment.delete(1);
    const message = container(pod)?.state.terminated?.message ?? '';
    trial.expect(message.startsWith('stopped by TERM; role label: the right to patch'), `its last words: ${message.trim()}`);
    await deployment.apply(given);
    await deployment.ready(2, 90);
    trial.same('labels', deployment.pods.map(each => each.metadata.labels[LABEL]), ['sync', 'async']);
    const [log] = await Promise.all([deployment.log(0)]);
    trial.same('times that it is told', count(log, 'entrypoint', 'error'), 1);
    const patched = find(log, 'entrypoint', 'label');
    trial.see(`the label is set ${(patched.at - find(log, 'entrypoint', 'error').at).toFixed(1)} s after the first refusal`);
  },
};

const outage: Check = {
  name: 'label-outage',
  promise: 'While the API server is away, at a start, in a move, in a stop, nobody ends, workers work and no request fails; when it is back the labels are right.',
  pods: 3,
  seconds: 240,
  async run(trial) {
    const gate = await Gate.make(trial);
    const given = { ...webProps(trial, 'gently', { stopDelay: Duration.seconds(5) }), ...gate.props, replicas: 3, sharedProcesses: [program('model')] };
    const deployment = trial.deployment();
    const labels = () => deployment.pods.map(pod => pod.metadata.labels[LABEL]).join();
    const right = (sync: number, seconds = 60) => until(() => `labels for ${sync}: ${labels()}; ${deployment.brief}`, seconds,
      () => deployment.pods.length === 3 && deployment.pods.every((pod, index) => isReady(pod) && pod.metadata.labels[LABEL] === (index < sync ? 'sync' : 'async')), 0.2);

    await deployment.apply(given);
    await until('its pods are there', 30, () => deployment.pods.length === 3);
    await Promise.all([0, 1, 2].map(index => deployment.logged(index, 'web', 'serving', 90)));
    await sleep(30);
    trial.same('away for 30 s at the start: labels, ready pods', `${labels()} ${deployment.pods.filter(isReady).length}`, ',, 0');
    let begin = Date.now();
    await gate.open();
    await right(2);
    trial.see(`the labels are right ${since(begin).toFixed(1)} s after it is back`);
    const end = await withClients(trial, deployment, given);

    await gate.close(deployment);
    await deployment.setSplit('1');
    const moved = await deployment.logged(1, 'entrypoint', 'move', 60);
    await until('pod 1 works in the other role', 120, async () => (await deployment.log(1)).some(e => e.event === 'serving' && e.fields.role === 'async'), 1);
    const told = find(await deployment.log(1), 'entrypoint', 'error');
    trial.expect(told.fields.reason.startsWith('role label: the API server does not do it'), `away in a move: ${told.fields.reason}`);
    const asked = (await deployment.log(1)).find(e => e.event === 'stop-signal' && e.fields.process === 'web')!;
    trial.expect(asked.at - moved.at > 30, `its server goes on for ${(asked.at - moved.at).toFixed(0)} s`);
    trial.same('the label stays, and the pod is not ready', `${labels()} ${isReady(deployment.pod(1))}`, 'sync,sync,async false');
    await gate.open();
    begin = Date.now();
    await right(1);
    trial.see(`the labels are right ${since(begin).toFixed(1)} s after it is back`);

    await deployment.setSplit('2');
    await right(2, 120);
    await gate.close(deployment);
    const { log, pod, seconds } = await deployment.delete(0);
    const server = log.find(e => e.event === 'stop-signal' && e.fields.process === 'web')!;
    trial.expect(server.at - find(log, 'entrypoint', 'stop').at > 30, `away in a stop: its server goes on for ${(server.at - find(log, 'entrypoint', 'stop').at).toFixed(0)} s, the stop takes ${seconds.toFixed(0)} s`);
    trial.same('exit code', container(pod)?.state.terminated?.exitCode, 0);
    await gate.open();
    await right(2, 120);
    trial.same('restarts', deployment.restarts, '0,0,0');

    const answers = await end();
    const failures = answers.filter(e => e.event === 'failure');
    trial.expect(failures.length === 0, `${answers.filter(e => e.event === 'answer').length} answers, ${failures.length} failures ${failures.map(e => `${e.fields.kind} ${e.fields.error}`).slice(0, 3).join('; ')}`);
    trial.same('answers by asynchronous pods', answers.filter(e => e.event === 'answer' && e.fields.role !== 'sync').length, 0);
  },
};

const killed: Check = {
  name: 'label-killed',
  promise: 'A container that is killed while its label says sync, and comes back while the API server is away, in either role, works and is not ready; no worker is asked.',
  pods: 3,
  seconds: 150,
  async run(trial) {
    const gate = await Gate.make(trial);
    // Only in a shared process namespace can the entrypoint be killed from inside.
    const given = { ...webProps(trial, 'gently'), ...gate.props, replicas: 3, shareProcessNamespace: true };
    const deployment = trial.deployment();
    const labels = () => deployment.pods.map(pod => pod.metadata.labels[LABEL]).join();
    const kill = (index: number) => deployment.exec(index, 'read -r pid rest </run/sync-async/state; kill -s KILL "$pid"');
    const serves = (index: number, role: string) => until(() => `pod ${index} works as ${role}; ${deployment.brief}`, 60, async () =>
      restarts(deployment.pod(index)) === 1 && (await deployment.log(index)).some(e => e.event === 'serving' && e.fields.role === role), 0.5);
    await gate.open();
    const end = await withClients(trial, deployment, given);

    await gate.close(deployment);
    await deployment.setSplit('1');
    await deployment.logged(1, 'entrypoint', 'error', 60); // it moves, and cannot take its label away
    trial.same('labels when the container of pod 1 is killed', labels(), 'sync,sync,async');
    await kill(1);
    await serves(1, 'async');
    await kill(0);
    await serves(0, 'sync');
    await sleep(10);
    trial.same('while the API server is away: labels, ready pods', `${labels()} ${deployment.pods.map(isReady).join()}`, 'sync,sync,async false,false,true');
    await gate.open();
    const begin = Date.now();
    await until(() => `the labels are right: ${labels()}; ${deployment.brief}`, 60, () => labels() === 'sync,async,async' && deployment.pods.every(isReady), 0.2);
    trial.see(`the labels are right ${since(begin).toFixed(1)} s after it is back`);
    trial.same('restarts', deployment.restarts, '1,1,0');
    const answers = (await end()).filter(e => e.event === 'answer');
    trial.same(`answers by asynchronous pods, of ${answers.length}`, answers.filter(e => e.fields.role !== 'sync').length, 0);
  },
};

const splits: Check = {
  name: 'label-splits',
  promise: 'Pods have the label of their role with every split and without one; only the container of the processes has the token, and curl alone is enough for an image.',
  pods: 9,
  seconds: 150,
  async run(trial) {
    const small = (split: Split | undefined, more: Partial<ServiceProps> = {}): ServiceProps => ({
      split, replicas: 2, probes, roleLabel: {}, image: `${trial.cluster.ocrImages}curl:1`, ...split ? {} : { asyncRole: undefined }, ...more,
    });
    const labelled = async (deployment: Deployment, wanted: string) => {
      const labels = () => deployment.pods.map(pod => pod.metadata.labels[LABEL]).join();
      const fine = await until(() => '', 120, () => deployment.pods.every(isReady) && labels() === wanted, 0.2).catch(() => false);
      trial.expect(fine !== false, `${deployment.name}: labels ${labels()}; ${fine === false ? deployment.brief : ''}`);
    };
    const [none, share, rolled, between] = ['-none', '-share', '-rolled', '-between'].map(suffix => trial.deployment(suffix));
    const demand = { demand: ['echo', '2'], period: Duration.seconds(2) };
    const sidecar = { name: 'sidecar', image: trial.cluster.image, command: ['sh', '-c', 'trap "exit 0" TERM; sleep 100000 & wait'], securityContext: { user: 65532 } };
    await Promise.all([
      none.apply(small(undefined, { containers: [sidecar] })),
      share.apply(small(Split.share(1, 2))),
      rolled.apply(small(Split.count(1, { move: SplitMove.ROLLOUT }))),
      between.apply(small(Split.between(1, 2, demand), { replicas: 3 })),
    ]);
    await Promise.all([labelled(none, 'sync,sync'), labelled(share, 'sync,async'), labelled(rolled, 'sync,async'), labelled(between, 'sync,sync,async')]);

    const seen = (container_: string) => none.kubectl('exec', `${none.name}-0`, `--container=${container_}`, '--', 'sh', '-c', '{ ls /etc/sync-async/api; ls /var/run/secrets/kubernetes.io; } 2>/dev/null || :');
    trial.same('what the main container has of the API', (await seen('main')).split(/\s+/).filter(Boolean).join(), 'ca.crt,namespace,token,uid');
    trial.same('what the other has', (await seen('sidecar')).trim(), '');
    trial.same('python3 in the image', (await none.exec(0, 'command -v python3 || :')).trim(), '');

    await Promise.all([share.apply(small(Split.share(2, 2), { asyncRole: undefined })), rolled.apply(small(Split.count(0, { move: SplitMove.ROLLOUT }))), between.setSplit('1')]);
    await Promise.all([labelled(share, 'sync,sync'), labelled(rolled, 'async,async'), labelled(between, 'sync,async,async')]);
  },
};

export const LABELS = [forbidden, outage, killed, splits];
