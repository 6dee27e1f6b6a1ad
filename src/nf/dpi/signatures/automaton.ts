/**
 * Hot: `scan` does not allocate. Finds many byte strings at once (Aho and Corasick, CACM 18(6), 1975), in streams that
 * come in pieces: between two pieces only a state of 16 bits is kept.
 *
 * The automaton is a full table: a row for each state, a column for each class of bytes that the strings tell apart.
 * States are numbered so that those in which a string ends come last: one comparison a byte says whether to look. Those in which
 * no more than one byte of a string has been seen come first: from there a table of skips says where to go on (skip-table.ts).
 */
import { SkipTable } from './skip-table.js';

/** Most states: a state is 16 bits in a flow's words. About as many as the bytes of all strings together. */
export const MAX_STATES = 0x10000;

export class Automaton {
  /** States from this one on end at least one string. */
  readonly firstEnding: number;
  readonly stateCount: number;
  /** Next state, times `columns`, by (state times columns + class of the byte). */
  readonly #next: Uint32Array;
  readonly #columnOf: Uint8Array;
  readonly #columns: number;
  readonly #skips: SkipTable | null;
  /** Rows before this one are those of the beginning, and of one byte seen. */
  readonly #shallowRows: number;
  /** Strings that end in a state: `#ends[#endsFrom[state - firstEnding] … #endsFrom[state - firstEnding + 1])`. */
  readonly #endsFrom: Uint32Array;
  readonly #ends: Uint32Array;
  /** Where the latest `scan` stopped. */
  position = 0;

  /**
   * @param strings each at least one byte
   * @param foldCase letters of the strings and of what is scanned count as lower case
   * @param skips false: every byte is looked at
   */
  constructor(strings: readonly Uint8Array[], foldCase: boolean, skips = true) {
    const fold = (byte: number): number => (foldCase && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
    const column = new Map<number, number>();
    for (const bytes of strings) for (const byte of bytes) if (!column.has(fold(byte))) column.set(fold(byte), column.size + 1);
    // Column 0 is every byte that occurs in no string. With all 256 in use it is not needed, and would not fit a byte.
    const columnOf = Uint8Array.from({ length: 256 }, (_, byte) => (column.get(fold(byte)) ?? 0) - (column.size === 256 ? 1 : 0));
    const columns = column.size === 256 ? 256 : column.size + 1;

    const { children, fail, endings, depths } = growTrie(strings, columnOf, columns);
    const count = fail.length;
    if (count > MAX_STATES) throw new RangeError(`at most ${MAX_STATES} states, found ${count}`);

    const order = [...fail.keys()].sort((a, b) => Number(endings[a].length > 0) - Number(endings[b].length > 0) || Number(depths[a] > 1) - Number(depths[b] > 1) || a - b);
    const renamed = new Uint32Array(count);
    order.forEach((old, state) => (renamed[old] = state));
    this.stateCount = count;
    this.firstEnding = order.findIndex((old) => endings[old].length > 0);
    if (this.firstEnding < 0) this.firstEnding = count;
    this.#columns = columns;
    this.#skips = skips ? SkipTable.of(strings, foldCase) : null;
    this.#shallowRows = order.slice(0, this.firstEnding).filter((old) => depths[old] <= 1).length * columns;
    this.#columnOf = columnOf;
    this.#next = new Uint32Array(count * columns);
    order.forEach((old, state) => {
      for (let k = 0; k < columns; k++) this.#next[state * columns + k] = renamed[children[old * columns + k]] * columns;
    });
    const ends = order.slice(this.firstEnding).map((old) => endings[old]);
    this.#ends = Uint32Array.from(ends.flat());
    this.#endsFrom = new Uint32Array(ends.length + 1);
    ends.forEach((list, k) => (this.#endsFrom[k + 1] = this.#endsFrom[k] + list.length));
  }

  /**
   * Goes on from `state` over `bytes[start, end)`, up to and with the first byte at which a string ends; `position`
   * then is the byte after it, else `end`.
   * @returns the state there; 0 is the beginning.
   */
  scan(bytes: Uint8Array, start: number, end: number, state: number): number {
    return this.#skips === null ? this.#scanAll(bytes, start, end, state) : this.#scanSome(this.#skips, bytes, start, end, state);
  }

  #scanAll(bytes: Uint8Array, start: number, end: number, state: number): number {
    const next = this.#next;
    const columnOf = this.#columnOf;
    const columns = this.#columns;
    const ending = this.firstEnding * columns;
    let row = state * columns;
    for (let at = start; at < end; at++) {
      row = next[row + columnOf[bytes[at]]];
      if (row >= ending) {
        this.position = at + 1;
        return row / columns;
      }
    }
    this.position = end;
    return row / columns;
  }

  #scanSome(skips: SkipTable, bytes: Uint8Array, start: number, end: number, state: number): number {
    const next = this.#next;
    const columnOf = this.#columnOf;
    const columns = this.#columns;
    const ending = this.firstEnding * columns;
    const shallow = this.#shallowRows;
    const lastSkip = end - skips.window;
    let row = state * columns;
    let at = start;
    while (at < end) {
      if (row < shallow && at <= lastSkip) {
        // With one byte seen, a string may begin with that one. It may lie in the piece before: then there is no looking back.
        const from = row === 0 ? at : at - 1;
        if (from >= start) {
          const to = skips.skip(bytes, from, end);
          if (to > from) {
            at = to;
            row = 0;
          }
        }
      }
      // At least one byte, so that what only seemed to be a beginning is passed.
      do {
        row = next[row + columnOf[bytes[at++]]];
        if (row >= ending) {
          this.position = at;
          return row / columns;
        }
      } while (at < end && (row >= shallow || at > lastSkip));
    }
    this.position = end;
    return row / columns;
  }

  /** How many strings end in a state. */
  endCount(state: number): number {
    return state < this.firstEnding ? 0 : this.#endsFrom[state - this.firstEnding + 1] - this.#endsFrom[state - this.firstEnding];
  }

  /** Index of the k-th string that ends in a state. */
  endAt(state: number, k: number): number {
    return this.#ends[this.#endsFrom[state - this.firstEnding] + k];
  }
}

interface Trie {
  children: Uint32Array;
  fail: Uint32Array;
  /** Strings that end in each state, by way of its failure links too. */
  endings: number[][];
  /** Bytes seen in each state. */
  depths: number[];
}

/** The trie of the strings with its failure links, its missing children filled in: a complete table. State 0 is the root. */
function growTrie(strings: readonly Uint8Array[], columnOf: Uint8Array, columns: number): Trie {
  const bound = 1 + strings.reduce((sum, bytes) => sum + bytes.length, 0);
  let children = new Uint32Array(Math.min(bound, MAX_STATES) * columns);
  const endings: number[][] = [[]];
  const depths = [0];
  strings.forEach((bytes, index) => {
    let state = 0;
    for (const byte of bytes) {
      const cell = state * columns + columnOf[byte];
      if (children[cell] === 0) {
        if (endings.length >= MAX_STATES) throw new RangeError(`at most ${MAX_STATES} states`);
        children[cell] = endings.push([]) - 1;
        depths.push(depths[state] + 1);
      }
      state = children[cell];
    }
    endings[state].push(index);
  });
  const count = endings.length;
  children = children.slice(0, count * columns);

  const fail = new Uint32Array(count);
  const queue: number[] = [];
  for (let k = 0; k < columns; k++) if (children[k] !== 0) queue.push(children[k]);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head];
    endings[state].push(...endings[fail[state]]);
    for (let k = 0; k < columns; k++) {
      const cell = state * columns + k;
      const fallback = children[fail[state] * columns + k];
      if (children[cell] === 0) children[cell] = fallback;
      else {
        fail[children[cell]] = fallback;
        queue.push(children[cell]);
      }
    }
  }
  return { children, fail, endings, depths };
}
