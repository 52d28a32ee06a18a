import { Split } from 'cdk8s-sync-async';
import { container } from '../../../cluster/pods';
import { sleep, until } from '../../../util/wait';
import { Check } from '../check';

const refused: Check = {
  name: 'refused-values',
  promise: 'A missing or bad number of sync pods changes nothing and is logged once; a container that starts with it ends with 64 and says what it found.',
  pods: 2,
  seconds: 120,
  async run(trial) {
    const deployment = await trial.deploy({ split: Split.count(1), replicas: 2 });
    const { uids } = deployment;
    const values: [string | null, string][] = [['08', '08'], ['abc', 'abc'], [null, 'missing']];
    for (const [index, [value, word]] of values.entries()) {
      await deployment.setSplit(value);
      const logs = await Promise.all([0, 1].map(pod => until(`${deployment.name}-${pod} refuses ${value}`, 20, async () => {
        const lines = (await deployment.log(pod)).filter(e => e.event === 'refused');
        return lines.length > index ? lines : undefined;
      })));
      trial.expect(logs.every(lines => lines.length === index + 1 && JSON.stringify(lines[index].fields).includes(word)),
        `${value === null ? 'no value' : `"${value}"`}: "${logs[0][index].fields.reason}"`);
    }
    await sleep(16); // longer than the entrypoint needs to look again
    const lines = await Promise.all([0, 1].map(async pod => (await deployment.log(pod)).filter(e => e.event === 'refused').length));
    trial.same('lines of refusal by pod', lines, [3, 3]);
    trial.same('restarts', deployment.restarts, '0,0');

    await deployment.setSplit('08');
    await sleep(3); // the kubelet's, to write the file
    await deployment.signal(0, 'server', 'USR1');
    await until('the container ends with 64', 60, () => container(deployment.pod(0))?.lastState.terminated?.exitCode === 64, 0.2);
    const { exitCode, message } = await deployment.describeLastEnd(0);
    trial.expect(exitCode === 64 && message.includes('08'), `started with "08": exit code ${exitCode}, message "${message}"`);

    await deployment.setSplit('1');
    await deployment.ready(2, 90);
    trial.same('pods kept', deployment.uids === uids, true);
  },
};

const removed: Check = {
  name: 'removed-values',
  promise: 'Without its ConfigMap a running pod goes on, and is well when the ConfigMap is back.',
  pods: 2,
  seconds: 60,
  async run(trial) {
    const props = { split: Split.count(1), replicas: 2 };
    const deployment = await trial.deploy(props);
    await deployment.kubectl('delete', 'configmap', deployment.values);
    await deployment.hurry();
    await sleep(20);
    trial.same('restarts', deployment.restarts, '0,0');
    await deployment.ready(2, 1);
    await deployment.apply({ ...props, split: Split.count(2) });
    await deployment.hurry();
    await deployment.restarted(1, 1);
    trial.see('a move with the ConfigMap put back works');
  },
};

export const VALUES = [refused, removed];
