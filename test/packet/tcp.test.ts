import { describe, expect, it } from 'vitest';
import { TcpFlag } from '../../src/packet/protocols.js';
import { bytesOf, place } from '../support/bench-slot.js';
import { tcp4, tcp6 } from '../support/packets.js';

// A SYN with one option (MSS 1460), recorded byte by byte.
const SYN = [
  0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00,
  0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x5c, 0x90, 10, 0, 0, 1, 192, 0, 2, 7,
  0xc3, 0x50, 0x01, 0xbb, 0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0x60, 0x02, 0xfa, 0xf0, 0x08, 0x1c, 0, 0, 2, 4, 5, 0xb4,
];

describe('TCP', () => {
  it('is taken apart', () => {
    const packet = place(SYN);
    const tcp = packet.tcp()!;
    expect(packet.isMalformed).toBe(false);
    expect(packet.l4Offset).toBe(34);
    expect([tcp.sourcePort, tcp.destinationPort]).toEqual([50000, 443]);
    expect([tcp.sequenceNumber, tcp.acknowledgementNumber]).toEqual([0x01020304, 0]);
    expect([tcp.headerLength, tcp.flags, tcp.window, tcp.checksum, tcp.urgentPointer]).toEqual([24, TcpFlag.syn, 64240, 0x081c, 0]);
    expect([packet.payloadOffset, packet.payloadLength]).toEqual([58, 0]);
  });

  it('is put together alike by the builder', () => {
    const built = tcp4({
      source: '10.0.0.1', sourcePort: 50000, destination: '192.0.2.7', destinationPort: 443, flags: TcpFlag.syn, sequenceNumber: 0x01020304,
      window: 64240, tcpOptions: [2, 4, 5, 0xb4], identification: 0x1234, dontFragment: true,
    });
    expect([...built]).toEqual(SYN);
  });

  it('keeps a right checksum right when ports and addresses are rewritten', () => {
    const from = { source: '10.0.0.1', sourcePort: 50000, destination: '192.0.2.7', destinationPort: 443, payload: 'abc' };
    const packet = place(tcp4(from));
    packet.tcp()!.rewriteSourcePort(1024);
    packet.tcp()!.rewriteDestinationPort(8443);
    packet.ipv4()!.rewriteSource(0xcb007101);
    packet.ipv4()!.rewriteDestination(0xc6336402);
    expect(bytesOf(packet)).toEqual([...tcp4({ source: '203.0.113.1', sourcePort: 1024, destination: '198.51.100.2', destinationPort: 8443, payload: 'abc' })]);
  });

  it('keeps a right checksum right over IPv6', () => {
    const packet = place(tcp6({ source: 'fd00::1', sourcePort: 50000, destination: '2001:db8::7', destinationPort: 443, payload: 'abc' }));
    packet.tcp()!.rewriteSourcePort(1024);
    packet.ipv6()!.rewriteSource(Uint32Array.of(0x20010db8, 0, 0xffff0000, 9));
    expect(bytesOf(packet)).toEqual([...tcp6({ source: '2001:db8::ffff:0:0:9', sourcePort: 1024, destination: '2001:db8::7', destinationPort: 443, payload: 'abc' })]);
  });
});
