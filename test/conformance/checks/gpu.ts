import { Split } from 'cdk8s-sync-async';
import { since } from '../../../util/wait';
import { Check } from '../check';
import { find } from '../log';

const gpu: Check = {
  name: 'gpu',
  promise: 'Every pod has a GPU to itself, and keeps it through a move.',
  pods: 8,
  seconds: 60,
  async run(trial) {
    if (trial.cluster.gpus === 0) {
      trial.see('not tried: the nodes offer no nvidia.com/gpu');
      return;
    }
    const props = { split: Split.count(4), replicas: 8 };
    const deployment = await trial.deploy(props);
    const gpuOf = async (index: number) => {
      const log = await deployment.log(index);
      return `${deployment.pod(index).spec.nodeName}/${find(log, index < 4 ? 'server' : log.find(e => e.event === 'start' && e.by !== 'entrypoint')!.by, 'start').fields.gpu}`;
    };
    const before = await Promise.all(deployment.pods.map((_, index) => gpuOf(index)));
    trial.expect(new Set(before).size === 8 && before.every(id => !id.endsWith('/')), `8 pods on ${[...before].sort().join(' ')}`);
    const begin = Date.now();
    await deployment.apply({ ...props, split: Split.count(5) });
    await deployment.hurry();
    await deployment.restarted(4, 1);
    trial.same(`after a move of ${since(begin).toFixed(1)} s pod 4 has`, await gpuOf(4), before[4]);
  },
};

export const GPU = [gpu];
