import { describe, expect, it } from 'vitest';
import { bytesOf, place } from '../support/bench-slot.js';
import { icmpEcho4, icmpEcho6, icmpError4, ip4, ip6 } from '../support/packets.js';

const four = { source: '10.0.0.1', destination: '192.0.2.7' };
const six = { source: 'fd00::1', destination: '2001:db8::7' };

describe('ICMP', () => {
  it('is taken apart', () => {
    const packet = place([
      2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
      0x45, 0, 0, 0x1e, 0, 0, 0, 0, 0x40, 0x01, 0xae, 0xd7, 10, 0, 0, 1, 192, 0, 2, 7,
      8, 0, 0x7d, 0x5d, 0x12, 0x34, 0x00, 0x05, 0x68, 0x69,
    ]);
    const icmp = packet.icmp()!;
    expect([icmp.type, icmp.code, icmp.checksum, icmp.identifier, icmp.sequenceNumber, icmp.isError]).toEqual([8, 0, 0x7d5d, 0x1234, 5, false]);
    expect([packet.payloadLength, packet.icmpv6(), icmp.quoted()]).toEqual([2, null, null]);
    expect(bytesOf(packet)).toEqual([...icmpEcho4({ ...four, identifier: 0x1234, sequenceNumber: 5, payload: 'hi' })]);
  });

  it('keeps a right checksum right, which covers no addresses in IPv4', () => {
    const packet = place(icmpEcho4({ ...four, identifier: 1, payload: 'odd' }));
    packet.icmp()!.rewriteIdentifier(0xfedc);
    packet.ipv4()!.rewriteSource(0xcb007101);
    expect(bytesOf(packet)).toEqual([...icmpEcho4({ ...four, source: '203.0.113.1', identifier: 0xfedc, payload: 'odd' })]);
  });

  it('for IPv6 keeps a right checksum right', () => {
    const packet = place(icmpEcho6({ ...six, identifier: 1, request: false, payload: 'odd' }));
    expect([packet.icmp(), packet.icmpv6()!.type, packet.icmpv6()!.isError]).toEqual([null, 129, false]);
    packet.icmpv6()!.rewriteIdentifier(0xfedc);
    expect(bytesOf(packet)).toEqual([...icmpEcho6({ ...six, identifier: 0xfedc, request: false, payload: 'odd' })]);
  });

  it('says which messages are errors', () => {
    const types = [...new Array<number>(256).keys()];
    const errors4 = types.filter((type) => place(icmpError4(four, type, 0, [])).icmp()!.isError);
    const errors6 = types.filter((type) => place(ip6(six, 58, [type, 0, 0, 0, 0, 0, 0, 0])).icmpv6()!.isError);
    expect(errors4).toEqual([3, 4, 5, 11, 12]);
    expect(errors6).toEqual(types.slice(0, 128));
  });

  it('of seven bytes is malformed', () => {
    expect(place(ip4(four, 1, [8, 0, 0, 0, 0, 0, 0])).isMalformed).toBe(true);
    expect(place(ip6(six, 58, [128, 0, 0, 0, 0, 0, 0])).isMalformed).toBe(true);
  });

  it('of the other family is not looked into', () => {
    const stray = [place(ip4(four, 58, new Array<number>(8).fill(0))), place(ip6(six, 1, new Array<number>(8).fill(0)))];
    for (const packet of stray) expect([packet.isMalformed, packet.icmp(), packet.icmpv6(), packet.l4Offset]).toEqual([false, null, null, 0]);
  });
});
