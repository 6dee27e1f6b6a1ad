import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, mendChecksum, mendUdpChecksum, onesComplementSum, pseudoHeaderSum, updateChecksum16, updateChecksum32 } from '../../src/packet/checksum.js';
import { plainChecksum, u16, u32 } from '../support/packets.js';

const word = fc.integer({ min: 0, max: 0xffff });

describe('the Internet checksum', () => {
  it('agrees with the example of RFC 1071 section 3', () => {
    expect(onesComplementSum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8)).toBe(0xddf2);
  });

  it('counts an odd last byte as the high half of a word', () => {
    expect(checksum(Uint8Array.of(9, 1, 2, 3, 9), 1, 3)).toBe(0xffff - 0x0402);
  });

  it('is that of a plain sum, wherever the bytes lie and whatever was summed before', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), word, (bytes, at, initial) => {
      const placed = new Uint8Array(bytes.length + 20).fill(0x5a);
      placed.set(bytes, at);
      expect(checksum(placed, at, bytes.length, initial)).toBe(plainChecksum([...u16(initial), ...bytes]));
    }));
  });

  it('does not overflow on the longest of packets', () => {
    expect(onesComplementSum(new Uint8Array(131072).fill(0xff), 0, 131072)).toBe(0xffff);
    expect(onesComplementSum(new Uint8Array(131071).fill(0xff), 0, 131071)).toBe(0xff00);
  });

  it('sums a pseudo-header', () => {
    const addresses = [10, 0, 0, 1, 192, 0, 2, 7];
    expect(pseudoHeaderSum(Uint8Array.from(addresses), 0, 8, 17, 0x12345)).toBe(0xffff - plainChecksum([...addresses, ...u32(0x12345), ...u32(17)]));
  });
});

describe('incremental updates (RFC 1624)', () => {
  it('give the value of the example in RFC 1624 section 4', () => {
    expect(updateChecksum16(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('equal a full recomputation', () => {
    fc.assert(fc.property(fc.array(word, { minLength: 3, maxLength: 20 }), fc.nat(), word, word, (words, place, high, low) => {
      const at = place % (words.length - 1);
      const before = [0x4500, ...words];
      const after = before.with(at + 1, high);
      const both = after.with(at + 2, low);
      const sum = (all: number[]): number => plainChecksum(all.flatMap(u16));
      expect(updateChecksum16(sum(before), before[at + 1], high)).toBe(sum(after));
      expect(updateChecksum32(sum(before), (before[at + 1] * 65536 + before[at + 2]), high * 65536 + low)).toBe(sum(both));
    }));
  });

  it('leave every checksum alone when nothing changes', () => {
    for (const old of [0, 1, 0x8000, 0xfffe, 0xffff]) {
      expect(updateChecksum16(old, 0x1234, 0x1234)).toBe(old);
      expect(updateChecksum32(old, 0xfedcba98, 0xfedcba98)).toBe(old);
    }
  });

  it('mend in place, big-endian', () => {
    const bytes = Uint8Array.of(7, 0xdd, 0x2f, 7);
    mendChecksum(bytes, 1, 0xaaaa + 0x3285);
    expect([...bytes]).toEqual([7, 0, 0, 7]);
  });

  it('of UDP keep "no checksum", and never turn a checksum into it', () => {
    const none = Uint8Array.of(0, 0);
    mendUdpChecksum(none, 0, 0xaaaa + 0x3285);
    expect([...none]).toEqual([0, 0]);
    const some = Uint8Array.of(0xdd, 0x2f);
    mendUdpChecksum(some, 0, 0xaaaa + 0x3285);
    expect([...some]).toEqual([0xff, 0xff]);
  });
});
