/**
 * Hot: no allocation. Copies bursts of addresses into rings and out of them. All rings of a control memory lie in one array, so
 * that the loops are closures over a constant (docs/hot-code.md), one pair for each memory in a thread.
 */
export interface RingCopies {
  /** Writes `from[start …]` to the entries from `index` on of the ring whose entries begin at word `entries`. */
  put(entries: number, mask: number, index: number, from: Uint32Array, start: number, count: number): void;
  /** Reads the entries from `index` on into `out`. */
  get(entries: number, mask: number, index: number, out: Uint32Array, count: number): void;
}

const made = new WeakMap<ArrayBufferLike, RingCopies>();

export function ringCopiesOf(buffer: ArrayBufferLike): RingCopies {
  let copies = made.get(buffer);
  if (copies === undefined) made.set(buffer, (copies = makeCopies(buffer)));
  return copies;
}

/**
 * Eight a turn where a burst does not reach round the ring's end: of a turn that copies one address, V8 spends more on the turn (its index, the
 * mask, whether the thread is to stop) than on the address.
 */
const TURN = 8;

function makeCopies(buffer: ArrayBufferLike): RingCopies {
  const all = new Int32Array(buffer, 0, buffer.byteLength >>> 2);

  /** Writes whole turns from the word `first` on, not round the ring's end; up to seven addresses are left over. @returns how many it wrote. */
  const putTurns = (first: number, from: Uint32Array, start: number, count: number): number => {
    const words = all;
    let k = 0;
    for (const end = count & -TURN; k < end; k = (k + TURN) | 0) {
      const to = (first + k) | 0;
      const at = (start + k) | 0;
      words[to] = from[at];
      words[(to + 1) | 0] = from[(at + 1) | 0];
      words[(to + 2) | 0] = from[(at + 2) | 0];
      words[(to + 3) | 0] = from[(at + 3) | 0];
      words[(to + 4) | 0] = from[(at + 4) | 0];
      words[(to + 5) | 0] = from[(at + 5) | 0];
      words[(to + 6) | 0] = from[(at + 6) | 0];
      words[(to + 7) | 0] = from[(at + 7) | 0];
    }
    return k;
  };

  /** Reads whole turns into `out`, likewise. @returns how many. */
  const getTurns = (first: number, out: Uint32Array, count: number): number => {
    const words = all;
    let k = 0;
    for (const end = count & -TURN; k < end; k = (k + TURN) | 0) {
      const at = (first + k) | 0;
      out[k] = words[at];
      out[(k + 1) | 0] = words[(at + 1) | 0];
      out[(k + 2) | 0] = words[(at + 2) | 0];
      out[(k + 3) | 0] = words[(at + 3) | 0];
      out[(k + 4) | 0] = words[(at + 4) | 0];
      out[(k + 5) | 0] = words[(at + 5) | 0];
      out[(k + 6) | 0] = words[(at + 6) | 0];
      out[(k + 7) | 0] = words[(at + 7) | 0];
    }
    return k;
  };

  return {
    put(entries, mask, index, from, start, count) {
      const words = all;
      let k = 0;
      if (count >= TURN && (index & mask) + count <= mask + 1) k = putTurns(entries + (index & mask), from, start, count);
      for (; k < count; k++) words[entries + ((index + k) & mask)] = from[start + k];
    },
    get(entries, mask, index, out, count) {
      const words = all;
      let k = 0;
      if (count >= TURN && (index & mask) + count <= mask + 1) k = getTurns(entries + (index & mask), out, count);
      for (; k < count; k++) out[k] = words[entries + ((index + k) & mask)];
    },
  };
}
