import { Split } from 'cdk8s-sync-async';
import { container, isReady } from '../../../cluster/pods';
import { Check } from '../check';
import { Deployment } from '../deployment';
import { find, startedIn } from '../log';
import { editScript, program, ServiceProps } from '../service';

const version = (n: number, split: number): ServiceProps => ({
  split: Split.count(split),
  replicas: 3,
  syncRole: { processes: [program('server', [`version=${n}`]), program('registrar')] },
  asyncRole: { processes: [program('worker', [`version=${n}`])] },
});

/** Role and version of every pod, as its first process tells. */
async function roles(deployment: Deployment): Promise<string> {
  const each = await Promise.all([0, 1, 2].map(async index => {
    const log = await deployment.log(index);
    const { fields } = find(log, startedIn(log)[0], 'start');
    return `${fields.role} ${fields.version}`;
  }));
  return each.join(', ');
}

async function rolledOut(deployment: Deployment): Promise<void> {
  await deployment.kubectl('rollout', 'status', `statefulset/${deployment.name}`, '--timeout=120s');
  await deployment.ready(3);
}

const both: Check = {
  name: 'move-and-rollout',
  promise: 'A move of the split and a new template in one go end with the new template in the new roles, and every container ends well.',
  pods: 3,
  seconds: 60,
  async run(trial) {
    const deployment = await trial.deploy(version(1, 1));
    trial.same('before', await roles(deployment), 'sync 1, async 1, async 1');
    const uids = deployment.pods.map(pod => pod.metadata.uid);
    await deployment.apply(version(2, 2));
    await deployment.hurry();
    await rolledOut(deployment);
    trial.same('after', await roles(deployment), 'sync 2, sync 2, async 2');
    const ends = uids.map(uid => container(trial.cluster.pods.history(uid).at(-1)!)?.state.terminated?.exitCode);
    trial.same('exit codes of the old pods', ends, [0, 0, 0]);
    trial.expect(deployment.pods.every(isReady), 'all ready');
  },
};

const undo: Check = {
  name: 'undo',
  promise: '`kubectl rollout undo` brings back the commands of before, leaves the split where it is, and works across a change of the script.',
  pods: 3,
  seconds: 150,
  async run(trial) {
    const deployment = await trial.deploy(version(1, 1));
    await deployment.apply(version(2, 2));
    await rolledOut(deployment);
    trial.same('with version 2', await roles(deployment), 'sync 2, sync 2, async 2');
    await deployment.kubectl('rollout', 'undo', `statefulset/${deployment.name}`);
    await rolledOut(deployment);
    trial.same('after undo', await roles(deployment), 'sync 1, sync 1, async 1');

    await deployment.apply(version(1, 2));
    const template = () => deployment.kubectl('get', 'statefulset', deployment.name, '--output=jsonpath={.spec.template}');
    const before = { template: await template(), uids: deployment.uids };
    await deployment.apply(version(1, 2), objects => editScript(objects, script => `${script}# another version\n`));
    await rolledOut(deployment);
    trial.expect(await template() !== before.template && deployment.uids !== before.uids, 'another script rolls out');
    const copies = await Promise.all([0, 1, 2].map(index => deployment.exec(index, 'tail -n 1 /run/sync-async/entrypoint.sh')));
    trial.expect(copies.every(line => line.trim() === '# another version'), 'and every pod runs it');
    await deployment.kubectl('rollout', 'undo', `statefulset/${deployment.name}`);
    await rolledOut(deployment);
    trial.expect(await template() === before.template, 'after undo the template is that of before');
    trial.same('and the pods are', await roles(deployment), 'sync 1, sync 1, async 1');
    trial.same('restarts', deployment.restarts, '0,0,0');
  },
};

export const ROLLOUT = [both, undo];
