import { Kubectl } from './kubectl';
import { sleep } from '../util/wait';

/**
 * What of a pod the checks look at.
 */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels: { readonly [key: string]: string };
  };
  readonly spec: any;
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
    readonly initContainerStatuses?: ContainerStatus[];
    readonly containerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly containerID?: string;
  readonly imageID?: string;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export interface ContainerState {
  readonly running?: { readonly startedAt: string };
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string };
}

/**
 * The first container, which is the one with the entrypoint.
 */
export function container(pod: Pod): ContainerStatus | undefined {
  return pod.status.containerStatuses?.find(status => status.name === pod.spec.containers[0].name);
}

/**
 * How often its containers were started again, sidecars too, all together.
 */
export function restarts(pod: Pod): number {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status;
  return [...initContainerStatuses, ...containerStatuses].reduce((sum, { restartCount }) => sum + restartCount, 0);
}

export function isReady(pod: Pod): boolean {
  return !pod.metadata.deletionTimestamp && pod.status.conditions?.find(c => c.type === 'Ready')?.status === 'True';
}

/**
 * Why containers of the pod do not run.
 */
export function waiting({ metadata, status }: Pod): string[] {
  return (status.containerStatuses ?? []).flatMap(({ state }) => state.waiting ? [`${metadata.name}: ${state.waiting.reason} ${state.waiting.message ?? ''}`.trim()] : []);
}

/**
 * When the pod became, or stopped being, ready, in seconds by the clock of its node. (Kubernetes tells whole seconds.)
 */
export function readySince(pod: Pod): number {
  return Date.parse(pod.status.conditions?.find(c => c.type === 'Ready')?.lastTransitionTime ?? '') / 1000;
}

/**
 * Every pod of the namespace, and every state it has been seen in. One watch for all checks asks little of the machine and misses nothing in between.
 */
export class Pods {
  private readonly current = new Map<string, Pod>();
  private readonly past = new Map<string, Pod[]>();

  private watching = true;

  constructor(private readonly kubectl: Kubectl) {}

  /**
   * False after `stop`.
   */
  public get isWatching(): boolean {
    return this.watching;
  }

  /**
   * Watches until `stop`. The API server ends a watch from time to time; the next one begins with all pods.
   */
  public async watch(): Promise<void> {
    while (this.watching) {
      let begun = false;
      await this.kubectl.follow(['get', 'pods', '--watch', '--output-watch-events', '--output=json'], line => {
        if (!begun) { // until then the last list is the best one
          this.current.clear();
          begun = true;
        }
        this.take(line);
      });
      await sleep(0.5);
    }
  }

  public stop(): void {
    this.watching = false;
  }

  public get(name: string): Pod | undefined {
    return this.current.get(name);
  }

  public get all(): Pod[] {
    return [...this.current.values()];
  }

  /**
   * The pods of a StatefulSet by their ordinals.
   */
  public of(set: string): Pod[] {
    return this.all
      .filter(pod => pod.metadata.name.replace(/-[0-9]+$/, '') === set)
      .sort((a, b) => ordinal(a) - ordinal(b));
  }

  /**
   * Every pod that there has been, in the state in which it was last seen.
   */
  public get ever(): Pod[] {
    return [...this.past.values()].map(states => states[states.length - 1]);
  }

  /**
   * Every state that the pod with this uid has been seen in, also after its end.
   */
  public history(uid: string): Pod[] {
    return this.past.get(uid) ?? [];
  }

  private take(line: string): void {
    let event: { type: string; object: Pod };
    try {
      event = JSON.parse(line);
    } catch {
      return; // the connection has ended within a line; the next watch tells all again
    }
    const { type, object } = event;
    if (type === 'DELETED') {
      this.current.delete(object.metadata.name);
    } else if (type === 'ADDED' || type === 'MODIFIED') {
      this.current.set(object.metadata.name, object);
    } else {
      return;
    }
    this.past.set(object.metadata.uid, [...this.history(object.metadata.uid), object]);
  }
}

export function ordinal(pod: Pod): number {
  return Number(pod.metadata.name.replace(/.*-/, ''));
}
