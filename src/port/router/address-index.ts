/** Hot: no allocation. Finds entries of a table by address, four words each; the table keeps the rest by entry. */
const NONE = -1;

export class AddressIndex {
  count = 0;
  readonly #capacity: number;
  readonly #buckets: Int32Array;
  /** By entry, the next one in its bucket; of entries that are free, the next free one. */
  readonly #next: Int32Array;
  readonly #words: Int32Array;
  #free = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(NONE);
    this.#next = Int32Array.from({ length: capacity }, (_, entry) => entry + 1);
    this.#words = new Int32Array(capacity * 4);
  }

  get isFull(): boolean {
    return this.count === this.#capacity;
  }

  get isHalfFull(): boolean {
    return this.count >= this.#capacity >>> 1;
  }

  /** Word `k` of an entry's address. */
  word(entry: number, k: number): number {
    return this.#words[(entry << 2) + k];
  }

  /** The entry of an address, or -1. Words are int32. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    const words = this.#words;
    for (let entry = this.#buckets[this.#bucket(w0, w1, w2, w3)]; entry !== NONE; entry = this.#next[entry]) {
      const k = entry << 2;
      if (words[k + 3] === w3 && words[k] === w0 && words[k + 1] === w1 && words[k + 2] === w2) return entry;
    }
    return NONE;
  }

  /** A new entry for an address that has none. There must be room. */
  add(w0: number, w1: number, w2: number, w3: number): number {
    const entry = this.#free;
    this.#free = this.#next[entry];
    const k = entry << 2;
    this.#words[k] = w0;
    this.#words[k + 1] = w1;
    this.#words[k + 2] = w2;
    this.#words[k + 3] = w3;
    const bucket = this.#bucket(w0, w1, w2, w3);
    this.#next[entry] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry;
    this.count++;
    return entry;
  }

  remove(entry: number): void {
    const bucket = this.#bucket(this.word(entry, 0), this.word(entry, 1), this.word(entry, 2), this.word(entry, 3));
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = this.#next[entry]!;
    else {
      let before = this.#buckets[bucket];
      while (this.#next[before] !== entry) before = this.#next[before];
      this.#next[before] = this.#next[entry]!;
    }
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.count--;
  }

  #bucket(w0: number, w1: number, w2: number, w3: number): number {
    let h = Math.imul(w0 ^ Math.imul(w1, 31), 0x9e3779b1) ^ w2;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ w3;
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) & (this.#buckets.length - 1);
  }
}
