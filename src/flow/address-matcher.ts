/** Hot: no allocation. Whether an address lies in a set of prefixes. */
import type { AddressSet, Prefix } from './match.js';
import { prefixMask } from './prefix.js';

/** A set of prefixes as flat words: base and mask in turn, one pair a prefix for IPv4, four for IPv6. */
export class AddressMatcher {
  readonly #ipv4: Int32Array;
  readonly #ipv6: Int32Array;
  readonly #negated: boolean;

  constructor(set: AddressSet) {
    this.#ipv4 = pairs(set.prefixes.filter((prefix) => prefix.version === 4));
    this.#ipv6 = pairs(set.prefixes.filter((prefix) => prefix.version === 6));
    this.#negated = set.negated;
  }

  hasIpv4(address: number): boolean {
    const words = this.#ipv4;
    for (let at = 0; at < words.length; at += 2) if (((address ^ words[at]) & words[at + 1]) === 0) return !this.#negated;
    return this.#negated;
  }

  hasIpv6(word0: number, word1: number, word2: number, word3: number): boolean {
    const words = this.#ipv6;
    for (let at = 0; at < words.length; at += 8) {
      const differs =
        ((word0 ^ words[at]) & words[at + 1]) |
        ((word1 ^ words[at + 2]) & words[at + 3]) |
        ((word2 ^ words[at + 4]) & words[at + 5]) |
        ((word3 ^ words[at + 6]) & words[at + 7]);
      if (differs === 0) return !this.#negated;
    }
    return this.#negated;
  }
}

function pairs(prefixes: readonly Prefix[]): Int32Array {
  return Int32Array.from(prefixes.flatMap((prefix) => prefix.words.flatMap((word, k) => [word, prefixMask(prefix.length - 32 * k)])));
}
