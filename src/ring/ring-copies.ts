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

function makeCopies(buffer: ArrayBufferLike): RingCopies {
  const all = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  return {
    put(entries, mask, index, from, start, count) {
      const words = all;
      for (let k = 0; k < count; k++) words[entries + ((index + k) & mask)] = from[start + k];
    },
    get(entries, mask, index, out, count) {
      const words = all;
      for (let k = 0; k < count; k++) out[k] = words[entries + ((index + k) & mask)];
    },
  };
}
