import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../src/port/capture/capture-error.js';
import { openCapture } from '../../src/port/capture/open-capture.js';
import { TwoSidedCapture } from '../../src/port/capture/two-sided.js';
import { echo, ethernet, icmp, ip, tcp, udp } from './packets.js';
import { block, countsOf, description, enhanced, join8, memoryOf, option, pack, pcap, section, tempFile } from './support.js';

const request = udp(['10.0.0.1', 1000], ['192.0.2.1', 53], 'question');
const packets = [
  ethernet(request),
  ethernet(icmp('192.0.2.9', '10.0.0.1', 3, 1, 0, request)),
  ethernet(tcp(['fd00:0:0:0:0:0:0:1', 1], ['2001:db8:0:0:0:0:0:1', 80], 2, 'text')),
  ethernet(echo('10.0.0.1', '192.0.2.1', 8, 5)),
  ethernet(ip('10.0.0.1', '192.0.2.1', 17, new Uint8Array(16), { id: 3, more: true })),
  ethernet(ip('10.0.0.1', '192.0.2.1', 17, new Uint8Array(16), { id: 3, fragment: 16 })),
];
const classic = pcap(packets.map((bytes) => ({ bytes })));
const ng = join8(
  section('big'),
  description('big', 1, join8(option('big', 2, new TextEncoder().encode('eth0')), option('big', 9, Uint8Array.of(9)))),
  ...packets.map((bytes, at) => enhanced('big', 0, 0, at, bytes)),
  block('big', 3, join8(pack('big', [packets[0].length, 4]), packets[0])),
  section('little'),
  description('little', 113),
  ...packets.map((bytes, at) => enhanced('little', 0, 0, at, bytes)),
);

/** Some bytes changed, some cut away, some put in. */
const mutated = fc.record({
  ng: fc.boolean(),
  changes: fc.array(fc.tuple(fc.nat(2000), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), { maxLength: 12 }),
  cut: fc.tuple(fc.nat(2000), fc.nat(40)),
  insert: fc.tuple(fc.nat(2000), fc.uint8Array({ maxLength: 40 })),
}).map(({ ng: useNg, changes, cut, insert }) => {
  const bytes = [...(useNg ? ng : classic)];
  for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value;
  bytes.splice(4 + (cut[0] % (bytes.length - 4)), cut[1] % 3 === 0 ? cut[1] : 0);
  bytes.splice(4 + (insert[0] % (bytes.length - 4)), 0, ...(insert[1].length % 3 === 0 ? insert[1] : []));
  return Uint8Array.from(bytes);
});

describe('captures with anything in them', () => {
  it('are read without an exception, and within their bytes', () => {
    fc.assert(fc.property(mutated, (bytes) => {
      const reader = openCapture(tempFile('mutated', bytes));
      while (reader.next()) {
        expect(reader.dataOffset + reader.length).toBeLessThanOrEqual(bytes.length);
        expect(reader.originalLength).toBeGreaterThanOrEqual(reader.length);
        expect(reader.seconds >= 0 && reader.seconds <= 0xffffffff && reader.nanos >= 0 && reader.nanos < 1e9).toBe(true);
      }
      const skipped = reader.problems.reduce((sum, { kind, count }) => (kind === 'no-packets' ? sum : sum + count), 0);
      expect(reader.records - reader.packets).toBeLessThanOrEqual(skipped);
      reader.close();
    }), { numRuns: 1500 });
  });

  it('come through two sides whole', () => {
    fc.assert(fc.property(mutated, (bytes) => {
      const path = tempFile('mutated', bytes);
      const reader = openCapture(path);
      while (reader.next());
      reader.close();
      const memory = memoryOf(4);
      const counts = countsOf();
      const capture = new TwoSidedCapture({ path, windowRecords: 4, connections: 8 }, memory);
      const faces = [capture.face('inside', {}, counts), capture.face('outside', {}, counts)] as const;
      let received = 0;
      for (let turn = 0; turn < 200 && !faces[0].exhausted; turn++) {
        const slots = memory.addresses.slice();
        const used = faces[turn % 2].receive(slots, 4);
        received += used;
        // Each packet leaves with an address of its own, so that the next one is re-addressed.
        for (const address of slots.subarray(0, used)) memory.region[address + 128 + 64 * memory.slotIndex(address) + 29] ^= 1;
        faces[1 - (turn % 2)].transmit(slots, used);
        expect(faces[1 - (turn % 2)].complete(new Uint32Array(4), 4)).toBe(used);
        for (const address of slots.subarray(0, used)) faces[turn % 2].settled(address);
      }
      expect(faces[0].exhausted).toBe(true);
      expect(received + counts.ingress.length).toBe(reader.packets);
      for (const face of faces) face.close();
    }), { numRuns: 1500 });
  });

  it('are opened or refused, whatever their first bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        const reader = openCapture(tempFile('anything', bytes));
        while (reader.next());
        reader.close();
      } catch (error) {
        expect(error).toBeInstanceOf(CaptureError);
      }
    }), { numRuns: 500 });
  });
});
