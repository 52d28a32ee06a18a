/**
 * A table, as it is printed and pasted.
 */
export interface Table {
  readonly title: string;
  readonly columns: string[];
  readonly rows: string[][];
}

/** A table in Markdown, in columns that also a terminal shows below each other. */
export function table({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(...[column, ...rows.map(row => row[i])].map(text => text.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [`**${title}**`, '', line(columns), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
