/** Properties of the rewriters: right checksums stay right, wrong ones wrong by as much, and every rewrite can be undone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6 } from '../../src/packet/address.js';
import { bytesOf, place } from '../support/bench-slot.js';
import { icmpError4, tcp4, tcp6, udp4, udp6 } from '../support/packets.js';

const L3 = 14;
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const words = fc.tuple(u32, u32, u32, u32);
const end4 = fc.record({ address: u32, port: u16 });
const end6 = fc.record({ address: words, port: u16 });
const payload = fc.uint8Array({ maxLength: 40 });

type End4 = { address: number; port: number };
type End6 = { address: [number, number, number, number]; port: number };
const fields4 = (from: End4, to: End4) => ({ source: formatIpv4(from.address), sourcePort: from.port, destination: formatIpv4(to.address), destinationPort: to.port });
const fields6 = (from: End6, to: End6) => ({ source: formatIpv6(...from.address), sourcePort: from.port, destination: formatIpv6(...to.address), destinationPort: to.port });

function translate4(packet: ReturnType<typeof place>, from: End4, to: End4): void {
  const l4 = packet.tcp() ?? packet.udp()!;
  packet.ipv4()!.rewriteSource(from.address);
  l4.rewriteSourcePort(from.port);
  packet.ipv4()!.rewriteDestination(to.address);
  l4.rewriteDestinationPort(to.port);
}

function translate6(packet: ReturnType<typeof place>, from: End6, to: End6): void {
  const l4 = packet.tcp() ?? packet.udp()!;
  packet.ipv6()!.rewriteSource(Uint32Array.from(from.address));
  l4.rewriteSourcePort(from.port);
  packet.ipv6()!.rewriteDestination(Uint32Array.from(to.address));
  l4.rewriteDestinationPort(to.port);
}

describe.each([['TCP', tcp4, tcp6, 16], ['UDP', udp4, udp6, 6]])('rewriting %s', (_name, build4, build6, checksumAt) => {
  it('gives the packet that a sender would have made', () => {
    fc.assert(fc.property(end4, end4, end4, end4, payload, (a, b, c, d, data) => {
      const packet = place(build4({ ...fields4(a, b), payload: data }));
      translate4(packet, c, d);
      expect(bytesOf(packet)).toEqual([...build4({ ...fields4(c, d), payload: data })]);
    }));
    fc.assert(fc.property(end6, end6, end6, end6, payload, (a, b, c, d, data) => {
      const packet = place(build6({ ...fields6(a, b), payload: data }));
      translate6(packet, c, d);
      expect(bytesOf(packet)).toEqual([...build6({ ...fields6(c, d), payload: data })]);
    }));
  });

  // 0xffff is left out: one's complement has two zeros, and an update gives the other one. To a receiver they are the same.
  const anyChecksum = fc.integer({ min: 0, max: 0xfffe });

  it('and rewriting back is the identity, whatever the checksums were', () => {
    fc.assert(fc.property(end4, end4, end4, end4, anyChecksum, anyChecksum, (a, b, c, d, ipSum, l4Sum) => {
      const bytes = build4({ ...fields4(a, b), payload: 'data' });
      new DataView(bytes.buffer).setUint16(L3 + 10, ipSum);
      new DataView(bytes.buffer).setUint16(L3 + 20 + checksumAt, l4Sum);
      const packet = place(bytes);
      translate4(packet, c, d);
      translate4(packet, a, b);
      expect(bytesOf(packet)).toEqual([...bytes]);
    }));
    fc.assert(fc.property(end6, end6, end6, end6, anyChecksum, (a, b, c, d, l4Sum) => {
      const bytes = build6({ ...fields6(a, b), payload: 'data' });
      new DataView(bytes.buffer).setUint16(L3 + 40 + checksumAt, l4Sum);
      const packet = place(bytes);
      translate6(packet, c, d);
      translate6(packet, a, b);
      expect(bytesOf(packet)).toEqual([...bytes]);
    }));
  });

  it('keeps a wrong checksum wrong by the same difference', () => {
    fc.assert(fc.property(end4, end4, end4, end4, fc.integer({ min: 1, max: 0xfffe }), (a, b, c, d, error) => {
      const at = L3 + 20 + checksumAt;
      const wrong = build4({ ...fields4(a, b), payload: 'data' });
      const view = new DataView(wrong.buffer);
      view.setUint16(at, (view.getUint16(at) + error) % 0xffff || 0xffff);
      const packet = place(wrong);
      translate4(packet, c, d);
      const right = new DataView(build4({ ...fields4(c, d), payload: 'data' }).buffer).getUint16(at);
      const found = (packet.tcp() ?? packet.udp()!).checksum;
      expect((found - right + 0xffff) % 0xffff).toBe(error);
    }));
  });
});

describe('rewriting a quotation', () => {
  it('gives the error that a router would have sent, and back again', () => {
    const outer = { source: '198.51.100.1', destination: '10.0.0.1' };
    const builders = fc.constantFrom(tcp4, udp4);
    // Not 37, which would quote half of TCP's checksum: half a checksum cannot be mended.
    const quotedLength = fc.integer({ min: 28, max: 60 }).filter((length) => length !== 37);
    fc.assert(fc.property(builders, end4, end4, end4, end4, quotedLength, (build, a, b, c, d, quotedBytes) => {
      const quote = (from: End4, to: End4): Uint8Array => icmpError4(outer, 3, 1, build({ ...fields4(from, to), payload: '0123456789', ethernet: false }).slice(0, quotedBytes));
      const rewrite = (from: End4, to: End4): void => {
        const quoted = packet.icmp()!.quoted()!;
        quoted.rewriteSource(from.address);
        quoted.rewriteSourcePort(from.port);
        quoted.rewriteDestination(to.address);
        quoted.rewriteDestinationPort(to.port);
      };
      const packet = place(quote(a, b));
      rewrite(c, d);
      expect(bytesOf(packet)).toEqual([...quote(c, d)]);
      rewrite(a, b);
      expect(bytesOf(packet)).toEqual([...quote(a, b)]);
    }));
  });
});
