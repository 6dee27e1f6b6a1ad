/**
 * Sets of rules as bits, most of them few or alike: kept once each, and only the words that are not zero. Rule 0 is the
 * lowest bit. Built on the main thread; the result is plain typed arrays.
 *
 *   set s    | groups of 32 words: mask of the words that are not zero, where the first of them stands | …
 *   words    | word | word | …
 */

/** What `RuleBits` gives: it crosses threads. */
export interface PackedBits {
  /** Groups of 32 words of 32 rules that a set has. */
  readonly groups: number;
  /** Two words for each group of each set. */
  readonly index: Uint32Array;
  readonly words: Uint32Array;
}

/** Bytes of all sets together. Beyond it the rules are refused: compiled, they would no longer fit any cache. */
const MAX_BYTES = 256 * 2 ** 20;

/** The rules have so many different combinations of prefixes or ports that their compiled form is out of proportion. */
export class TooManyCombinations extends Error {}

export class RuleBits {
  readonly #wordCount: number;
  readonly #groups: number;
  readonly #index: number[] = [];
  #words = new Uint32Array(1024);
  #used = 0;
  readonly #known = new Map<number, number[]>();

  constructor(rules: number) {
    this.#groups = Math.max(1, Math.ceil(rules / 1024));
    this.#wordCount = Math.ceil(rules / 32);
  }

  /** An empty set to work on: as many words as `add` takes. */
  draft(): Uint32Array {
    return new Uint32Array(this.#groups * 32);
  }

  /** Number of the set with these bits. @throws TooManyCombinations */
  add(bits: Uint32Array): number {
    let hash = 0;
    for (let k = 0; k < this.#wordCount; k++) hash = Math.imul(hash ^ bits[k], 0x9e3779b1) ^ (hash >>> 15);
    const alike = this.#known.get(hash) ?? [];
    const found = alike.find((set) => this.#equals(set, bits));
    if (found !== undefined) return found;
    const set = this.#index.length / (2 * this.#groups);
    for (let group = 0; group < this.#groups; group++) this.#addGroup(bits, group * 32);
    this.#known.set(hash, [...alike, set]);
    return set;
  }

  pack(): PackedBits {
    return { groups: this.#groups, index: Uint32Array.from(this.#index), words: this.#words.slice(0, this.#used) };
  }

  #addGroup(bits: Uint32Array, from: number): void {
    let mask = 0;
    const start = this.#used;
    for (let k = 0; k < 32; k++) {
      if (bits[from + k] === 0) continue;
      mask |= 1 << k;
      if (this.#used === this.#words.length) this.#grow();
      this.#words[this.#used++] = bits[from + k];
    }
    this.#index.push(mask >>> 0, start);
  }

  #grow(): void {
    if (this.#words.byteLength * 2 > MAX_BYTES) throw new TooManyCombinations();
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }

  #equals(set: number, bits: Uint32Array): boolean {
    for (let group = 0; group < this.#groups; group++) {
      const at = 2 * (set * this.#groups + group);
      const mask = this.#index[at];
      let word = this.#index[at + 1];
      for (let k = 0; k < 32; k++) {
        const here = (mask & (1 << k)) === 0 ? 0 : this.#words[word++];
        if (here !== bits[group * 32 + k]) return false;
      }
    }
    return true;
  }
}
