/**
 * One line of a container's log.
 */
export interface Event {
  /** In seconds by the clock of the node. */
  readonly at: number;
  /** Which process wrote it; `entrypoint` is the library's script. */
  readonly by: string;
  readonly event: string;
  readonly fields: { readonly [key: string]: string };
}

/**
 * Reads what `kubectl logs --timestamps` prints. Both the entrypoint and the probe service write key=value; other lines are left out.
 */
export function parseLog(text: string): Event[] {
  return text.split('\n').flatMap(line => {
    const [, time, rest] = /^(\S+) (.*)$/.exec(line) ?? [];
    const fields = Object.fromEntries([...(rest ?? '').matchAll(/([\w-]+)=(?:"([^"]*)"|(\S*))/g)].map(([, key, quoted, plain]) => [key, quoted ?? plain]));
    if (!fields.event) {
      return [];
    }
    return [{ at: seconds(time), by: fields.logger ? 'entrypoint' : fields.process, event: fields.event, fields }];
  });
}

// Date.parse knows milliseconds only.
function seconds(time: string): number {
  const [whole, fraction] = time.replace('Z', '').split('.');
  return Date.parse(`${whole}Z`) / 1000 + Number(`0.${fraction ?? 0}`);
}

/**
 * The first line of that process and event, which has to be there.
 */
export function find(log: Event[], by: string, event: string): Event {
  const found = log.find(e => e.by === by && e.event === event);
  if (!found) {
    throw new Error(`the log has no ${event} by ${by}, only: ${story(log)}`);
  }
  return found;
}

export function count(log: Event[], by: string, event: string): number {
  return log.filter(e => e.by === by && e.event === event).length;
}

/**
 * The processes of the probe service that have started, in order.
 */
export function startedIn(log: Event[]): string[] {
  return log.filter(e => e.by !== 'entrypoint' && e.event === 'start').map(e => e.by);
}

/**
 * The whole log in one line, with the seconds since its beginning.
 */
export function story(log: Event[]): string {
  return log.map(e => `${(e.at - log[0].at).toFixed(1)} ${e.by} ${e.event}${e.fields.reason ? ` (${e.fields.reason})` : ''}`).join(', ');
}
