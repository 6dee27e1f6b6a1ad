/**
 * Hot: no allocation. Where the entries of a table are found: open addressing with linear probing, a word a bucket, so a probe stays
 * within a line or two of memory, and entries themselves may lie anywhere. A word is the entry's number, from 1, below the upper bits of its hash, by
 * which nearly all wrong entries are passed over unread; 0 is free. At most half of the buckets are in use.
 */
export class HashIndex {
  readonly buckets: Int32Array;
  readonly mask: number;
  /** Bits of a word below those of the hash. */
  readonly numberBits: number;
  /** By entry. Kept, not told from its key again: whoever writes into a key then loses that entry, and no bucket. */
  readonly #hashes: Int32Array;

  /** @param most entries at a time, numbered from 0. */
  constructor(most: number) {
    this.numberBits = Math.ceil(Math.log2(Math.max(2, most * 2)));
    this.buckets = new Int32Array(2 ** this.numberBits);
    this.mask = this.buckets.length - 1;
    this.#hashes = new Int32Array(most);
  }

  add(hash: number, entry: number): void {
    const { buckets, mask } = this;
    let bucket = hash & mask;
    while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    buckets[bucket] = (hash & ~mask) | (entry + 1);
    this.#hashes[entry] = hash;
  }

  /** @returns false when the entry is not in it. */
  remove(entry: number): boolean {
    const { buckets, mask } = this;
    let hole = this.#hashes[entry] & mask;
    while ((buckets[hole] & mask) - 1 !== entry) {
      if (buckets[hole] === 0) return false;
      hole = (hole + 1) & mask;
    }
    // Those behind it that a probe would not reach across the hole move up: nothing is left behind for others to cross.
    for (let bucket = (hole + 1) & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
      const home = this.#hashes[(buckets[bucket] & mask) - 1];
      if (((bucket - home) & mask) < ((bucket - hole) & mask)) continue;
      buckets[hole] = buckets[bucket];
      hole = bucket;
    }
    buckets[hole] = 0;
    return true;
  }
}
