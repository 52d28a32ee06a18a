import { percentile } from '../util/statistics';

/**
 * What the driver has written, a line each. Times are in seconds, by the driver's clock.
 */
export type Note =
  | { readonly e: 'request'; readonly stream: Stream; readonly begin: number; readonly end: number; readonly pod: string | null; readonly ok: boolean; readonly why?: string }
  | { readonly e: 'job'; readonly id: string; readonly begin: number; readonly at: number; readonly again: boolean }
  | { readonly e: 'done'; readonly id: string; readonly at: number; readonly pod: string }
  | { readonly e: 'tick'; readonly at: number; readonly requests: number; readonly jobs: number; readonly stall: number }
  | { readonly e: 'servers'; readonly at: number; readonly pods: string[] }
  | { readonly e: 'job-error' | 'results-error'; readonly at: number; readonly id?: string; readonly why: string }
  | { readonly e: 'results' | 'end'; readonly at: number };

export type Stream = 'plain' | 'transparent' | 'retry' | 'control';

export type Request = Note & { readonly e: 'request' };
export type Tick = Note & { readonly e: 'tick' };

export interface Job {
  readonly id: string;
  /** When the driver began to send it. */
  readonly begin: number;
  /** Sent more than once by the driver itself, which then says nothing about the workers. */
  readonly again: boolean;
  /** When its results came: none is missing, two is run twice. */
  readonly done: number[];
}

/**
 * The fate of every request and of every job.
 */
export class Ledger {
  public readonly requests: Request[] = [];
  public readonly jobs = new Map<string, Job>();
  public readonly ticks: Tick[] = [];
  /** Why a job could not be sent, or has failed, or its results could not be had for a while. */
  public readonly errors: Note[] = [];
  /** The servers, as the clients have them from the registry. */
  public servers: string[] = [];
  public ended = false;

  public add(note: Note): void {
    switch (note.e) {
      case 'request':
        this.requests.push(note);
        break;
      case 'job':
        // The result of a quick job may have been written before.
        this.jobs.set(note.id, { id: note.id, begin: note.begin, again: note.again, done: this.jobs.get(note.id)?.done ?? [] });
        break;
      case 'done': {
        const job = this.jobs.get(note.id) ?? { id: note.id, begin: note.at, again: false, done: [] };
        job.done.push(note.at);
        this.jobs.set(note.id, job);
        break;
      }
      case 'tick':
        this.ticks.push(note);
        break;
      case 'servers':
        this.servers = note.pods;
        break;
      case 'job-error':
      case 'results-error':
        this.errors.push(note);
        break;
      case 'end':
        this.ended = true;
    }
  }

  public get lastTick(): Tick | undefined {
    return this.ticks[this.ticks.length - 1];
  }

  /** Jobs that were begun before a moment and have no result yet. */
  public open(before: number = Infinity): Job[] {
    return [...this.jobs.values()].filter(job => job.begin < before && job.done.length === 0);
  }
}

/**
 * Which processes with requests a disruption has ended.
 */
export interface Deaths {
  /** Their pods: nobody could save what they had. */
  dead: string[];
  /** When a process was asked to end, by the clock of its node. */
  askedAt?: number;
  /** By when they were dead, where no connection tells: requests to a vanished node only end with their deadline. */
  deadBy?: number;
}

/**
 * The stretch of time in which a disruption can have had an effect.
 */
export interface Window extends Readonly<Deaths> {
  /** The moment of the disruption. */
  readonly from: number;
  readonly to: number;
  /** The end of the window before, to which a job that was begun earlier belongs. */
  readonly after: number;
}

export interface Counts {
  /** At the moment of the disruption. */
  readonly requestsInFlight: number;
  readonly jobsInFlight: number;
  /** Of the client that never tries again. */
  readonly requests: number;
  readonly failed: number;
  /** Of those that failed: they had begun before the process was asked to end. */
  readonly failedBefore: number;
  /** Of those that failed: they were in a process when it died. */
  readonly failedInside: number;
  /** Of those that failed: they were sent to a dead process because the client did not know yet. */
  readonly failedUnknowing: number;
  /** Seconds from the death until the last of these was sent. */
  readonly unknowingSeconds: number;
  /** Of gRPC's own client, without a retry policy and with one. */
  readonly failedTransparent: number;
  readonly failedWithRetry: number;
  readonly failedControl: number;
  /** In seconds. */
  readonly slowestControl: number;
  readonly jobs: number;
  readonly lost: number;
  readonly twice: number;
  /** Of the requests that were answered, in seconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The longest that the driver itself was held up, in seconds. */
  readonly stall: number;
  /** Why requests failed, and how often. */
  readonly reasons: { readonly [why: string]: number };
}

/** A request needs that long to its server, and the clocks of two nodes may differ. */
const ARRIVING_SECONDS = 0.1;
/** A request that is sent while its process dies meets a socket that is still closing. */
const DYING_SECONDS = 0.25;

/**
 * What happened to the requests and jobs that were in flight at the moment of a disruption or were sent from then to the end of its window.
 */
export function count({ requests, jobs, ticks }: Ledger, { from, to, after, dead, askedAt = from, deadBy = Infinity }: Window): Counts {
  const within = requests.filter(({ begin, end }) => end >= from && begin <= to);
  const plain = within.filter(({ stream }) => stream === 'plain');
  const failedOf = (stream: Stream) => within.filter(each => each.stream === stream && !each.ok);
  const failed = failedOf('plain');
  const answered = plain.filter(({ ok }) => ok).map(({ begin, end }) => end - begin);
  const latency = (part: number) => answered.length > 0 ? percentile(answered, part) : 0;
  const sent = [...jobs.values()].filter(({ begin, done }) => begin <= to && (done.length === 0 ? begin > after : Math.max(...done) >= from));

  let inside = 0;
  const unknowing: number[] = [];
  for (const pod of dead) {
    const of = failed.filter(each => each.pod === pod);
    const death = Math.min(deadBy, ...of.map(({ end }) => end));
    inside += of.filter(({ begin }) => begin <= death + DYING_SECONDS).length;
    unknowing.push(...of.filter(({ begin }) => begin > death + DYING_SECONDS).map(({ begin }) => begin - death));
  }

  const reasons: { [why: string]: number } = {};
  for (const { why = '?', stream } of within.filter(({ ok }) => !ok)) {
    // Addresses would make every reason a different one.
    const reason = `${stream}: ${why.replace(/(ipv[46]:)?[[\]\d.:%A-Fa-f]*:\d{2,}/g, 'ADDRESS')}`;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return {
    requestsInFlight: within.filter(({ begin, stream }) => begin < from && stream !== 'control').length,
    jobsInFlight: sent.filter(({ begin }) => begin < from).length,
    requests: plain.length,
    failed: failed.length,
    failedBefore: failed.filter(({ begin }) => begin < askedAt - ARRIVING_SECONDS).length,
    failedInside: inside,
    failedUnknowing: unknowing.length,
    unknowingSeconds: Math.max(0, ...unknowing),
    failedTransparent: failedOf('transparent').length,
    failedWithRetry: failedOf('retry').length,
    failedControl: failedOf('control').length,
    slowestControl: Math.max(0, ...within.filter(({ stream, ok }) => stream === 'control' && ok).map(({ begin, end }) => end - begin)),
    jobs: sent.length,
    lost: sent.filter(({ done }) => done.length === 0).length,
    twice: sent.filter(({ done, again }) => done.length > 1 && !again).length,
    p50: latency(50),
    p95: latency(95),
    p99: latency(99),
    stall: Math.max(0, ...ticks.filter(({ at }) => at >= from && at <= to + 1).map(({ stall }) => stall)),
    reasons,
  };
}
