import { Kubectl } from '../../test/conformance/kubectl';
import { isReady, Pod, restarts } from '../../test/conformance/pods';

/**
 * Every pod that the namespace has or had, in the state in which it was last seen.
 */
export class Watch {
  private readonly seen = new Map<string, Pod>();
  private readonly gone = new Set<string>();

  /** Watches until kubectl is stopped. A longer watch than the API server allows is not needed. */
  constructor(kubectl: Kubectl) {
    void kubectl.follow(['get', 'pods', '--watch', '--output-watch-events', '--output=json'], line => {
      const { type, object } = JSON.parse(line) as { type: string; object: Pod };
      this.seen.set(object.metadata.uid, object);
      if (type === 'DELETED') {
        this.gone.add(object.metadata.uid);
      }
    });
  }

  /** The pods of a way that are there, also those that are ending. */
  public of(way: string): Pod[] {
    return [...this.seen.values()].filter(pod => pod.metadata.name.startsWith(`${way}-`) && !this.gone.has(pod.metadata.uid));
  }

  /** Uids of all pods that a way ever had. */
  public everOf(way: string): string[] {
    return [...this.seen.values()].filter(pod => pod.metadata.name.startsWith(`${way}-`)).map(pod => pod.metadata.uid);
  }

  public restartsOf(way: string): number {
    return this.of(way).reduce((sum, pod) => sum + restarts(pod), 0);
  }

  /** The pods of a way in a few words, for errors. */
  public brief(way: string): string {
    return this.of(way).map(pod => `${pod.metadata.name} ${isReady(pod) ? 'ready' : pod.status.phase} ${restarts(pod)}`).sort().join(', ');
  }
}
