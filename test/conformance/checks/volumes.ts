import { Size } from 'cdk8s';
import { Split, VolumeClaimRetention } from 'cdk8s-sync-async';
import { until } from '../../../util/wait';
import { Check } from '../check';
import { ServiceProps } from '../service';
import { makeVolumes } from '../volumes';

const kept: Check = {
  name: 'volume-claims',
  promise: 'Each pod has a volume of its own, which any user can write to, and finds it again; what becomes of it, when there are fewer pods or none, is as told.',
  pods: 3,
  seconds: 240,
  async run(trial) {
    const storageClassName = await makeVolumes(trial, 4);
    const given = (mebibytes: number, keep: VolumeClaimRetention): ServiceProps => ({
      split: Split.count(1),
      replicas: 3,
      volumeClaims: [{ name: 'cache', size: Size.mebibytes(mebibytes), path: '/cache', storageClassName }],
      volumeClaimRetention: { whenScaled: keep, whenDeleted: keep },
    });
    const deployment = await trial.deploy(given(64, VolumeClaimRetention.RETAIN));
    const claims = async (): Promise<any[]> => (await trial.cluster.kubectl.json(['get', 'persistentvolumeclaims'])).items
      .filter(({ metadata }: any) => metadata.name.startsWith(`cache-${deployment.name}-`));
    const ordinals = async () => (await claims()).map(({ metadata }) => metadata.name.replace(/.*-/, '')).join();
    const found = async (index: number) => (await deployment.exec(index, 'cat /cache/who 2>/dev/null || echo nothing')).trim();
    const scale = async (replicas: number) => {
      await deployment.kubectl('scale', 'statefulset', deployment.name, `--replicas=${replicas}`);
      await deployment.ready(replicas);
    };

    for (const index of [0, 1, 2]) await deployment.exec(index, `echo ${index} >/cache/who`);
    trial.same('mode, user, group of a new volume', (await deployment.exec(0, 'ls -ldn /cache')).split(/ +/).filter((_, i) => [0, 2, 3].includes(i)), ['drwxrwsr-x', '0', '65532']);
    const volumes = (await claims()).map(({ spec }) => spec.volumeName);
    trial.same('volumes', new Set(volumes).size, 3);

    await deployment.delete(1);
    await deployment.ready(3);
    trial.same('after a deletion pod 1 finds', await found(1), '1');
    await deployment.setSplit('2');
    await deployment.restarted(1, 1);
    trial.same('after a move', await found(1), '1');
    await scale(2);
    trial.same('with fewer pods there are the claims of', await ordinals(), '0,1,2');
    await scale(3);
    trial.same('pod 2 comes back and finds', await found(2), '2');

    const { uids } = deployment;
    await deployment.apply(given(64, VolumeClaimRetention.DELETE));
    await deployment.ready(3);
    trial.same('another retention replaces a pod', deployment.uids !== uids, false);
    await scale(2);
    await until('the claim of pod 2 is deleted', 60, async () => await ordinals() === '0,1');
    trial.see('told to delete, the claim of pod 2 is gone');
    await scale(3);
    trial.same('pod 2 comes back and finds', await found(2), 'nothing');

    const before = { uids: deployment.uids, volumes: (await claims()).map(({ spec }) => spec.volumeName).join() };
    const refused = await deployment.apply(given(128, VolumeClaimRetention.DELETE)).then(() => 'accepted', error => (error as Error).message);
    trial.expect(/Forbidden: updates to statefulset spec for fields other than/.test(refused), `another size is ${refused.replace(/[^]*(Forbidden: [^,]*)[^]*/, '$1')}`);
    await deployment.kubectl('delete', 'statefulset', deployment.name, '--cascade=orphan');
    await deployment.apply(given(128, VolumeClaimRetention.DELETE));
    await deployment.ready(3);
    const sizes = (await claims()).map(({ spec }) => spec.resources.requests.storage).join();
    trial.expect(deployment.uids === before.uids, 'a StatefulSet made anew around its pods replaces none');
    trial.same('and leaves their volumes as they are', [(await claims()).map(({ spec }) => spec.volumeName).join(), sizes], [before.volumes, '64Mi,64Mi,64Mi']);

    await deployment.remove();
    await until('all claims are deleted', 60, async () => await ordinals() === '');
    trial.see('and when it is deleted, so are they');
  },
};

export const VOLUMES = [kept];
