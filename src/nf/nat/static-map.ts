/**
 * Hot: no allocation. Static one-to-one translation: an inside prefix and an external one of the same length, address by
 * address, ports unchanged. It is computed, so it takes no binding, outlives everything, and nobody can use it up.
 */
import type { StaticPair } from './addresses.js';
import { NO_ADDRESS } from './layout.js';

export class StaticMap {
  readonly count: number;
  /** Sorted by first address, for both sides apart. */
  readonly #inside: Side;
  readonly #external: Side;

  /** Prefixes of one side must not overlap. */
  constructor(pairs: readonly StaticPair[]) {
    this.count = pairs.length;
    this.#inside = new Side(pairs.map(({ inside, external }) => [inside.address, inside.mask, external.address]));
    this.#external = new Side(pairs.map(({ inside, external }) => [external.address, external.mask, inside.address]));
  }

  /** The external address of an inside address that has one, or NO_ADDRESS. */
  externalOf(inside: number): number {
    return this.count === 0 ? NO_ADDRESS : this.#inside.translate(inside);
  }

  /** The inside address behind a static external address, or NO_ADDRESS. */
  insideOf(external: number): number {
    return this.count === 0 ? NO_ADDRESS : this.#external.translate(external);
  }
}

class Side {
  readonly #firsts: Uint32Array;
  readonly #masks: Uint32Array;
  readonly #others: Uint32Array;

  constructor(rows: (readonly [first: number, mask: number, other: number])[]) {
    const sorted = rows.sort((a, b) => a[0] - b[0]);
    this.#firsts = Uint32Array.from(sorted, ([first]) => first);
    this.#masks = Uint32Array.from(sorted, ([, mask]) => mask);
    this.#others = Uint32Array.from(sorted, ([, , other]) => other);
  }

  translate(bits: number): number {
    const address = bits >>> 0;
    let low = 0;
    let high = this.#firsts.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.#firsts[middle] <= address) low = middle + 1;
      else high = middle - 1;
    }
    if (high < 0) return NO_ADDRESS;
    const mask = this.#masks[high];
    return (address & mask) >>> 0 === this.#firsts[high] ? this.#others[high] | (address & ~mask) : NO_ADDRESS;
  }
}
