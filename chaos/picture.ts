import * as echarts from 'echarts';
import { Ledger } from './ledger';
import { Trial } from './trial';

const WIDTH = 1200;
const HEIGHT = 420;
/** Bars of one second could not be told apart in two hours. */
const MOST_BARS = 600;
const COLORS = { answered: '#9db8d2', plain: '#c0392b', transparent: '#8e44ad', retry: '#e6a23c', mark: '#555' };

/**
 * Requests over time, those that failed, and the disruptions, as an SVG.
 */
export function picture(title: string, ledger: Ledger, trials: Trial[]): string {
  const requests = ledger.requests.filter(({ stream }) => stream !== 'control');
  const begin = requests.reduce((least, { end }) => Math.min(least, end), requests[0]?.end ?? 0);
  const seconds = Math.ceil(requests.reduce((most, { end }) => Math.max(most, end), 0) - begin) || 1;
  const step = Math.max(1, Math.ceil(seconds / MOST_BARS));
  const bars = (wanted: (request: typeof requests[number]) => boolean, per: number) => {
    const counts = new Array(Math.ceil(seconds / step) + 1).fill(0);
    requests.filter(wanted).forEach(({ end }) => counts[Math.floor((end - begin) / step)]++);
    return counts.map((count, i) => [i * step, count / per]);
  };
  // A letter for each kind: a hundred numbers would hide each other.
  const rows = [...new Set(trials.map(({ row }) => row))];
  const letter = (row: string) => String.fromCharCode('a'.charCodeAt(0) + rows.indexOf(row));
  const marks = trials.map(({ window, row }) => ({ xAxis: window.from - begin, label: { formatter: letter(row) } }));

  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT + 16 * Math.ceil(rows.length / 4) });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 16, top: 8, textStyle: { fontSize: 15 } },
    legend: { top: 8, right: 40, icon: 'rect', itemGap: 20 },
    grid: [
      { left: 60, right: 24, top: 64, height: 150 },
      { left: 60, right: 24, top: 262, height: 90 },
      { left: 60, right: 24, top: HEIGHT - 4, height: 0 },
    ],
    xAxis: [0, 1].map(gridIndex => ({
      gridIndex,
      type: 'value',
      min: 0,
      max: seconds,
      axisLabel: { show: gridIndex === 1 },
      splitLine: { show: false },
      ...gridIndex === 1 ? { name: 'seconds', nameLocation: 'middle', nameGap: 26 } : {},
    })),
    yAxis: [
      { gridIndex: 0, type: 'value', name: 'answered per second', nameLocation: 'end', nameTextStyle: { align: 'left' } },
      { gridIndex: 1, type: 'value', name: `failed per ${step === 1 ? 'second' : `${step} s`}`, nameTextStyle: { align: 'left' }, minInterval: 1, max: (value: { max: number }) => Math.max(1, value.max) },
    ],
    graphic: rows.map((row, i) => ({
      type: 'text',
      left: 60 + 285 * (i % 4),
      top: HEIGHT - 16 + 16 * Math.floor(i / 4),
      style: { text: `${letter(row)}  ${row}`, fontSize: 11, fill: COLORS.mark },
    })),
    series: [
      {
        name: 'answered',
        type: 'line',
        step: 'end',
        symbol: 'none',
        data: bars(({ ok }) => ok, step),
        lineStyle: { width: 0 },
        areaStyle: { opacity: 0.6 },
        color: COLORS.answered,
        markLine: { symbol: 'none', silent: true, lineStyle: { color: COLORS.mark, type: 'dashed', width: 1 }, label: { fontSize: 9, color: COLORS.mark }, data: marks },
      },
      ...(['plain', 'transparent', 'retry'] as const).map(each => ({
        name: { plain: 'failed', transparent: 'transparent retry', retry: 'retry policy' }[each],
        type: 'line' as const,
        step: 'end' as const,
        symbol: 'none',
        stack: 'failed',
        xAxisIndex: 1,
        yAxisIndex: 1,
        color: COLORS[each],
        lineStyle: { width: 0 },
        areaStyle: { opacity: 1 },
        data: bars(({ ok, stream }) => !ok && stream === each, 1),
      })),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
