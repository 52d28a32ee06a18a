import { Cluster, Deployment } from './deployment';
import { ServiceProps } from './service';

/**
 * One promise, tried on the cluster.
 */
export interface Check {
  readonly name: string;
  /** What is promised, in a sentence. */
  readonly promise: string;
  /** How many pods it has at most at a time. */
  readonly pods: number;
  /** Longer ones are begun first. */
  readonly seconds: number;
  run(trial: Trial): Promise<void>;
}

/**
 * One run of one check: what was seen, and what of it breaks the promise.
 */
export class Trial {
  public readonly seen: string[] = [];
  public readonly broken: string[] = [];
  private readonly deployments: Deployment[] = [];

  constructor(public readonly name: string, public readonly cluster: Cluster) {}

  /**
   * Notes something worth reading.
   */
  public see(what: string): void {
    this.seen.push(what);
  }

  /**
   * Notes what was seen, and whether it is as promised.
   */
  public expect(asPromised: boolean, what: string): void {
    (asPromised ? this.seen : this.broken).push(what);
  }

  /**
   * Notes two values that have to be equal.
   */
  public same(what: string, actual: unknown, expected: unknown): void {
    const [a, e] = [actual, expected].map(value => typeof value === 'string' ? value : JSON.stringify(value));
    this.expect(a === e, a === e ? `${what} ${a}` : `${what} ${a}, not ${e}`);
  }

  /**
   * Brings up a probe service, named after this check, and waits for its pods.
   */
  public async deploy(props: ServiceProps, suffix: string = ''): Promise<Deployment> {
    const deployment = this.deployment(suffix);
    await deployment.apply(props);
    await deployment.ready(props.replicas ?? 1);
    return deployment;
  }

  /**
   * A probe service that is not there yet.
   */
  public deployment(suffix: string = ''): Deployment {
    const deployment = new Deployment(this.cluster, this.name + suffix);
    this.deployments.push(deployment);
    return deployment;
  }

  public async cleanUp(): Promise<void> {
    await Promise.all(this.deployments.map(deployment => deployment.remove()));
  }
}
