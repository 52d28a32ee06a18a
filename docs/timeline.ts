/**
 * Draws what the entrypoint has logged, as an SVG: a panel for each life of a container, a row for each of its processes.
 *
 *     kubectl logs vision-ocr-0 | npx ts-node --project docs/tsconfig.json docs/timeline.ts >life.svg
 */
import { readFileSync } from 'node:fs';

type Line = Record<string, string>;
type Phase = 'starting' | 'running' | 'delay' | 'stopping';

interface Span {
  readonly process: string;
  readonly phase: Phase;
  readonly from: number;
  to: number;
}

/** One life of a container: from its `start` to its `end`, or as far as the log goes. */
interface Life {
  readonly lines: Line[];
  readonly processes: string[];
  readonly spans: Span[];
  readonly until: number;
}

const LEGEND: Record<Phase, string> = {
  starting: 'starting, not ready yet',
  running: 'running',
  delay: 'running, in its stop delay',
  stopping: 'asked to stop, finishing',
};
/** What opens a span, by the event that tells of it; `exit` only closes one. */
const OPENS: Record<string, Phase> = { 'process-start': 'starting', 'ready': 'running', 'stop-delay': 'delay', 'stop-signal': 'stopping' };

const WIDTH = 860;
const LEFT = 96;
const RIGHT = 60;
const ROW = 46;
const BAR = 20;
const TOP = 72;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px } .small { font-size: 11px; font-weight: 400; fill: #59636e } .end { text-anchor: end } .middle { text-anchor: middle }
  .grid { stroke: #818b98; stroke-opacity: .25 } .signal { stroke: #cf222e; stroke-dasharray: 4 3 } text.signal { stroke: none; fill: #cf222e }
  .starting { fill: #9ec5f4 } .running { fill: #2f7bd9 } .delay { fill: #e3b341 } .stopping { fill: #cf5b27 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .signal { stroke: #ff7b72 } text.signal { fill: #ff7b72 }
    .starting { fill: #274a78 } .running { fill: #4493f8 } .delay { fill: #d2a53c } .stopping { fill: #d9622b }
  }`;

/** The lines of the log among others, as keys and values. */
function parse(text: string): Line[] {
  return text.split('\n').filter(line => line.includes('logger=sync-async ')).map(line =>
    Object.fromEntries([...line.matchAll(/([a-z_]+)=(?:"([^"]*)"|(\S*))/g)].map(([, key, quoted, plain]) => [key, quoted ?? plain])));
}

function lives(lines: Line[]): Life[] {
  const starts = lines.flatMap((line, i) => line.event === 'start' ? [i] : []);
  return starts.map((start, i) => life(lines.slice(start, starts[i + 1])));
}

function life(lines: Line[]): Life {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  const until = Number(lines[lines.length - 1].t);
  // Without a `ready` check a process counts as running once it is started.
  const checked = new Set(lines.filter(line => line.event === 'ready').map(line => line.process));
  for (const { event, process, t } of lines.filter(line => line.event in OPENS || line.event === 'exit')) {
    const before = open.get(process);
    if (before) before.to = Number(t);
    open.delete(process);
    if (event in OPENS) {
      const phase = event === 'process-start' && (!checked.has(process) || spans.some(span => span.process === process)) ? 'running' : OPENS[event];
      const span = { process, phase, from: Number(t), to: until };
      spans.push(span);
      open.set(process, span);
    }
  }
  return { lines, spans, until, processes: [...new Set(spans.map(span => span.process))] };
}

/** The SVG of a log. */
export function timeline(log: string): string {
  const all = lives(parse(log));
  if (all.length === 0) {
    throw new Error('There is no line of an entrypoint that starts.');
  }
  const seconds = Math.max(1, ...all.map(({ until }) => until));
  const x = (t: number) => Math.round((LEFT + t / seconds * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find(each => seconds / each <= 12) ?? 3600;
  const ticks = [...Array(Math.floor(seconds / step) + 1).keys()].map(i => i * step);
  let y = 0;
  const panels = all.map(each => {
    const bottom = TOP + each.processes.length * ROW - 8;
    const svg = `<g transform="translate(0 ${y})">\n${panel(each, x, ticks, bottom)}\n</g>`;
    y += bottom + 40;
    return svg;
  });
  let left = LEFT;
  const legend = Object.entries(LEGEND).map(([phase, text]) => {
    const svg = `<rect class="${phase}" x="${left}" y="${y + 4}" width="12" height="12" rx="3"/><text class="small" x="${left + 18}" y="${y + 14}">${text}</text>`;
    left += 48 + text.length * 6;
    return svg;
  });
  return [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 30}" width="${WIDTH}" height="${y + 30}" role="img">`,
    `<style>${STYLE}\n</style>`, ...panels, ...legend, '</svg>', ''].join('\n');
}

function panel({ lines, processes, spans }: Life, x: (t: number) => number, ticks: number[], bottom: number): string {
  const row = (process: string) => TOP + processes.indexOf(process) * ROW;
  const { role, ordinal } = lines[0];
  const end = lines.find(line => line.event === 'end');
  return [
    `<text class="title" x="14" y="22">${role}${end ? `<tspan class="small" dx="12">ended after ${end.t} s with status ${end.status}</tspan>` : ''}<title>ordinal ${ordinal}</title></text>`,
    ...ticks.map(t => `<path class="grid" d="M${x(t)} 50V${bottom}"/><text class="small middle" x="${x(t)}" y="${bottom + 17}">${t} s</text>`),
    ...processes.map(process => `<text class="end" x="${LEFT - 14}" y="${row(process) + 15}">${process}</text>`),
    ...spans.map(({ process, phase, from, to }) =>
      `<rect class="${phase}" x="${x(from)}" y="${row(process)}" width="${Math.max(x(to) - x(from), 1).toFixed(1)}" height="${BAR}"><title>${process}: ${LEGEND[phase]}, ${from} to ${to} s</title></rect>`),
    ...lines.map(line => {
      const at = x(Number(line.t));
      switch (line.event) {
        case 'signal':
        case 'move':
          return `<path class="signal" d="M${at} 48V${bottom}"/><text class="small signal middle" x="${at}" y="43">${line.signal ?? `SYNC_INSTANCE=${line.sync_instance}`} to the pod</text>`;
        case 'stop-signal': return `<text class="small" x="${at + 3}" y="${row(line.process) - 5}">${line.signal}</text>`;
        case 'kill': return `<text class="small signal" x="${at + 3}" y="${row(line.process) - 5}">KILL</text>`;
        case 'exit': return `<text class="small" x="${at + 6}" y="${row(line.process) + 14}">${line.status === '0' ? 'ended' : `status ${line.status}`}</text>`;
        default: return '';
      }
    }).filter(Boolean),
  ].join('\n');
}

if (require.main === module) {
  process.stdout.write(timeline(readFileSync(0, 'utf8')));
}
