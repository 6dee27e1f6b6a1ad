import { describe, expect, it } from 'vitest';
import { bytesOf, place } from '../support/bench-slot.js';
import { tcp4, udp4, udp6, u16 } from '../support/packets.js';

const ports = { source: '10.0.0.1', sourcePort: 5000, destination: '192.0.2.7', destinationPort: 53 };
const ports6 = { ...ports, source: 'fd00::1', destination: '2001:db8::7' };
const UDP = 34;

describe('UDP', () => {
  it('is taken apart', () => {
    const packet = place([
      2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
      0x45, 0, 0, 0x1e, 0, 0, 0, 0, 0x40, 0x11, 0xae, 0xc7, 10, 0, 0, 1, 192, 0, 2, 7,
      0x13, 0x88, 0x00, 0x35, 0x00, 0x0a, 0xb7, 0xab, 0x68, 0x69,
    ]);
    const udp = packet.udp()!;
    expect([udp.sourcePort, udp.destinationPort, udp.udpLength, udp.checksum]).toEqual([5000, 53, 10, 0xb7ab]);
    expect([packet.payloadOffset, packet.payloadLength, packet.tcp()]).toEqual([UDP + 8, 2, null]);
    expect(bytesOf(packet)).toEqual([...udp4({ ...ports, payload: 'hi' })]);
  });

  it('keeps a right checksum right', () => {
    const packet = place(udp4({ ...ports, payload: 'hi!' }));
    packet.udp()!.rewriteSourcePort(1024);
    packet.udp()!.rewriteDestinationPort(65535);
    packet.ipv4()!.rewriteSource(0xcb007101);
    expect(bytesOf(packet)).toEqual([...udp4({ ...ports, source: '203.0.113.1', sourcePort: 1024, destinationPort: 65535, payload: 'hi!' })]);
  });

  it('without a checksum stays without one', () => {
    const packet = place(udp4({ ...ports, udpChecksum: 0 }));
    packet.udp()!.rewriteSourcePort(1024);
    packet.ipv4()!.rewriteSource(0xcb007101);
    expect(bytesOf(packet)).toEqual([...udp4({ ...ports, source: '203.0.113.1', sourcePort: 1024, udpChecksum: 0 })]);
  });

  it('with a checksum that comes to 0 gets 0xffff', () => {
    const before = place(udp6({ ...ports6, payload: 'hi' })).udp()!;
    // Raising a port by the checksum lowers the checksum to 0.
    const port = (5000 + before.checksum) % 0xffff;
    const packet = place(udp6({ ...ports6, payload: 'hi' }));
    packet.udp()!.rewriteSourcePort(port);
    expect(packet.udp()!.checksum).toBe(0xffff);
    expect(bytesOf(packet)).toEqual([...udp6({ ...ports6, sourcePort: port, payload: 'hi' })]);
    packet.udp()!.rewriteSourcePort(5000);
    expect(packet.udp()!.checksum).toBe(before.checksum);
  });

  it.each([0, 7])('whose length is %i is malformed', (length) => {
    const packet = place([...udp4({ ...ports, payload: 'hi' })].toSpliced(UDP + 4, 2, ...u16(length)));
    expect([packet.isMalformed, packet.udp(), packet.l4, packet.l4Offset, packet.ipv4()!.source]).toEqual([true, null, 17, 0, 0x0a000001]);
  });

  it('whose length is beyond the IP packet is malformed, even when padding is there', () => {
    const packet = place([...udp4({ ...ports, payload: 'hi', padding: 16 })].toSpliced(UDP + 4, 2, ...u16(11)));
    expect([packet.isMalformed, packet.udp()]).toEqual([true, null]);
  });

  it('that is shorter than its IP packet has the shorter payload', () => {
    const packet = place([...udp4({ ...ports, payload: 'hello' })].toSpliced(UDP + 4, 2, ...u16(10)));
    expect([packet.isMalformed, packet.payloadLength]).toEqual([false, 2]);
  });

  it('that a capture cut is not malformed while its header is there', () => {
    const bytes = udp4({ ...ports, payload: 'hello' });
    const packet = place(bytes.slice(0, UDP + 9), { originalLength: bytes.length });
    expect([packet.isMalformed, packet.udp()!.udpLength, packet.payloadLength]).toEqual([false, 13, 1]);
    expect(place(bytes.slice(0, UDP + 7), { originalLength: bytes.length }).isMalformed).toBe(true);
  });
});

describe('malformed TCP', () => {
  it.each([0, 4])('with a data offset of %i words', (words) => {
    const packet = place([...tcp4({ ...ports, payload: 'hi' })].with(UDP + 12, words << 4));
    expect([packet.isMalformed, packet.tcp(), packet.l4, packet.l4Offset]).toEqual([true, null, 6, 0]);
  });

  it('with options beyond the packet, even when padding is there', () => {
    expect(place([...tcp4({ ...ports, padding: 6 })].with(UDP + 12, 6 << 4)).isMalformed).toBe(true);
    expect(place([...tcp4({ ...ports, payload: 'four' })].with(UDP + 12, 6 << 4)).tcp()!.headerLength).toBe(24);
  });
});
