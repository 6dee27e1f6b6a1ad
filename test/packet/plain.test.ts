/**
 * The short way through the parser finds what the long way finds. Both see the same bytes: a slot header that already has
 * a flag (`tuplePublished`) takes the long way.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HeaderOffset, LinkType, ParseFlag } from '../../src/memory/slot-layout.js';
import { parsePacket } from '../../src/packet/parse.js';

const headers = new SlotHeaders(new ArrayBuffer(64), 0, 1);

function parsed(bytes: Uint8Array, originalLength: number, flags: number): number[] {
  headers.u8.fill(0xaa);
  headers.u32[HeaderOffset.originalLength >> 2] = originalLength;
  headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
  headers.u8[HeaderOffset.parseFlags] = flags;
  parsePacket(bytes, 0, bytes.length, headers, 0);
  headers.u8[HeaderOffset.parseFlags] &= ~ParseFlag.tuplePublished;
  return [...headers.u8];
}

/** An Ethernet frame that is plain, but for what the draws change: every field that the short way looks at. */
const frames = fc.record({
  etherType: fc.constantFrom(...Array<number>(8).fill(0x0800), 0x8100, 0x86dd),
  first: fc.constantFrom(...Array<number>(8).fill(0x45), 0x46, 0x44, 0x65),
  totalLength: fc.oneof(fc.integer({ min: 28, max: 60 }), fc.integer({ min: 0, max: 90 })),
  fragment: fc.constantFrom(0, 0, 0, 0, 0x4000, 0x4000, 0x2000, 0x0001, 0x8000),
  protocol: fc.constantFrom(6, 6, 17, 17, 1, 47),
  l4: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  dataOffset: fc.integer({ min: 3, max: 9 }),
  datagramBytes: fc.oneof(fc.integer({ min: 8, max: 26 }), fc.integer({ min: 0, max: 60 })),
  length: fc.integer({ min: 30, max: 100 }),
  cut: fc.constantFrom(0, 0, 0, 1, 40),
});

describe('a plain packet', () => {
  it('is parsed as by the general parser', () => {
    let plain = 0;
    fc.assert(fc.property(frames, ({ etherType, first, totalLength, fragment, protocol, l4, dataOffset, datagramBytes, length, cut }) => {
      const bytes = new Uint8Array(100);
      const view = new DataView(bytes.buffer);
      view.setUint16(12, etherType);
      view.setUint8(14, first);
      view.setUint16(16, totalLength);
      view.setUint16(20, fragment);
      view.setUint8(23, protocol);
      bytes.set(l4, 34);
      if (protocol === 17) view.setUint16(38, datagramBytes);
      else view.setUint8(46, dataOffset << 4);
      const frame = bytes.subarray(0, length);
      const found = parsed(frame, length + cut, 0);
      expect(found).toEqual(parsed(frame, length + cut, ParseFlag.tuplePublished));
      if (found[HeaderOffset.l4Offset] === 34 && found[HeaderOffset.parseFlags] === 0) plain++;
    }), { numRuns: 5000, seed: 0x91a1 });
    expect(plain, 'packets that went the short way').toBeGreaterThan(200);
  });
});
