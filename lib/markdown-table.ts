/** A Markdown table, the first row its head, columns padded as the formatter pads them. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const [head = [], ...body] = escaped;
  const widths = head.map((_, column) => Math.max(3, ...escaped.map((row) => widthOf(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(row[column] ?? '', width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

const widthOf = (cell: string): number => [...cell].length;
const padded = (cell: string, width: number): string => cell + ' '.repeat(width - widthOf(cell));
