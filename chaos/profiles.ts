import { DEPLOYMENTS } from './systems/deployments';
import { LIBRARY, SHARE } from './systems/library';
import { SCRIPT } from './systems/script';
import { System } from './systems/system';

/**
 * Which disruptions each system goes through, by name, and how often.
 */
export interface Profile {
  readonly systems: { readonly system: System; readonly disruptions: string[]; readonly tries: number }[];
  readonly etcdDownSeconds: number;
}

const CONTROLS = ['KILL to server', 'TERM to server', 'KILL to worker', 'TERM to worker', 'delete a sync pod', 'delete an async pod', 'rolling restart'];

export const PROFILES: { [name: string]: Profile } = {
  /** 10 minutes on a machine with two cores. */
  short: {
    systems: [
      {
        system: LIBRARY,
        disruptions: ['KILL to server', 'KILL to worker', 'delete a sync pod', 'delete an async pod', 'split', 'scale below sync', 'drain', 'rolling restart'],
        tries: 1,
      },
      { system: SCRIPT, disruptions: ['KILL to server', 'delete a sync pod'], tries: 1 },
      { system: DEPLOYMENTS, disruptions: ['KILL to server', 'delete a sync pod', 'rolling restart'], tries: 1 },
    ],
    etcdDownSeconds: 30,
  },
  /** Up to two hours. */
  full: {
    systems: [
      {
        system: LIBRARY,
        disruptions: [
          'KILL to server', 'KILL to registrar', 'KILL to worker', 'delete a sync pod', 'delete an async pod', 'scale', 'split', 'rolling restart',
          'TERM to server', 'TERM to registrar', 'TERM to worker', 'scale below sync', 'drain', 'image', 'mixed', 'rabbitmq', 'etcd', 'node', 'api',
        ],
        tries: 8,
      },
      { system: SHARE, disruptions: ['scale', 'scale below sync', 'rolling restart'], tries: 2 },
      { system: SCRIPT, disruptions: CONTROLS, tries: 2 },
      { system: DEPLOYMENTS, disruptions: CONTROLS, tries: 2 },
    ],
    etcdDownSeconds: 300,
  },
};
