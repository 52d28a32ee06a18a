import { DEPLOYMENTS } from './systems/deployments';
import { BETWEEN, LIBRARY, SERVICE, SHARE, TWO } from './systems/library';
import { SCRIPT } from './systems/script';
import { System } from './systems/system';

export interface Tries {
  readonly planned: number;
  readonly unplanned: number;
}

/**
 * Which disruptions each system goes through, by name, and how often.
 */
export interface Profile {
  readonly systems: { readonly system: System; readonly disruptions: string[]; readonly tries: Tries }[];
  /** How long a model takes to load: what each restart costs. */
  readonly loadSeconds: number;
  readonly etcdDownSeconds: number;
}

/** Outages of what is around it meet the service's own code, which is the same in all systems. */
const CONTROLS = [
  'KILL to server', 'TERM to server', 'KILL to registrar', 'KILL to worker', 'TERM to worker', 'KILL to model', 'KILL to model of a worker',
  'delete a sync pod', 'delete an async pod', 'scale', 'demand', 'rolling restart', 'image', 'drain',
];

const [ONCE, TWICE] = [1, 2].map((tries): Tries => ({ planned: tries, unplanned: tries }));
const MANY: Tries = { planned: 12, unplanned: 2 };

export const PROFILES: { [name: string]: Profile } = {
  /** 14 minutes on a machine with two cores. */
  short: {
    systems: [
      {
        system: LIBRARY,
        disruptions: ['KILL to server', 'KILL to worker', 'KILL to model', 'delete a sync pod', 'delete an async pod', 'split', 'scale below sync', 'drain', 'rolling restart'],
        tries: ONCE,
      },
      { system: BETWEEN, disruptions: ['demand'], tries: ONCE },
      { system: SERVICE, disruptions: ['delete a sync pod', 'split', 'drains', 'rolling restart'], tries: ONCE },
      { system: SCRIPT, disruptions: ['KILL to server', 'delete a sync pod', 'rolling restart'], tries: ONCE },
      { system: DEPLOYMENTS, disruptions: ['KILL to server', 'delete a sync pod', 'rolling restart'], tries: ONCE },
      { system: TWO, disruptions: ['KILL to server', 'delete a sync pod', 'rolling restart'], tries: ONCE },
    ],
    loadSeconds: 2,
    etcdDownSeconds: 30,
  },
  /** About two hours. */
  full: {
    systems: [
      {
        system: LIBRARY,
        disruptions: [
          'KILL to server', 'KILL to registrar', 'KILL to worker', 'KILL to model', 'delete a sync pod', 'delete an async pod', 'scale', 'split', 'rolling restart',
          'TERM to server', 'TERM to registrar', 'TERM to worker', 'KILL to model of a worker', 'scale below sync', 'drain', 'image', 'layout', 'mixed', 'rabbitmq', 'etcd', 'node', 'api',
        ],
        tries: MANY,
      },
      { system: BETWEEN, disruptions: ['demand'], tries: MANY },
      {
        system: SERVICE,
        disruptions: ['KILL to server', 'delete a sync pod', 'split', 'scale below sync', 'rolling restart', 'image', 'drains', 'api'],
        tries: { planned: 4, unplanned: 1 },
      },
      { system: SHARE, disruptions: ['scale', 'scale below sync', 'rolling restart'], tries: TWICE },
      { system: SCRIPT, disruptions: CONTROLS, tries: ONCE },
      { system: DEPLOYMENTS, disruptions: CONTROLS, tries: ONCE },
      { system: TWO, disruptions: CONTROLS.filter(name => !TWO.cannot.includes(name)), tries: ONCE },
    ],
    loadSeconds: 10,
    etcdDownSeconds: 300,
  },
};
