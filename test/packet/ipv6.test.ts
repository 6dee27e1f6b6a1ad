import { describe, expect, it } from 'vitest';
import { IpProtocol } from '../../src/packet/protocols.js';
import { bytesOf, place } from '../support/bench-slot.js';
import { icmpEcho6, ip6, tcp6, udp6, u16, type Ip6Fields } from '../support/packets.js';

const fields = { source: 'fd00::1', destination: '2001:db8::7' };
const ports = { ...fields, sourcePort: 5000, destinationPort: 53 };
const L3 = 14;
const pad = (bytes: number): number[] => new Array<number>(bytes).fill(0);
const hopByHop = { protocol: 0, bytes: [0, 0, 1, 4, 0, 0, 0, 0] };
const destinationOptions = { protocol: 60, bytes: [0, 1, 1, 12, ...pad(12)] };
const authentication = { protocol: 51, bytes: [0, 4, ...pad(22)] };
const routing = (segmentsLeft: number): { protocol: number; bytes: number[] } => ({ protocol: 43, bytes: [0, 2, 4, segmentsLeft, ...pad(20)] });
const fragment = (offset: number, more: boolean): { protocol: number; bytes: number[] } => ({ protocol: 44, bytes: [0, 0, ...u16(offset | (more ? 1 : 0)), 0, 0, 0, 9] });

describe('IPv6', () => {
  it('is taken apart', () => {
    const packet = place([
      2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd,
      0x6b, 0x91, 0x23, 0x45, 0x00, 0x08, 0x11, 0x3f, 0xfd, ...pad(14), 1, 0x20, 0x01, 0x0d, 0xb8, ...pad(11), 7,
      0x13, 0x88, 0x00, 0x35, 0x00, 0x08, 0xff, 0xff,
    ]);
    const ip = packet.ipv6()!;
    expect([ip.trafficClass, ip.flowLabel, ip.payloadLength, ip.nextHeader, ip.upperProtocol, ip.hopLimit]).toEqual([0xb9, 0x12345, 8, 17, 17, 63]);
    expect([0, 1, 2, 3].map((k) => ip.sourceWord(k))).toEqual([0xfd000000, 0, 0, 1]);
    expect([0, 1, 2, 3].map((k) => ip.destinationWord(k))).toEqual([0x20010db8, 0, 0, 7]);
    expect([packet.isMalformed, packet.udp()!.destinationPort, packet.ipv4()]).toEqual([false, 53, null]);
  });

  it.each([['TCP', tcp6], ['UDP', udp6]])('mends the checksum of %s when addresses are rewritten', (_name, build) => {
    const packet = place(build({ ...ports, payload: 'hello' }));
    packet.ipv6()!.rewriteSource(Uint32Array.of(0x20010db8, 0xffff0000, 0x12345678, 0xffffffff));
    packet.ipv6()!.rewriteDestination(Uint32Array.of(0xfd000000, 0, 0, 2));
    packet.ipv6()!.rewriteHopLimit(63);
    expect(bytesOf(packet)).toEqual([...build({ ...ports, source: '2001:db8:ffff:0:1234:5678:ffff:ffff', destination: 'fd00::2', ttl: 63, payload: 'hello' })]);
  });

  it('mends the checksum of ICMPv6 when an address is rewritten', () => {
    const packet = place(icmpEcho6({ ...fields, identifier: 9, payload: 'x' }));
    packet.ipv6()!.rewriteSource(Uint32Array.of(0x20010db8, 0, 0, 1));
    expect(bytesOf(packet)).toEqual([...icmpEcho6({ ...fields, source: '2001:db8::1', identifier: 9, payload: 'x' })]);
  });

  it.each<[string, NonNullable<Ip6Fields['extensions']>, number]>([
    ['hop-by-hop options', [hopByHop], 8],
    ['destination options', [destinationOptions], 16],
    ['a routing header', [routing(0)], 24],
    ['an authentication header', [authentication], 24],
    ['all of them', [hopByHop, destinationOptions, routing(0), authentication, destinationOptions], 88],
    ['a fragment header on a packet in one piece', [fragment(0, false)], 8],
  ])('reads L4 behind %s', (_name, extensions, bytes) => {
    const packet = place(tcp6({ ...ports, extensions, payload: 'abc' }));
    expect([packet.isMalformed, packet.isFragment, packet.l4, packet.l4Offset, packet.payloadLength]).toEqual([false, false, 6, L3 + 40 + bytes, 3]);
    expect([packet.tcp()!.destinationPort, packet.ipv6()!.nextHeader, packet.ipv6()!.upperProtocol]).toEqual([53, extensions[0].protocol, 6]);
    packet.ipv6()!.rewriteDestination(Uint32Array.of(0xfd000000, 0, 0, 2));
    expect(bytesOf(packet)).toEqual([...tcp6({ ...ports, destination: 'fd00::2', extensions, payload: 'abc' })]);
  });

  it('leaves the L4 checksum alone when a routing header makes the destination a mere next hop', () => {
    const packet = place(tcp6({ ...ports, extensions: [hopByHop, routing(1)] }));
    const before = packet.tcp()!.checksum;
    packet.ipv6()!.rewriteDestination(Uint32Array.of(0xfd000000, 0, 0, 2));
    expect(packet.tcp()!.checksum).toBe(before);
  });

  it('ends at ESP, and at "no next header"', () => {
    const hidden = place(ip6({ ...fields, extensions: [hopByHop] }, IpProtocol.esp, pad(30)));
    expect([hidden.isMalformed, hidden.l4, hidden.l4Offset, hidden.payloadLength]).toEqual([false, 50, 0, 30]);
    const none = place(ip6({ ...fields, padding: 6 }, IpProtocol.noNextHeader, []));
    expect([none.isMalformed, none.l4, none.l4Offset, none.payloadLength]).toEqual([false, 59, 0, 0]);
  });

  it('is malformed with more than sixteen extension headers', () => {
    const chain = (count: number): Uint8Array => udp6({ ...ports, extensions: new Array(count).fill(destinationOptions) });
    expect(place(chain(16)).udp()!.destinationPort).toBe(53);
    const packet = place(chain(17));
    expect([packet.isMalformed, packet.udp(), packet.ipv6() === null]).toEqual([true, null, false]);
  });

  it('is malformed when an extension header ends beyond the packet', () => {
    for (const last of [hopByHop, destinationOptions, authentication, routing(0), fragment(0, true)]) {
      const packet = place(ip6({ ...fields, extensions: [{ ...last, bytes: last.bytes.slice(0, -1) }] }, 6, []));
      expect([packet.isMalformed, packet.l4, packet.l4Offset, packet.payloadOffset]).toEqual([true, last.protocol, 0, L3 + 40]);
    }
  });

  it('that claims more than there is, is malformed unless a capture cut it', () => {
    const bytes = udp6({ ...ports, payload: '0123456789' });
    const cut = bytes.slice(0, -4);
    expect([place(cut).isMalformed, place(cut).ipv6(), place(cut).udp()]).toEqual([true, null, null]);
    const snapped = place(cut, { originalLength: bytes.length });
    expect([snapped.isMalformed, snapped.udp()!.udpLength, snapped.payloadLength]).toEqual([false, 18, 6]);
  });

  it('with payload length 0, as segmentation offload leaves it, is as long as the packet', () => {
    const packet = place([...tcp6({ ...ports, payload: 'abcdef' })].toSpliced(L3 + 4, 2, 0, 0));
    expect([packet.isMalformed, packet.payloadLength]).toEqual([false, 6]);
  });

  it('cut short or of another version is malformed', () => {
    const bytes = [...udp6(ports)];
    for (let length = L3; length < L3 + 40; length++) expect([place(bytes.slice(0, length)).isMalformed, place(bytes.slice(0, length)).ipv6()]).toEqual([true, null]);
    expect(place(bytes.with(L3, 0x45)).isMalformed).toBe(true);
  });
});

describe('IPv6 fragments', () => {
  it('the first one carries the ports', () => {
    const packet = place(udp6({ ...ports, payload: '01234567', extensions: [hopByHop, fragment(0, true)] }));
    expect([packet.isFragment, packet.isLaterFragment, packet.udp()!.sourcePort, packet.payloadLength]).toEqual([true, false, 5000, 8]);
  });

  it('later ones have no L4 header', () => {
    const packet = place(ip6({ ...fields, extensions: [fragment(16, false)] }, 6, new Array<number>(40).fill(0x50)));
    expect([packet.isMalformed, packet.isFragment, packet.isLaterFragment, packet.l4, packet.l4Offset]).toEqual([false, true, true, 6, 0]);
    expect([packet.tcp(), packet.payloadOffset, packet.payloadLength]).toEqual([null, L3 + 48, 40]);
  });

  it('later ones that go on with an extension header are not followed', () => {
    const packet = place(ip6({ ...fields, extensions: [fragment(16, true)] }, IpProtocol.destinationOptions, [6, 200]));
    expect([packet.isMalformed, packet.isLaterFragment, packet.l4, packet.tcp()]).toEqual([false, true, 60, null]);
  });

  it('a first one that ends within the chain of headers is malformed (RFC 7112)', () => {
    expect(place(ip6({ ...fields, extensions: [fragment(0, true)] }, 6, pad(8))).isMalformed).toBe(true);
  });
});
