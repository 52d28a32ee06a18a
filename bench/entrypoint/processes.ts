import { readFileSync, readlinkSync } from 'node:fs';

/** A process and all its descendants. */
export function tree(pid: number): number[] {
  return [pid, ...words(`/proc/${pid}/task/${pid}/children`).map(Number).flatMap(tree)];
}

/** The program that a process runs; undefined when it has ended. */
export function program(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** Memory of a process in MiB: Rss counts a page for everyone who has it, Pss divides it among them. */
export function memory(pid: number, kind: 'Rss' | 'Pss'): number {
  return field(`/proc/${pid}/smaps_rollup`, kind) / 1024;
}

/** How often a process has been given the processor: after it had waited for something, or after another had its turn. */
export function switches(pid: number): number {
  const status = `/proc/${pid}/status`;
  return field(status, 'voluntary_ctxt_switches') + field(status, 'nonvoluntary_ctxt_switches');
}

function field(path: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(read(path))?.[1] ?? 0);
}

function words(path: string): string[] {
  return read(path).split(' ').filter(Boolean);
}

/** A file's text; nothing when its process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
