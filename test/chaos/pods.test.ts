import { Kubectl } from '../conformance/kubectl';
import { Pod, Pods, waiting } from '../conformance/pods';

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

test('A line that is cut off is left out', async () => {
  expect(await watched([event('a'), event('b').slice(0, 20)])).toEqual(['', 'a', 'a']);
});
