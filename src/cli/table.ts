/** Aligned columns of text. Widths are those of the text without its colours. */

export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** Longer cells are cut in the middle. */
  readonly most?: number;
  /** Applied after the cell has its width. */
  readonly style?: (text: string) => string;
}

const GAP = '  ';

export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

/** Lines of a table; the first holds the titles, unless all are empty. The last column is not padded. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], titleStyle: (text: string) => string): string[] {
  const cells = rows.map((row) => columns.map((column, at) => cut(row[at] ?? '', column.most ?? Infinity)));
  const widths = columns.map((column, at) => Math.max(column.title.length, ...cells.map((row) => row[at].length)));
  const line = (texts: readonly string[], style: (column: Column) => (text: string) => string): string =>
    texts
      .map((text, at) => {
        const last = at === columns.length - 1;
        const padding = ' '.repeat(widths[at] - text.length);
        const painted = style(columns[at])(text);
        return columns[at].right === true ? padding + painted : painted + (last ? '' : padding);
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.some(({ title }) => title !== '') ? [line(columns.map(({ title }) => title), () => titleStyle)] : [];
  return [...titles, ...cells.map((row) => line(row, ({ style }) => style ?? ((text) => text)))];
}
