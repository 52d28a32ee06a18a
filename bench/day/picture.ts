import * as echarts from 'echarts';
import { Books } from './books';
import { overlap } from './figures';
import { percentile } from '../../util/statistics';

const WIDTH = 1200;
const PANEL = 120;
const GAP = 56;
const TOP = 64;
/** Bars of the day. */
const BARS = 240;
/** A percentile needs some requests. */
const SLOTS = 48;
const COLORS = { callers: '#9db8d2', queue: '#b7cfa5', neither: '#c0392b', load: '#555', ways: ['#8e44ad', '#e6a23c', '#2c6e9b'] };

/** A part of the day, from one moment to another. */
interface Slot {
  readonly from: number;
  readonly to: number;
}

function slots(seconds: number, count: number): Slot[] {
  return [...Array(count).keys()].map(i => ({ from: seconds * i / count, to: seconds * (i + 1) / count }));
}

/** Who has the GPUs, on average over a part of the day that begins at a second. */
export interface Division {
  readonly at: number;
  readonly callers: number;
  readonly queue: number;
  readonly neither: number;
}

export function division({ seconds, stays }: Books, gpus: number, count: number): Division[] {
  return slots(seconds, count).map(({ from, to }) => {
    const of = (role: string) => stays.filter(stay => stay.role === role).reduce((sum, stay) => sum + overlap(stay, from, to), 0) / (to - from);
    const [callers, queue] = [of('server'), of('worker')];
    return { at: from, callers, queue, neither: Math.max(0, gpus - callers - queue) };
  });
}

/**
 * The requests of the day, and for each way who has the GPUs, and how long the slowest request of a hundred took, as an SVG.
 */
export function picture(days: { readonly name: string; readonly books: Books }[], gpus: number): string {
  const panels = days.length + 2;
  const { seconds } = days[0].books;
  const height = TOP + panels * (PANEL + GAP);
  const hour = (at: number) => 24 * at / seconds;
  /** Requests that arrived then. */
  const within = ({ from, to }: Slot, each: Books) => each.requests.filter(({ at, seconds: took }) => at - took >= from && at - took < to);

  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  const area = (name: string, panel: number, color: string, data: number[][], stack?: string) => ({
    name,
    stack,
    color,
    data,
    type: 'line' as const,
    step: 'end' as const,
    symbol: 'none',
    xAxisIndex: panel,
    yAxisIndex: panel,
    lineStyle: { width: 0 },
    areaStyle: { opacity: 0.8 },
  });
  const names = ['requests per second', ...days.map(({ name }) => name), 'p99 in seconds'];
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: `A day in ${Math.round(seconds / 60)} minutes on ${gpus} GPUs`, left: 16, top: 8, textStyle: { fontSize: 15 } },
    legend: [
      { top: 10, right: 40, icon: 'rect', itemGap: 20, data: ['for callers', 'for the queue', 'neither'] },
      { top: TOP + (panels - 1) * (PANEL + GAP) - 30, right: 40, icon: 'rect', itemGap: 20, data: days.map(({ name }) => name) },
    ],
    grid: names.map((_, panel) => ({ left: 60, right: 24, top: TOP + panel * (PANEL + GAP), height: PANEL })),
    xAxis: names.map((_, gridIndex) => ({
      gridIndex,
      type: 'value',
      min: 0,
      max: 24,
      interval: 3,
      splitLine: { show: false },
      ...gridIndex === panels - 1 ? { name: 'hour', nameLocation: 'middle', nameGap: 26 } : {},
    })),
    yAxis: names.map((name, gridIndex) => ({
      gridIndex,
      type: gridIndex === panels - 1 ? 'log' : 'value',
      name: gridIndex > 0 && gridIndex <= days.length ? `GPUs: ${name}` : name,
      nameTextStyle: { align: 'left' },
      ...gridIndex > 0 && gridIndex <= days.length ? { max: gpus, interval: 2 } : {},
    })),
    series: [
      area('requests', 0, COLORS.load, slots(seconds, BARS).map(slot => [hour(slot.from), within(slot, days[0].books).length / (slot.to - slot.from)])),
      ...days.flatMap(({ books }, i) => {
        const parts = division(books, gpus, BARS);
        return [
          area('for callers', i + 1, COLORS.callers, parts.map(({ at, callers }) => [hour(at), callers]), `${i}`),
          area('neither', i + 1, COLORS.neither, parts.map(({ at, neither }) => [hour(at), neither]), `${i}`),
          area('for the queue', i + 1, COLORS.queue, parts.map(({ at, queue }) => [hour(at), queue]), `${i}`),
        ];
      }),
      ...days.map(({ name, books }, i) => ({
        name,
        type: 'line' as const,
        symbol: 'none',
        xAxisIndex: panels - 1,
        yAxisIndex: panels - 1,
        color: COLORS.ways[i],
        lineStyle: { width: 2 },
        data: slots(seconds, SLOTS)
          .map(slot => ({ at: (slot.from + slot.to) / 2, times: within(slot, books).filter(({ ok }) => ok).map(request => request.seconds) }))
          .filter(({ times }) => times.length > 0)
          .map(({ at, times }) => [hour(at), percentile(times, 99)]),
      })),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
