/** Any bytes at all: nothing throws, nothing outside the packet is read or written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../src/memory/slot-layout.js';
import type { Packet } from '../../src/packet/packet.js';
import { MARGIN, bytesOf, place } from '../support/bench-slot.js';
import { arpRequest, icmpEcho4, icmpEcho6, icmpError4, icmpError6, tcp4, tcp6, udp4, udp6 } from '../support/packets.js';

const four = { source: '10.0.0.1', sourcePort: 5000, destination: '192.0.2.7', destinationPort: 53, payload: 'hello' };
const six = { ...four, source: 'fd00::1', destination: '2001:db8::7' };
const raw = { ethernet: false };
const extensions = [
  { protocol: 0, bytes: [0, 0, 1, 4, 0, 0, 0, 0] }, { protocol: 43, bytes: [0, 0, 4, 1, 0, 0, 0, 0] }, { protocol: 44, bytes: [0, 0, 0, 1, 0, 0, 0, 9] },
  { protocol: 51, bytes: [0, 1, ...new Array<number>(10).fill(0)] },
];
const samples = [
  tcp4({ ...four, tcpOptions: [2, 4, 5, 0xb4], vlans: [7, { id: 8, type: 0x88a8 }] }), tcp4({ ...four, options: [131, 7, 4, 1, 2, 3, 4, 0] }), udp4({ ...four, padding: 9 }),
  tcp6({ ...six, extensions }), udp6(six), icmpEcho4(four), icmpEcho6(six), arpRequest({ senderAddress: '10.0.0.1', targetAddress: '10.0.0.2' }),
  icmpError4(four, 3, 3, tcp4({ ...four, ...raw, options: [7, 4, 4, 0] })), icmpError4(four, 11, 0, icmpEcho4({ ...four, ...raw })),
  icmpError6(six, 1, 0, udp6({ ...six, ...raw, extensions: extensions.slice(0, 2) })), icmpError6(six, 3, 0, icmpEcho6({ ...six, ...raw })),
];

/** Real packets, spoiled: a few bytes replaced, then cut anywhere. Random bytes alone seldom get past the first header. */
const spoiled = fc.tuple(
  fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }), fc.integer({ min: 0, max: 250 }), fc.boolean(),
).map(([sample, spots, length, isCut]) => {
  const bytes = Uint8Array.from(sample);
  for (const [at, value] of spots) bytes[at % bytes.length] = value;
  return isCut ? bytes.slice(0, length) : bytes;
});
const anyBytes = fc.oneof({ weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) }, { weight: 4, arbitrary: spoiled });
const anyLink = fc.oneof({ weight: 4, arbitrary: fc.constant<number>(LinkType.ethernet) }, { weight: 3, arbitrary: fc.constantFrom<number>(...Object.values(LinkType)) }, { weight: 1, arbitrary: fc.nat(255) });

/** The value of every getter of a view. */
function fields(view: object | null): unknown {
  if (view === null) return null;
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(view) as object));
  const names = descriptors.filter(([, descriptor]) => 'get' in descriptor).map(([name]) => name);
  return Object.fromEntries(names.map((name) => [name, (view as Record<string, unknown>)[name]]));
}

/** Everything that can be asked of a packet. */
function everything(packet: Packet): unknown {
  const { l3, l4, l3Offset, l4Offset, payloadOffset, payloadLength, vlanCount, isMalformed, isFragment, isLaterFragment } = packet;
  const ipv6 = packet.ipv6();
  const words = ipv6 === null ? null : [0, 1, 2, 3].map((k) => [ipv6.sourceWord(k), ipv6.destinationWord(k)]);
  const quoted = packet.icmp()?.quoted() ?? packet.icmpv6()?.quoted() ?? null;
  return {
    header: { l3, l4, l3Offset, l4Offset, payloadOffset, payloadLength, vlanCount, isMalformed, isFragment, isLaterFragment },
    vlans: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((depth) => fields(packet.vlan(depth))),
    views: [packet.ethernet(), packet.arp(), packet.ipv4(), ipv6, packet.tcp(), packet.udp(), packet.icmp(), packet.icmpv6(), quoted].map(fields),
    words,
  };
}

const newWords = Uint32Array.of(0x20010db8, 0x11111111, 0x22222222, 0x33333333);

function rewriteEverything(packet: Packet): void {
  packet.ethernet()?.rewriteSource(0xaabbccddeeff);
  packet.ethernet()?.rewriteDestination(0x112233445566);
  packet.ipv4()?.rewriteTtl(1);
  packet.ipv4()?.rewriteDscp(63);
  packet.ipv4()?.rewriteSource(0xdeadbeef);
  packet.ipv4()?.rewriteDestination(0xfeedface);
  packet.ipv6()?.rewriteHopLimit(1);
  packet.ipv6()?.rewriteSource(newWords);
  packet.ipv6()?.rewriteDestination(newWords);
  for (const l4 of [packet.tcp(), packet.udp()]) {
    l4?.rewriteSourcePort(0xabcd);
    l4?.rewriteDestinationPort(0xdcba);
  }
  for (const icmp of [packet.icmp(), packet.icmpv6()]) {
    const quoted = icmp?.quoted();
    for (const address of [0xdeadbeef, newWords]) {
      quoted?.rewriteSource(address);
      quoted?.rewriteDestination(address);
    }
    quoted?.rewriteSourcePort(0x1234);
    quoted?.rewriteDestinationPort(0x4321);
    quoted?.rewriteIdentifier(0x5678);
    if (icmp?.isError === false) icmp.rewriteIdentifier(0xfedc);
  }
}

const POISONS = [0x00, 0xff, 0x45, 0x60];

describe('any bytes through any link type', () => {
  it('are parsed without a throw, and what lies around them changes nothing', () => {
    fc.assert(fc.property(anyBytes, anyLink, fc.nat(40), (bytes, linkType, cut) => {
      const originalLength = bytes.length + (cut < 20 ? 0 : cut);
      const [first, ...others] = POISONS.map((poison) => everything(place(bytes, { linkType, originalLength, poison })));
      for (const other of others) expect(other).toEqual(first);
    }), { numRuns: 3000 });
  });

  it('are rewritten without a throw, from nothing but the packet and to nowhere else', () => {
    fc.assert(fc.property(anyBytes, anyLink, fc.nat(40), (bytes, linkType, cut) => {
      const originalLength = bytes.length + (cut < 20 ? 0 : cut);
      const results = POISONS.map((poison) => {
        const packet = place(bytes, { linkType, originalLength, poison });
        rewriteEverything(packet);
        expect(packet.bytes.slice(0, MARGIN).every((byte) => byte === poison)).toBe(true);
        expect(packet.bytes.slice(MARGIN + bytes.length).every((byte) => byte === poison)).toBe(true);
        return bytesOf(packet);
      });
      for (const result of results) expect(result).toEqual(results[0]);
    }), { numRuns: 2000 });
  });

  it('never give offsets outside the packet, nor an L4 view for a later fragment', () => {
    fc.assert(fc.property(anyBytes, anyLink, (bytes, linkType) => {
      const packet = place(bytes, { linkType });
      expect(Math.max(packet.l3Offset, packet.l4Offset, packet.payloadOffset + packet.payloadLength)).toBeLessThanOrEqual(bytes.length);
      if (packet.isLaterFragment) expect([packet.tcp(), packet.udp(), packet.icmp(), packet.icmpv6()]).toEqual([null, null, null, null]);
    }), { numRuns: 2000 });
  });

  it('give the same result when they are parsed again', () => {
    fc.assert(fc.property(anyBytes, anyLink, (bytes, linkType) => {
      const packet = place(bytes, { linkType });
      const once = everything(packet);
      packet.reparse();
      expect(everything(packet)).toEqual(once);
    }));
  });
});
