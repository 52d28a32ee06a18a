import { HANGS } from './prove';
import { attempt } from './races';
import { SCENARIOS } from './scenarios';
import { FOUND } from '../../util/shells';

// A handful of tries; `npm run test:races` makes hundreds.
const TRIES = 3;

const seed = Date.now() % 1e6;

for (const scenario of SCENARIOS) {
  for (const shell of FOUND) {
    test.concurrent(`[${shell.name}] nothing is lost: ${scenario.name}`, async () => {
      const reasons = await Promise.all(Array.from({ length: TRIES }, (_, index) => attempt(scenario, shell, seed + index)));
      expect(reasons.filter(Boolean)).toEqual([]);
    }, HANGS);
  }
}
