import { isReady, Pod, Pods, restarts } from '../../cluster/pods';

/**
 * The pods of each way, told apart by their names.
 */
export class Watch {
  constructor(private readonly pods: Pods) {}

  /** The pods of a way that are there, also those that are ending. */
  public of(way: string): Pod[] {
    return this.pods.all.filter(pod => pod.metadata.name.startsWith(`${way}-`));
  }

  /** Uids of all pods that a way ever had. */
  public everOf(way: string): string[] {
    return this.pods.ever.filter(pod => pod.metadata.name.startsWith(`${way}-`)).map(pod => pod.metadata.uid);
  }

  public restartsOf(way: string): number {
    return this.of(way).reduce((sum, pod) => sum + restarts(pod), 0);
  }

  /** The pods of a way in a few words, for errors. */
  public brief(way: string): string {
    return this.of(way).map(pod => `${pod.metadata.name} ${isReady(pod) ? 'ready' : pod.status.phase} ${restarts(pod)}`).sort().join(', ');
  }
}
