import { Pod } from '../../cluster/pods';
import { Settings } from '../settings';

/** It would take all servers at once where no budget keeps any. */
export const NEEDS_BUDGET = ['drains'];

/** There and back is tried from the StatefulSet. */
export const TO_OTHER_LAYOUT = ['layout'];

/** They are about the split, which a control cannot move without a rollout; that has a row of its own. Two Deployments can be scaled instead, as `demand` does. */
export const NOT_IN_CONTROLS = ['split', 'scale below sync', 'mixed', ...NEEDS_BUDGET, ...TO_OTHER_LAYOUT];

/**
 * A way to run the service on Kubernetes: the library, or what people use instead.
 */
export interface System {
  readonly name: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** Whether the promises are asked of it. A control has to break some, or the load is too weak to show anything. */
  readonly promised: boolean;
  /** Disruptions that mean nothing to it, by name. */
  readonly cannot: string[];
  /** Whether its pods ask by themselves how many of them are to be synchronous, which is then not in its objects. */
  readonly asks?: boolean;
  /** HOST:PORT by which its clients know it, who then do not look into the registry. */
  readonly service?: string;
  /** The workloads, as kubectl names them. */
  readonly workloads: string[];
  /** What is applied. */
  objects(settings: Settings): any[];
  /** Whether it is a pod of this system. */
  owns(pod: Pod): boolean;
  /** Whether it is, with these settings, a synchronous pod. */
  isSync(pod: Pod, settings: Settings): boolean;
}
