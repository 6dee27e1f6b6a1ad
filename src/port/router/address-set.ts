/** Hot: no allocation. The addresses of one leg: few, so they are looked through. */
import { type AddressWords, type LegSpec, isLinkLocal, isMapped } from './leg.js';

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

/** The source of what a leg sends about others: its first address of the version that is not link-local, or null. */
export function sourceOf(leg: LegSpec | null, isIpv4: boolean): AddressWords | null {
  return leg?.addresses.find(({ words }) => isMapped(words) === isIpv4 && !isLinkLocal(words))?.words ?? null;
}

/** A leg's address in the network of a neighbour, which is the source of questions about it; null when there is none. */
export function sourceFor(leg: LegSpec, neighbour: AddressWords): AddressWords | null {
  const version = leg.addresses.filter(({ words }) => isMapped(words) === isMapped(neighbour));
  const near = version.find(({ words, length }) => sharesPrefix(words, neighbour, length));
  return (near ?? version.at(0))?.words ?? null;
}

/** Whether two addresses begin with the same `length` bits. */
export function sharesPrefix(a: AddressWords, b: AddressWords, length: number): boolean {
  for (let k = 0; k < 4; k++) {
    const bits = Math.min(32, Math.max(0, length - 32 * k));
    if (bits > 0 && (a[k] ^ b[k]) >>> (32 - bits) !== 0) return false;
  }
  return true;
}
