import { plan } from '../../chaos/plan';
import { PROFILES } from '../../chaos/profiles';

/** Tries of each disruption, by system. */
function tries(profile: string, only: string[] = [], each?: number) {
  const plans = plan(PROFILES[profile], only, each);
  return Object.fromEntries(plans.map(({ system, disruptions }) => [
    system.name, Object.fromEntries(disruptions.map(({ disruption, tries: times }) => [disruption.name, times])),
  ]));
}

describe('A plan', () => {
  test('tries what is planned more often than what is not, and what takes long less often', () => {
    expect(tries('full').library).toMatchObject({ 'delete a sync pod': 12, 'split': 12, 'drain': 6, 'mixed': 3, 'KILL to server': 2, 'KILL to model': 2, 'KILL to model of a worker': 2, 'node': 2, 'etcd': 1 });
  });

  test('of the full profile has more than a hundred tries of what is planned', () => {
    const planned = (name: string) => plan(PROFILES.full, [name])[0].disruptions
      .reduce((sum, { disruption, tries: times }) => sum + times * disruption.steps.filter(step => step.planned).length, 0);
    expect([planned('library'), planned('between'), planned('share')]).toEqual([117, 36, 10]);
  });

  test.each(['full', 'short'])('of the %s profile has in each control what it has to lose in', profile => {
    const { script, deployments } = tries(profile);
    for (const name of ['KILL to server', 'delete a sync pod', 'rolling restart']) {
      expect(script).toHaveProperty([name]);
      expect(deployments).toHaveProperty([name]);
    }
  });

  test.each(['full', 'short'])('of the %s profile ends the model process, and lets the number follow a demand', profile => {
    const { library, between } = tries(profile);
    expect(library).toHaveProperty(['KILL to model']);
    expect(between).toHaveProperty('demand');
  });

  test('gives the Deployments the same demand, and nobody who could not follow it', () => {
    expect(tries('full').deployments).toHaveProperty('demand');
    expect(Object.keys(tries('full', ['demand']))).toEqual(['between', 'deployments']);
  });

  test('has as many tries as somebody says, of what is named alone', () => {
    expect(tries('full', ['library', 'split', 'KILL to worker'], 5)).toEqual({ library: { 'split': 5, 'KILL to worker': 5 } });
  });

  test('has no system to which what is named means nothing', () => {
    expect(Object.keys(tries('full', ['split']))).toEqual(['library', 'by-service']);
    expect(Object.keys(tries('full', ['scale']))).toEqual(['library', 'between', 'by-service', 'share', 'script', 'deployments', 'two']);
    expect(() => plan(PROFILES.full, ['script', 'split'])).toThrow('--only (script) must come with something that can be done to it, which split cannot');
  });

  test('drains one node after the other where a budget keeps a server, and nowhere else', () => {
    expect(tries('full', ['drains'])).toEqual({ 'by-service': { drains: 4 } });
    expect(tries('short')['by-service']).toHaveProperty('drains');
  });

  test('changes from one layout to the other where both are tried, and nowhere else', () => {
    expect(tries('full', ['layout'])).toEqual({ library: { layout: 3 } });
  });

  test('refuses a name that nothing has', () => {
    expect(() => plan(PROFILES.short, ['kill'])).toThrow(/^--only \(kill\) must be one of library, between, by-service, script, deployments, two, KILL to server/);
  });
});
