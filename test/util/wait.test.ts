import { until } from '../../util/wait';

test('An answer is returned, also one that is 0 or empty', async () => {
  const answers = [undefined, false, 0];
  expect(await until('an answer', 1, () => answers.shift(), 0)).toBe(0);
  expect(await until('an answer', 1, () => '')).toBe('');
});

test('Who waits in vain hears what was missing', async () => {
  await expect(until('a pod', 0, () => false)).rejects.toThrow('not within 0 s: a pod');
});

test('What is missing can be said at the end, and is not asked for before', async () => {
  let asked = 0;
  await until(() => 'nothing', 1, () => ++asked === 2, 0);
  expect(asked).toBe(2);
  await expect(until(() => `a pod, seen ${asked} times`, 0.02, () => void asked++, 0.01)).rejects.toThrow(/^not within 0.02 s: a pod, seen [3-9] times$/);
});
