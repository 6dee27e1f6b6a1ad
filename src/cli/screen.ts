/**
 * Lines that are drawn again and again at one place of a terminal. Each frame is one write, and a line is only erased behind
 * its new text, so nothing flickers; terminals that know synchronized output show a frame at once.
 */
import type { Output } from './terminal.js';

const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const ERASE_TO_END_OF_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export class Screen {
  readonly #output: Output;
  /** Visible widths of the lines that are shown. */
  #shown: number[] = [];
  #lines: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** What a frame may have: one column less than there are, so that no terminal wraps, and a row for the cursor below. */
  get size(): { columns: number; rows: number } {
    return { columns: (this.#output.columns ?? DEFAULT_COLUMNS) - 1, rows: (this.#output.rows ?? DEFAULT_ROWS) - 1 };
  }

  /** Shows these lines in the place of those before. What does not fit is cut. */
  draw(lines: readonly string[]): void {
    this.#lines = lines;
    this.#output.write(BEGIN_FRAME + this.#home() + this.#frame() + ERASE_BELOW + END_FRAME);
  }

  /** Writes a text that stays, above the lines. */
  above(text: string): void {
    this.#output.write(BEGIN_FRAME + this.#home() + ERASE_BELOW + text + this.#frame() + END_FRAME);
  }

  /** Takes the lines away; the cursor is where the first one was. */
  clear(): void {
    if (this.#shown.length > 0) this.#output.write(this.#home() + ERASE_BELOW);
    this.#lines = [];
    this.#shown = [];
  }

  /** To the first line. In a terminal that has been made narrower, a line takes more than one row. */
  #home(): string {
    const columns = Math.max(1, this.#output.columns ?? DEFAULT_COLUMNS);
    const rows = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows === 0 ? '\r' : `\x1b[${rows}A\r`;
  }

  #frame(): string {
    const { columns, rows } = this.size;
    const fitting = this.#lines.length <= rows ? this.#lines : [...this.#lines.slice(0, Math.max(0, rows - 1)), `… ${this.#lines.length - rows + 1} more lines`].slice(0, rows);
    const clipped = fitting.map((line) => clip(line, columns));
    this.#shown = clipped.map(({ width }) => width);
    return clipped.map(({ text }) => `${text}${ERASE_TO_END_OF_LINE}\n`).join('');
  }
}

/** Cuts a text with colours to so many columns; colours take none, East Asian characters two. */
export function clip(text: string, columns: number): { text: string; width: number } {
  let width = 0;
  let result = '';
  // oxlint-disable-next-line no-control-regex -- a colour, or one character
  for (const [part] of text.matchAll(/\x1b\[[\d;]*m|[^]/gu)) {
    const wide = part.length > 1 && part.startsWith('\x1b') ? 0 : isWide(part.codePointAt(0)!) ? 2 : 1;
    if (width + wide > columns) return { text: `${result}\x1b[0m`.replace(/^([^\x1b]*)\x1b\[0m$/, '$1'), width }; // oxlint-disable-line no-control-regex -- nothing was coloured
    width += wide;
    result += part;
  }
  return { text: result, width };
}

function isWide(code: number): boolean {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || code >= 0x1f300;
}
