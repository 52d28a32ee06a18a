import { digits, Goal, isMet, Table } from './bench';

/** A table in Markdown, in columns that also a terminal shows below each other. */
export function table({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(...[column, ...rows.map(row => row[i])].map(text => text.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [`**${title}**`, '', line(columns), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A goal in one line. */
export function goal(it: Goal): string {
  const verdict = isMet(it) ? 'met' : it.must ? 'BROKEN' : 'missed';
  const unit = it.unit ? ` ${it.unit}` : '';
  return `- ${verdict}: ${it.what}: ${digits(it.seen)}${unit}, at most ${digits(it.most)}${unit}`;
}
