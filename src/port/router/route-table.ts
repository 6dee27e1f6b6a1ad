/**
 * Hot: no allocation. Where packets go that leave by one leg: longest prefix match over its own routes, the networks of its
 * addresses, and what is not to be sent at all. Prefixes lie in one hash table; a lookup probes it once for each length that
 * occurs, the longest first.
 */
import type { Legs } from './leg.js';
import { maskOf, routesOf } from './routes.js';

const NONE = -1;

export class RouteTable {
  readonly #lengths: Uint8Array;
  readonly #masks: Int32Array;
  readonly #buckets: Int32Array;
  readonly #mask: number;
  readonly #words: Int32Array;
  readonly #length: Uint8Array;
  readonly #kind: Uint8Array;
  readonly #via: Int32Array;

  /** Of the leg of port `own`. */
  constructor(legs: Legs, own: number) {
    const routes = routesOf(legs, own);
    this.#lengths = Uint8Array.from([...new Set(routes.map(({ length }) => length))].sort((a, b) => b - a));
    this.#masks = Int32Array.from([...this.#lengths].flatMap((length) => maskOf(length)));
    this.#words = Int32Array.from(routes.flatMap(({ words }) => [...words]));
    this.#length = Uint8Array.from(routes.map(({ length }) => length));
    this.#kind = Uint8Array.from(routes.map(({ kind }) => kind));
    this.#via = Int32Array.from(routes.flatMap(({ words, via }) => [...(via ?? words)]));
    const capacity = 2 ** Math.ceil(Math.log2(2 * routes.length + 2));
    this.#mask = capacity - 1;
    this.#buckets = new Int32Array(capacity).fill(NONE);
    routes.forEach(({ words: [w0, w1, w2, w3], length }, index) => {
      let at = hash(w0 | 0, w1 | 0, w2 | 0, w3 | 0, length) & this.#mask;
      while (this.#buckets[at] !== NONE) at = (at + 1) & this.#mask;
      this.#buckets[at] = index;
    });
  }

  /** The route of an address, as an index; -1 when there is none. Words are int32. */
  lookup(w0: number, w1: number, w2: number, w3: number): number {
    const masks = this.#masks;
    for (let k = 0; k < this.#lengths.length; k++) {
      const m = k << 2;
      const found = this.#find(w0 & masks[m], w1 & masks[m + 1], w2 & masks[m + 2], w3 & masks[m + 3], this.#lengths[k]);
      if (found !== NONE) return found;
    }
    return NONE;
  }

  /** One of RouteKind. */
  kind(route: number): number {
    return this.#kind[route];
  }

  /** Word `k` of the next hop of a route of kind `via`, as an int32. */
  viaWord(route: number, k: number): number {
    return this.#via[(route << 2) + k];
  }

  #find(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const words = this.#words;
    for (let at = hash(w0, w1, w2, w3, length) & this.#mask; ; at = (at + 1) & this.#mask) {
      const index = this.#buckets[at];
      if (index === NONE) return NONE;
      const k = index << 2;
      if (this.#length[index] === length && words[k] === w0 && words[k + 1] === w1 && words[k + 2] === w2 && words[k + 3] === w3) return index;
    }
  }
}

function hash(w0: number, w1: number, w2: number, w3: number, length: number): number {
  let h = Math.imul(w0 ^ length, 0x9e3779b1) ^ w1;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ w2;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ w3;
  h = Math.imul(h ^ (h >>> 16), 0x9e3779b1);
  return h ^ (h >>> 15);
}
