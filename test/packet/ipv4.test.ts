import { describe, expect, it } from 'vitest';
import { bytesOf, place } from '../support/bench-slot.js';
import { ip4, plainChecksum, tcp4, udp4, u16 } from '../support/packets.js';

const fields = { source: '10.0.0.1', destination: '192.0.2.7' };
const ports = { ...fields, sourcePort: 5000, destinationPort: 53 };
const L3 = 14;

/** The packet with its total length field replaced and the header checksum left as it was. */
function lying(bytes: Uint8Array, totalLength: number): number[] {
  return [...bytes].toSpliced(L3 + 2, 2, ...u16(totalLength));
}

describe('IPv4', () => {
  it('is taken apart', () => {
    const packet = place([
      2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
      0x45, 0xb9, 0x00, 0x1c, 0xab, 0xcd, 0x40, 0x00, 0x3f, 0x11, 0xc3, 0x42, 10, 0, 0, 1, 192, 0, 2, 7,
      0x13, 0x88, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00,
    ]);
    const ip = packet.ipv4()!;
    expect([ip.headerLength, ip.dscp, ip.ecn, ip.totalLength, ip.payloadLength]).toEqual([20, 46, 1, 28, 8]);
    expect([ip.identification, ip.dontFragment, ip.moreFragments, ip.fragmentOffset]).toEqual([0xabcd, true, false, 0]);
    expect([ip.ttl, ip.protocol, ip.headerChecksum, ip.source, ip.destination]).toEqual([63, 17, 0xc342, 0x0a000001, 0xc0000207]);
    expect(plainChecksum(bytesOf(packet).slice(14, 34).toSpliced(10, 2, 0, 0))).toBe(ip.headerChecksum);
    expect([packet.isMalformed, packet.isFragment, packet.ipv6()]).toEqual([false, false, null]);
  });

  it('rewrites TTL and DSCP and mends the checksum', () => {
    const packet = place(udp4({ ...ports, ttl: 64, dscp: 0, ecn: 3 }));
    packet.ipv4()!.rewriteTtl(63);
    packet.ipv4()!.rewriteDscp(46);
    expect(bytesOf(packet)).toEqual([...udp4({ ...ports, ttl: 63, dscp: 46, ecn: 3 })]);
  });

  it('reads L4 after options', () => {
    const packet = place(tcp4({ ...ports, options: [0x94, 4, 0, 0, 1, 1, 1], payload: 'abc' }));
    expect([packet.ipv4()!.headerLength, packet.l4Offset, packet.tcp()!.destinationPort, packet.payloadLength]).toEqual([28, L3 + 28, 53, 3]);
    packet.ipv4()!.rewriteSource(0xcb007101);
    expect(bytesOf(packet)).toEqual([...tcp4({ ...ports, source: '203.0.113.1', options: [0x94, 4, 0, 0, 1, 1, 1], payload: 'abc' })]);
  });

  it('leaves the L4 checksum alone when a source route makes the destination a mere next hop', () => {
    const underWay = [1, 131, 7, 4, 198, 51, 100, 9];
    const packet = place(tcp4({ ...ports, options: underWay }));
    const before = packet.tcp()!.checksum;
    packet.ipv4()!.rewriteDestination(0xc6336401);
    expect(packet.tcp()!.checksum).toBe(before);
    const arrived = place(tcp4({ ...ports, options: underWay.with(3, 8) }));
    arrived.ipv4()!.rewriteDestination(0xc6336401);
    expect(bytesOf(arrived)).toEqual([...tcp4({ ...ports, destination: '198.51.100.1', options: underWay.with(3, 8) })]);
  });

  it('does not take padding of the link layer for payload', () => {
    const packet = place(udp4({ ...ports, payload: 'hi', padding: 16 }));
    expect([packet.length, packet.isMalformed, packet.payloadLength]).toEqual([60, false, 2]);
    expect(place(tcp4({ ...ports, padding: 6 })).payloadLength).toBe(0);
  });

  it('with total length 0, as segmentation offload leaves it, is as long as the packet', () => {
    const packet = place(lying(tcp4({ ...ports, payload: 'abcdef' }), 0));
    expect([packet.isMalformed, packet.ipv4()!.totalLength, packet.ipv4()!.payloadLength, packet.payloadLength]).toEqual([false, 0, 26, 6]);
  });

  it('that claims more than there is, is malformed', () => {
    const bytes = udp4({ ...ports, payload: 'hi' });
    const packet = place(lying(bytes, 31));
    expect([packet.isMalformed, packet.l3, packet.ipv4(), packet.udp(), packet.payloadLength]).toEqual([true, 4, null, null, 0]);
    expect(place(lying(bytes, 65535)).isMalformed).toBe(true);
  });

  it('that a capture cut is not malformed while its headers are there', () => {
    const bytes = tcp4({ ...ports, tcpOptions: [1, 1, 1, 1], payload: 'abcdef' });
    const packet = place(bytes.slice(0, L3 + 20 + 24 + 2), { originalLength: bytes.length });
    expect([packet.isMalformed, packet.tcp()!.destinationPort, packet.payloadLength]).toEqual([false, 53, 2]);
    const cutInOptions = place(bytes.slice(0, L3 + 20 + 22), { originalLength: bytes.length });
    expect([cutInOptions.isMalformed, cutInOptions.tcp()!.headerLength, cutInOptions.payloadLength]).toEqual([false, 24, 0]);
    const cutInHeader = place(bytes.slice(0, L3 + 20 + 19), { originalLength: bytes.length });
    expect([cutInHeader.isMalformed, cutInHeader.ipv4()!.source, cutInHeader.tcp()]).toEqual([true, 0x0a000001, null]);
  });

  it.each([
    ['another version', (bytes: number[]) => bytes.with(L3, 0x65)],
    ['a header length below 20', (bytes: number[]) => bytes.with(L3, 0x44)],
    ['a header length beyond the packet', (bytes: number[]) => bytes.with(L3, 0x4f)],
    ['a total length below the header', (bytes: number[]) => bytes.toSpliced(L3 + 2, 2, 0, 19)],
    ['19 bytes', (bytes: number[]) => bytes.slice(0, L3 + 19)],
    ['no bytes', (bytes: number[]) => bytes.slice(0, L3)],
  ])('with %s is malformed', (_name, spoil) => {
    const packet = place(spoil([...udp4(ports)]));
    expect([packet.isMalformed, packet.l3, packet.l3Offset, packet.l4Offset, packet.payloadOffset]).toEqual([true, 4, L3, 0, 0]);
    expect([packet.ipv4(), packet.udp()]).toEqual([null, null]);
  });

  it('with another upper layer has its payload after the header', () => {
    const packet = place(ip4(fields, 132, [1, 2, 3]));
    expect([packet.l4, packet.l4Offset, packet.payloadOffset, packet.payloadLength, packet.isMalformed]).toEqual([132, 0, L3 + 20, 3, false]);
    packet.ipv4()!.rewriteSource(0x0a000002);
    expect(bytesOf(packet)).toEqual([...ip4({ ...fields, source: '10.0.0.2' }, 132, [1, 2, 3])]);
  });
});

describe('IPv4 fragments', () => {
  const datagram = [...udp4({ ...ports, payload: '0123456789abcdef', ethernet: false })].slice(20);

  it('the first one carries the ports, though the datagram is longer than it', () => {
    const packet = place(ip4({ ...fields, moreFragments: true, identification: 7 }, 17, datagram.slice(0, 16)));
    expect([packet.isMalformed, packet.isFragment, packet.isLaterFragment]).toEqual([false, true, false]);
    expect([packet.udp()!.sourcePort, packet.udp()!.udpLength, packet.payloadLength]).toEqual([5000, 24, 8]);
  });

  it('the first one mends the checksum of the whole datagram', () => {
    const packet = place(ip4({ ...fields, moreFragments: true }, 17, datagram.slice(0, 16)));
    packet.ipv4()!.rewriteSource(0xcb007101);
    packet.udp()!.rewriteSourcePort(1024);
    const whole = udp4({ ...ports, source: '203.0.113.1', sourcePort: 1024, payload: '0123456789abcdef' });
    expect(packet.udp()!.checksum).toBe(whole[L3 + 26] * 256 + whole[L3 + 27]);
  });

  it.each([6, 17, 1])('later ones have no L4 header, whatever their bytes look like (protocol %i)', (protocol) => {
    const packet = place(ip4({ ...fields, fragmentOffset: 24, moreFragments: true }, protocol, new Array<number>(40).fill(0x50)));
    expect([packet.isMalformed, packet.isFragment, packet.isLaterFragment, packet.l4, packet.l4Offset]).toEqual([false, true, true, protocol, 0]);
    expect([packet.tcp(), packet.udp(), packet.icmp(), packet.payloadLength]).toEqual([null, null, null, 40]);
    expect([packet.ipv4()!.fragmentOffset, packet.ipv4()!.moreFragments]).toEqual([24, true]);
  });

  it('later ones keep their data when an address is rewritten', () => {
    const packet = place(ip4({ ...fields, fragmentOffset: 8 }, 17, datagram.slice(8)));
    packet.ipv4()!.rewriteDestination(0x0a000009);
    expect(bytesOf(packet)).toEqual([...ip4({ ...fields, destination: '10.0.0.9', fragmentOffset: 8 }, 17, datagram.slice(8))]);
  });

  it('a first one too short for the L4 header is malformed (RFC 1858)', () => {
    const packet = place(ip4({ ...fields, moreFragments: true }, 6, new Array<number>(8).fill(1)));
    expect([packet.isMalformed, packet.tcp(), packet.ipv4() === null]).toEqual([true, null, false]);
  });
});
