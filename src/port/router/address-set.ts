/** Hot: no allocation. The addresses of one leg: few, so they are looked through. */
import type { LegSpec } from './leg.js';

export class AddressSet {
  readonly #words: Int32Array;

  constructor({ addresses }: LegSpec) {
    this.#words = Int32Array.from(addresses.flatMap(({ words }) => [...words]));
  }

  /** Words are int32. */
  has(w0: number, w1: number, w2: number, w3: number): boolean {
    const words = this.#words;
    for (let k = 0; k < words.length; k += 4) if (words[k + 3] === w3 && words[k] === w0 && words[k + 1] === w1 && words[k + 2] === w2) return true;
    return false;
  }

  /** Whether one of them has these lower 24 bits, as solicited-node groups go by them (RFC 4291 section 2.7.1). */
  hasLow24(low: number): boolean {
    const words = this.#words;
    for (let k = 3; k < words.length; k += 4) if ((words[k] & 0xffffff) === low && words[k - 1] !== 0xffff) return true;
    return false;
  }
}
