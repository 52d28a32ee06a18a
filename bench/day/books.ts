/** Someone who serves or works on a GPU, from when to when, in seconds of the day. */
export interface Stay {
  readonly name: string;
  readonly role: 'server' | 'worker';
  readonly from: number;
  readonly to: number;
}

/** A request that has ended, well or not. */
export interface Request {
  readonly at: number;
  readonly seconds: number;
  readonly ok: boolean;
}

/**
 * What has been seen of a day.
 */
export interface Books {
  readonly seconds: number;
  readonly requests: Request[];
  /** When jobs were done. */
  readonly jobs: number[];
  readonly stays: Stay[];
}

/**
 * The books as the gateway writes them.
 */
export function read(log: string): Books {
  const events = log.split('\n').filter(Boolean).map(line => {
    const [at, event, ...words] = line.split(' ');
    return { at: Number(at), event, words };
  });
  const [begin, end, over] = ['begin', 'end', 'over'].map(name => events.find(({ event }) => event === name)?.at);
  if (begin === undefined || end === undefined || over === undefined) {
    throw new Error('the log of the gateway must tell of the begin and the end of the day in order to be read');
  }
  const seconds = end - begin;
  const inDay = events.map(each => ({ ...each, at: each.at - begin }));
  const open = new Map<string, Stay>();
  const stays: Stay[] = [];
  for (const { at, event, words: [name, role] } of inDay) {
    if (event === 'join') {
      open.set(name, { name, role: role as Stay['role'], from: at, to: Infinity });
    } else if (event === 'leave') {
      stays.push({ ...open.get(name)!, to: at });
      open.delete(name);
    }
  }
  return {
    seconds,
    requests: inDay.filter(({ event }) => event === 'answered' || event === 'failed').map(({ at, event, words }) => ({ at, seconds: Number(words[0]), ok: event === 'answered' })),
    jobs: inDay.filter(({ at, event }) => event === 'job' && at >= 0 && at <= seconds).map(({ at }) => at),
    stays: [...stays, ...open.values()].filter(({ from, to }) => from < seconds && to > 0),
  };
}
