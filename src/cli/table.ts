/** Aligned columns of text, as wide as their texts and at most as wide as asked. */
import { printable } from './format.js';

export interface Column {
  readonly title: string;
  /** Numbers stand right, and are never cut. */
  readonly right?: boolean;
  /** Where a text that is too long is cut: an address keeps its port. Default: its end. */
  readonly cut?: 'end' | 'middle';
  /** Applied after the cell has its width: colours take no room. */
  readonly style?: (text: string) => string;
}

export interface TableOptions {
  readonly titleStyle: (text: string) => string;
  /** Columns of the terminal. Default: as wide as it gets. */
  readonly width?: number;
}

const GAP = '  ';
/** A text is not cut below this. */
const MIN_TEXT = 8;

/** Lines of a table. The first holds the titles, unless all are empty. Texts are cut, the widest first, until lines fit. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], { titleStyle, width = Infinity }: TableOptions): string[] {
  const clean = rows.map((row) => row.map(printable));
  const widths = columns.map((column, at) => Math.max(column.title.length, ...clean.map((row) => row[at].length)));
  narrow(widths, columns, width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[], styleOf: (column: Column) => (text: string) => string): string =>
    texts
      .map((text, at) => {
        const column = columns[at];
        const short = shorten(text, widths[at], column.cut ?? 'end');
        const padding = ' '.repeat(widths[at] - short.length);
        const painted = styleOf(column)(short);
        if (column.right === true) return padding + painted;
        return at === columns.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.some(({ title }) => title !== '') ? [line(columns.map(({ title }) => title), () => titleStyle)] : [];
  return [...titles, ...clean.map((row) => line(row, ({ style }) => style ?? ((text) => text)))];
}

function narrow(widths: number[], columns: readonly Column[], most: number): void {
  for (let surplus = widths.reduce((sum, each) => sum + each, 0) - most; surplus > 0; surplus--) {
    const texts = widths.map((each, at) => (columns[at].right === true ? 0 : each));
    const widest = texts.indexOf(Math.max(...texts));
    if (texts[widest] <= MIN_TEXT) return;
    widths[widest]--;
  }
}

function shorten(text: string, width: number, where: 'end' | 'middle'): string {
  if (text.length <= width) return text;
  const tail = where === 'end' ? 0 : Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}
