/** The index of a table: what was removed leaves nothing behind, however often entries come and go. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashIndex } from '../../src/nf/hash-index.js';

/** Buckets that a probe for an absent key looks at: those up to the next free one, from each home alike. */
function meanProbesOfMiss({ buckets, mask }: HashIndex): number {
  let total = 0;
  for (let home = 0; home <= mask; home++) {
    let probes = 1;
    while (buckets[(home + probes - 1) & mask] !== 0) probes++;
    total += probes;
  }
  return total / buckets.length;
}

function found({ buckets, mask, numberBits }: HashIndex, hash: number, entry: number): boolean {
  for (let bucket = hash & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
    if ((buckets[bucket] & mask) === entry + 1) return (buckets[bucket] ^ hash) >>> numberBits === 0;
  }
  return false;
}

describe('the index of a table', () => {
  it('leads to each entry that is in it, and is as it would be had the others never been there', () => {
    // Few homes, of which some lie at the end: probes are long, and go on at the beginning.
    const hash = fc.tuple(fc.constantFrom(0, 1, 2, 14, 15), fc.nat(0x0fffffff)).map(([home, upper]) => ((upper << 4) | home) | 0);
    fc.assert(
      fc.property(fc.array(hash, { minLength: 8, maxLength: 8 }), fc.array(fc.nat(7), { maxLength: 100 }), (hashes, toggled) => {
        const index = new HashIndex(8);
        expect(index.buckets.length).toBe(16);
        const within = new Set<number>();
        for (const entry of toggled) {
          if (within.delete(entry)) expect(index.remove(entry)).toBe(true);
          else {
            index.add(hashes[entry], entry);
            within.add(entry);
          }
          for (let k = 0; k < 8; k++) expect(found(index, hashes[k], k)).toBe(within.has(k));
          const fresh = new HashIndex(8);
          for (const other of within) fresh.add(hashes[other], other);
          // Which buckets are in use does not depend on the order in which they came; who stands in which one may.
          expect([...index.buckets].map((word) => word !== 0)).toEqual([...fresh.buckets].map((word) => word !== 0));
        }
      }),
    );
  });

  // Linear probing in buckets half full needs 2.5 probes for a miss (Knuth: (1 + 1 / (1 - load)^2) / 2).
  it('needs few probes for an absent key after 200 000 entries came and went', () => {
    const [entries, live] = [2048, 2048];
    const index = new HashIndex(entries);
    const hashes = new Int32Array(entries);
    let random = 1;
    const next = (): number => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0);
    const mixed = (): number => Math.imul(next() ^ (random >>> 15), 0x85ebca6b) | 0;
    for (let turn = 0; turn < 200_000; turn++) {
      const entry = turn < live ? turn : next() >>> 21;
      if (turn >= live) index.remove(entry);
      index.add((hashes[entry] = mixed()), entry);
    }
    expect(meanProbesOfMiss(index)).toBeLessThan(3);
    for (let entry = 0; entry < entries; entry++) index.remove(entry);
    expect(meanProbesOfMiss(index)).toBe(1);
  });

  it('does nothing about what is not in it', () => {
    const index = new HashIndex(2);
    index.add(5, 1);
    index.add(5, 0);
    expect([index.remove(0), index.remove(0)]).toEqual([true, false]);
    expect(found(index, 5, 1)).toBe(true);
  });
});
