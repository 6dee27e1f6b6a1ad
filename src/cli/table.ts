/** Tables for the terminal: aligned columns, no lines, at most as wide as asked. */
import { PLAIN, printable, type Style } from './style.js';

export interface Column {
  title: string;
  /** Numbers stand right. Default left. */
  align?: 'left' | 'right';
  /** Where a text that is too long is cut: an address keeps its port. Default at its end. */
  cut?: 'end' | 'middle';
}

/** Widest line that is sure to fit a terminal and a page. */
export const WIDTH = 100;
const GAP = 2;
const INDENT = 2;
/** A text column is never cut below this. */
const MIN_TEXT = 8;

/**
 * Lines of a table, its titles first. Text columns are cut, the widest first, until a line fits `width`; numbers never.
 * @param style is applied after alignment, so that colour takes no room.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style = PLAIN, width = WIDTH): string[] {
  const clean = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...clean.map((row) => row[at].length)));
  let surplus = INDENT + widths.reduce((sum, each) => sum + each, 0) + GAP * (columns.length - 1) - width;
  while (surplus > 0) {
    const texts = widths.map((each, at) => (columns[at].align === 'right' ? 0 : each));
    const widest = texts.indexOf(Math.max(...texts));
    if (texts[widest] <= MIN_TEXT) break;
    widths[widest]--;
    surplus--;
  }
  const line = (cells: readonly string[]): string =>
    ' '.repeat(INDENT) +
    cells
      .map((cell, at) => {
        const short = shortened(cell, widths[at], columns[at].cut ?? 'end');
        return columns[at].align === 'right' ? short.padStart(widths[at]) : short.padEnd(widths[at]);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [style.dim(line(columns.map(({ title }) => title))), ...clean.map(line)];
}

function shortened(text: string, width: number, cut: 'end' | 'middle'): string {
  if (text.length <= width) return text;
  const tail = cut === 'end' ? 0 : Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${tail === 0 ? '' : text.slice(-tail)}`;
}
