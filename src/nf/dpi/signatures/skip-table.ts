/**
 * Hot: `skip` does not allocate. Where in a text the first of many strings may begin, mostly without looking at every byte (Wu
 * and Manber, "A Fast Algorithm for Multi-Pattern Searching", TR 94-17, University of Arizona, 1994).
 *
 * No string is shorter than the window. Of a window over the text only the last two or three bytes, its block, are looked at:
 * a table says by how much the window may move until that block could be part of the beginning of some string. A string that is
 * not there costs nothing, and one that begins elsewhere than it seems costs a look: what begins is for the automaton to say.
 */

/** A longer window skips more, and leaves more bytes at the end of each piece to the automaton. */
const MAX_WINDOW = 16;
/** Shorter strings leave nothing to skip. */
const MIN_WINDOW = 2;
/** From so many strings on two bytes alone would seem to be a beginning too often, where the window has room for three. */
const MANY = 32;
const MIN_WINDOW_OF_THREES = 4;
const ENTRIES = 0x10000;
/** With more blocks than this at which strings begin, the automaton alone is faster. */
const MAX_BEGINNINGS = ENTRIES / 4;

export class SkipTable {
  /** Bytes that must be present from a place on for it to be looked at. */
  readonly window: number;
  readonly #shifts: Uint8Array;
  readonly #hasThrees: boolean;

  /** Null where there would be nothing to gain. As the automaton's: `foldCase`: letters count as lower case. */
  static of(strings: readonly Uint8Array[], foldCase: boolean): SkipTable | null {
    const window = strings.reduce((least, { length }) => Math.min(least, length), MAX_WINDOW);
    if (strings.length === 0 || window < MIN_WINDOW) return null;
    const table = new SkipTable(strings, foldCase, window);
    return table.#shifts.filter((shift) => shift === 0).length > MAX_BEGINNINGS ? null : table;
  }

  private constructor(strings: readonly Uint8Array[], foldCase: boolean, window: number) {
    this.window = window;
    this.#hasThrees = strings.length >= MANY && window >= MIN_WINDOW_OF_THREES;
    const block = this.#hasThrees ? 3 : 2;
    this.#shifts = new Uint8Array(ENTRIES).fill(window - block + 1);
    for (const bytes of strings) {
      for (let last = block - 1; last < window; last++) {
        const choices = Array.from({ length: block }, (_, k) => spellings(bytes[last - block + 1 + k], foldCase));
        for (const entry of entriesOf(choices)) this.#shifts[entry] = Math.min(this.#shifts[entry], window - 1 - last);
      }
    }
  }

  /** First place in `bytes[from, end)` at which a string may begin, or from which on fewer bytes are left than the window has. */
  skip(bytes: Uint8Array, from: number, end: number): number {
    const shifts = this.#shifts;
    const ahead = this.window - 1;
    let last = from + ahead;
    if (this.#hasThrees) {
      while (last < end) {
        const shift = shifts[((bytes[last - 2] << 10) ^ (bytes[last - 1] << 5) ^ bytes[last]) & 0xffff];
        if (shift === 0) break;
        last += shift;
      }
    } else {
      while (last < end) {
        const shift = shifts[(bytes[last - 1] << 8) | bytes[last]];
        if (shift === 0) break;
        last += shift;
      }
    }
    return last - ahead;
  }
}

function spellings(byte: number, foldCase: boolean): readonly number[] {
  const lower = byte | 0x20;
  return foldCase && lower >= 0x61 && lower <= 0x7a && byte < 0x80 ? [lower, lower & ~0x20] : [byte];
}

/** Entries of all blocks that can be made of two or three bytes; the same sum of bits as in `skip`. */
function entriesOf([first, second, third]: readonly (readonly number[])[]): readonly number[] {
  const pairs = first.flatMap((a) => second.map((b): [number, number] => [a, b]));
  if (third === undefined) return pairs.map(([a, b]) => (a << 8) | b);
  return pairs.flatMap(([a, b]) => third.map((c) => ((a << 10) ^ (b << 5) ^ c) & 0xffff));
}
