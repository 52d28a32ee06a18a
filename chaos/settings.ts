/**
 * What a system is made with. A disruption that somebody intends is the same system with other settings.
 */
export interface Settings {
  readonly image: string;
  readonly replicas: number;
  /** How many of the pods are synchronous. */
  readonly sync: number;
  /** HOST:PORT of etcd. */
  readonly etcd: string;
  /** URL of RabbitMQ. */
  readonly broker: string;
  /** How long a request takes. */
  readonly requestSeconds: number;
  /** How long the model takes to load. */
  readonly loadSeconds: number;
}

/** What the service is asked for. Together: about 15 requests and between 1 and 2 jobs are in flight at each moment. */
export const LOAD = {
  /** A second, by a client that never tries again. */
  plainRate: 20,
  /** A second, by gRPC's own client without a retry policy. */
  transparentRate: 4,
  /** A second, by gRPC's own client with one. */
  retryRate: 6,
  requestSeconds: 0.5,
  jobEverySeconds: 1.6,
  jobSeconds: 2.5,
} as const;

/** What has to be in flight for a try to count. */
export const NEEDED = { requests: 5, jobs: 1 } as const;
