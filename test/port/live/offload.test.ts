/** Checksums that are only begun, and long packets that are cut: against sums computed the long way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, onesComplementSum, pseudoHeaderSum, updateChecksum32 } from '../../../src/packet/checksum.js';
import { completeChecksum, isInside, moveChecksumStart, parkChecksum, unparkChecksum, writeBegun } from '../../../src/port/live/native/offload.js';
import { Segmenter } from '../../../src/port/segment.js';

const OFFLOAD = 0;
const FRAME = 32;
const u16 = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1];
const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 65536 + u16(bytes, at + 2);
const put16 = (bytes: Uint8Array, at: number, value: number): void => { bytes.set([value >>> 8, value & 0xff], at); };

/** An Ethernet frame with IP and TCP, its checksum begun. `tag`: a VLAN tag. */
function tcpFrame(version: 4 | 6, payload: Uint8Array, { tag = false, flags = 0x18, sequence = 0xfffffff0 } = {}): { frame: Uint8Array; l3: number; l4: number } {
  const l3 = tag ? 18 : 14;
  const l4 = l3 + (version === 4 ? 20 : 40);
  const frame = new Uint8Array(l4 + 20 + payload.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], 0);
  if (tag) frame.set([0x81, 0, 0, 7], 12);
  put16(frame, l3 - 2, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) {
    frame.set([0x45, 0, 0, 0, 0xff, 0xfe, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 9], l3);
    put16(frame, l3 + 2, frame.length - l3);
    put16(frame, l3 + 10, checksum(frame, l3, 20));
  } else {
    frame.set([0x60, 0, 0, 0, 0, 0, 6, 64, 0xfd, ...new Array<number>(14).fill(0), 1, 0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 9], l3);
    put16(frame, l3 + 4, frame.length - l4);
  }
  frame.set([0x9c, 0x40, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 0x50, flags, 0x20, 0, 0, 0, 0, 0], l4);
  put16(frame, l4 + 4, Math.floor(sequence / 65536));
  put16(frame, l4 + 6, sequence & 0xffff);
  frame.set(payload, l4 + 20);
  put16(frame, l4 + 16, pseudoOf(frame, version, l3, l4));
  return { frame, l3, l4 };
}
const pseudoOf = (frame: Uint8Array, version: 4 | 6, l3: number, l4: number): number =>
  version === 4 ? pseudoHeaderSum(frame, l3 + 12, 8, 6, frame.length - l4) : pseudoHeaderSum(frame, l3 + 8, 32, 6, frame.length - l4);
const isRight = (frame: Uint8Array, version: 4 | 6, l3: number, l4: number): boolean => checksum(frame, l4, frame.length - l4, pseudoOf(frame, version, l3, l4)) === 0;
const payloads = fc.uint8Array({ minLength: 1, maxLength: 300 });
const versions = fc.constantFrom<4 | 6>(4, 6);

describe('a begun checksum', () => {
  it('is completed to the one that the packet must have', () => {
    fc.assert(fc.property(versions, payloads, fc.boolean(), (version, payload, tag) => {
      const { frame, l3, l4 } = tcpFrame(version, payload, { tag });
      const bytes = Uint8Array.from([...new Uint8Array(FRAME), ...frame]);
      writeBegun(bytes, OFFLOAD, l4, 16);
      expect(isInside(bytes, OFFLOAD, frame.length)).toBe(true);
      completeChecksum(bytes, OFFLOAD, FRAME, frame.length);
      expect(isRight(bytes.slice(FRAME), version, l3, l4)).toBe(true);
    }));
  });

  it('stays right on its way while addresses and ports are rewritten, as NAT does', () => {
    fc.assert(fc.property(payloads, fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(0xffffffff), (payload, source, destination, ports) => {
      const { frame, l3, l4 } = tcpFrame(4, payload);
      const bytes = Uint8Array.from([...new Uint8Array(FRAME), ...frame]);
      writeBegun(bytes, OFFLOAD, l4, 16);
      parkChecksum(bytes, OFFLOAD, FRAME);
      for (const [at, value] of [[l3 + 12, source], [l3 + 16, destination], [l4, ports]] as const) {
        const old = u32(bytes, FRAME + at);
        put16(bytes, FRAME + at, Math.floor(value / 65536));
        put16(bytes, FRAME + at + 2, value & 0xffff);
        put16(bytes, FRAME + l4 + 16, updateChecksum32(u16(bytes, FRAME + l4 + 16), old, value));
      }
      unparkChecksum(bytes, OFFLOAD, FRAME);
      completeChecksum(bytes, OFFLOAD, FRAME, frame.length);
      expect(isRight(bytes.slice(FRAME), 4, l3, l4)).toBe(true);
    }), { numRuns: 300 });
  });

  it('follows the packet when something is put in front of it', () => {
    const { frame, l3, l4 } = tcpFrame(4, Uint8Array.of(1, 2, 3));
    const bytes = Uint8Array.from([...new Uint8Array(FRAME), ...frame]);
    writeBegun(bytes, OFFLOAD, l4, 16);
    moveChecksumStart(bytes, OFFLOAD, 4);
    completeChecksum(bytes, OFFLOAD, FRAME - 4, frame.length + 4);
    expect(isRight(bytes.slice(FRAME), 4, l3, l4)).toBe(true);
  });

  it('that would lie outside of its frame is seen', () => {
    const bytes = new Uint8Array(64);
    writeBegun(bytes, OFFLOAD, 20, 16);
    expect([isInside(bytes, OFFLOAD, 38), isInside(bytes, OFFLOAD, 37)]).toEqual([true, false]);
  });
});

describe('a long TCP packet', () => {
  it('becomes packets that are right by themselves and hold its bytes in order', () => {
    fc.assert(fc.property(versions, fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.integer({ min: 1, max: 700 }), fc.boolean(), fc.boolean(), (version, payload, mss, tag, begun) => {
      const { frame, l3, l4 } = tcpFrame(version, payload, { tag, flags: 0x99 });
      const segmenter = new Segmenter();
      const count = segmenter.begin(frame, 0, frame.length, 14, mss);
      expect(count).toBe(Math.ceil(payload.length / mss));
      const seen: number[] = [];
      for (let k = 0; k < count; k++) {
        const out = new Uint8Array(4096).fill(0xee);
        const packet = out.slice(0, segmenter.write(k, out, 0, begun));
        if (begun) put16(packet, l4 + 16, ~onesComplementSum(packet, l4, packet.length - l4) & 0xffff);
        expect(isRight(packet, version, l3, l4)).toBe(true);
        if (version === 4) {
          expect(checksum(packet, l3, 20)).toBe(0);
          expect([u16(packet, l3 + 2), u16(packet, l3 + 4)]).toEqual([packet.length - l3, (0xfffe + k) & 0xffff]);
        } else expect(u16(packet, l3 + 4)).toBe(packet.length - l4);
        expect(u32(packet, l4 + 4)).toBe((0xfffffff0 + k * mss) % 2 ** 32);
        // FIN and PSH with the last, CWR with the first, ACK with all.
        expect(packet[l4 + 13]).toBe(0x10 | (k === 0 ? 0x80 : 0) | (k === count - 1 ? 0x09 : 0));
        seen.push(...packet.slice(l4 + 20));
      }
      expect(seen).toEqual([...payload]);
    }));
  });

  it('that is none is refused: another protocol, a header that ends too late, nothing to cut by', () => {
    const { frame, l3 } = tcpFrame(4, new Uint8Array(100));
    const begin = (change: (bytes: Uint8Array) => void, mss = 50): number => {
      const bytes = frame.slice();
      change(bytes);
      return new Segmenter().begin(bytes, 0, bytes.length, 14, mss);
    };
    expect(begin(() => undefined)).toBe(2);
    expect([
      begin((bytes) => (bytes[l3 + 9] = 17)), begin((bytes) => (bytes[l3] = 0x75)), begin((bytes) => (bytes[l3] = 0x4f)),
      begin(() => undefined, 0),
    ]).toEqual([0, 0, 0, 0]);
    expect(new Segmenter().begin(frame, 0, 50, 14, 50)).toBe(0);
  });
});
