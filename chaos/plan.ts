import { Disruption, DISRUPTIONS } from './disruptions';
import { Profile, Tries } from './profiles';
import { System } from './systems/system';

/**
 * What a system is to go through.
 */
export interface Plan {
  readonly system: System;
  readonly disruptions: { readonly disruption: Disruption; readonly tries: number }[];
  /** Disruptions that somebody has asked for by name. */
  readonly asked: string[];
}

/**
 * The plans of a profile, or of what is named of it, with as many tries as it says or as somebody says.
 */
export function plan(profile: Profile, only: string[], tries?: number): Plan[] {
  const known = profile.systems.map(({ system }) => system.name);
  const systems = only.filter(name => known.includes(name));
  const asked = only.filter(name => !known.includes(name));
  const unknown = asked.find(name => !DISRUPTIONS.some(disruption => disruption.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only (${unknown}) must be one of ${[...known, ...DISRUPTIONS.map(({ name }) => name)].join(', ')}`);
  }
  const plans = profile.systems
    .filter(({ system }) => systems.length === 0 || systems.includes(system.name))
    .map(each => ({
      system: each.system,
      asked,
      disruptions: (asked.length > 0 ? asked : each.disruptions)
        .filter(name => !each.system.cannot.includes(name))
        .map(name => DISRUPTIONS.find(disruption => disruption.name === name)!)
        .map(disruption => ({ disruption, tries: tries ?? triesOf(disruption, each.tries) })),
    }));
  const idle = plans.find(({ system, disruptions }) => systems.includes(system.name) && disruptions.length === 0);
  if (idle !== undefined) {
    throw new Error(`--only (${idle.system.name}) must come with something that can be done to it, which ${asked.join(', ')} cannot`);
  }
  return plans.filter(({ disruptions }) => disruptions.length > 0);
}

function triesOf({ steps, most = Infinity }: Disruption, { planned, unplanned }: Tries): number {
  return Math.min(steps.every(step => step.planned) ? planned : unplanned, most);
}
