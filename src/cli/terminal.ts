/** Where a command writes: results on stdout, everything about the way there on stderr. */

/** Widest line on a terminal, and of help. */
const MAX_COLUMNS = 100;
/** Narrower terminals get this all the same: tables would fall apart. */
const MIN_COLUMNS = 60;

type Paint = (text: string) => string;

export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly name: Paint;
}

const paint =
  (open: number, close: number): Paint =>
  (text) =>
    text === '' ? '' : `\x1b[${open}m${text}\x1b[${close}m`;

const COLOURED: Style = {
  strong: paint(1, 22),
  faint: paint(2, 22),
  good: paint(32, 39),
  warn: paint(33, 39),
  bad: paint(31, 39),
  name: paint(36, 39),
};

const same: Paint = (text) => text;
export const PLAIN: Style = { strong: same, faint: same, good: same, warn: same, bad: same, name: same };

/** The part of a stream that matters here. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** FORCE_COLOR decides where it is set (0 and false: no), then NO_COLOR, then whether a person reads it. */
export function styleFor(output: Output, env: Environment): Style {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force === '0' || force === 'false' ? PLAIN : COLOURED;
  if (no !== undefined && no !== '') return PLAIN;
  return output.isTTY === true && term !== 'dumb' ? COLOURED : PLAIN;
}

/** How wide a line may be. What goes to a file or another program is never cut: who reads it there wants all of it. */
export function columnsOf(output: Output): number {
  return output.isTTY === true ? widthOf(output) : Infinity;
}

/** How wide text is that is broken rather than cut, such as help. */
export function widthOf({ columns = MAX_COLUMNS }: Output): number {
  return Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));
}

/** What commands are given instead of the process, so that they can be tested. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /**
   * Says who is to be told when nobody reads the output any more (`millrace … | head`); null: nobody, and the process ends at once
   * then. Not there where that cannot happen.
   */
  readonly onReaderGone?: (told: (() => void) | null) => void;
}
