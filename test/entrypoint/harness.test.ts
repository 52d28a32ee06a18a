import { Entrypoint, Life, service } from './harness';
import { HANGS } from './prove';
import { FOUND } from '../../util/shells';

/** Tells a sentence about the harness with one life of the entrypoint. */
function tell(sentence: string, life: Life, run: (life: Entrypoint) => Promise<void>): void {
  test(sentence, async () => {
    const entrypoint = new Entrypoint(FOUND[0], life);
    try {
      await run(entrypoint);
    } finally {
      await entrypoint.dispose();
    }
  }, HANGS);
}

tell('When a life passes its limit, the wait that ran out says what it was for.', { limit: 1, sync: [service('server')] }, async life => {
  await expect(life.line({ event: 'none' }, 2)).rejects.toThrow(/^waited \d+\.\d s for line 2 like {"event":"none"}: not ended within its limit of 1 s; alive were:\n/);
});

tell('So does the wait for a program that runs beside it.', { sync: [service('server')] }, async life => {
  await life.begun();
  const { ended } = life.exec(['sleep', '1000']);
  life.giveUp('no patience');
  await expect(ended).rejects.toThrow(/^waited \d+\.\d s for the end of sleep 1000: no patience$/);
});

tell('Time in which the test itself stood still is not held against a life.', { limit: 4, sync: [{ name: 'short', command: ['true'] }] }, async life => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  expect((await life.ended()).status).toBe(1);
});
