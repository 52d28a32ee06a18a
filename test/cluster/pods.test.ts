import { Kubectl } from '../../cluster/kubectl';
import { Pod, Pods, restarts, waiting } from '../../cluster/pods';

const event = (name: string, type: string = 'ADDED') => JSON.stringify({ type, object: { metadata: { name, uid: name } } });

/** A watch for each list of lines; what the pods are when one begins, and after each line. */
async function watched(...watches: string[][]): Promise<string[]> {
  const seen: string[] = [];
  const note = () => seen.push(pods.all.map(({ metadata }) => metadata.name).join());
  const follow = async (_: string[], take: (line: string) => void) => {
    note();
    watches.shift()!.forEach(line => {
      take(line);
      note();
    });
    if (watches.length === 0) {
      pods.stop();
    }
  };
  const pods: Pods = new Pods({ follow } as unknown as Kubectl);
  await pods.watch();
  return seen;
}

test('The end of a watch empties no list; the first line of the next one does', async () => {
  expect(await watched([event('a'), event('b')], [event('b')])).toEqual(['', 'a', 'a,b', 'a,b', 'b']);
});

test('A pod tells why its containers do not run', () => {
  const state = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
  const pod = { metadata: { name: 'a' }, status: { containerStatuses: [{ state }, { state: { running: {} } }] } } as unknown as Pod;
  expect(waiting(pod)).toEqual(['a: ImagePullBackOff no such image']);
  expect(waiting({ metadata: { name: 'b' }, status: {} } as Pod)).toEqual([]);
});

test('The restarts of all containers of a pod count', () => {
  expect(restarts({ status: { containerStatuses: [{ restartCount: 1 }, { restartCount: 2 }] } } as unknown as Pod)).toBe(3);
  expect(restarts({ status: { initContainerStatuses: [{ restartCount: 4 }], containerStatuses: [{ restartCount: 1 }] } } as unknown as Pod)).toBe(5); // a sidecar
  expect(restarts({ status: {} } as Pod)).toBe(0);
});

test('A pod that is gone is still known, as it was last', async () => {
  const pods: Pods = new Pods({
    follow: async (_: string[], take: (line: string) => void) => {
      [event('a'), event('b'), event('a', 'DELETED')].forEach(take);
      pods.stop();
    },
  } as unknown as Kubectl);
  await pods.watch();
  expect(pods.all.map(({ metadata }) => metadata.uid)).toEqual(['b']);
  expect(pods.ever.map(({ metadata }) => metadata.uid)).toEqual(['a', 'b']);
});

test('A line that is cut off is left out', async () => {
  expect(await watched([event('a'), event('b').slice(0, 20)])).toEqual(['', 'a', 'a']);
});
