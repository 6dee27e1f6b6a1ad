import { describe, expect, it } from 'vitest';
import { bytesOf, place } from '../support/bench-slot.js';
import { icmpEcho4, icmpEcho6, icmpError4, icmpError6, ip4, ip6, tcp4, tcp6, udp4, udp6 } from '../support/packets.js';

const outer = { source: '198.51.100.1', destination: '10.0.0.1' };
const outer6 = { source: '2001:db8:ffff::1', destination: 'fd00::1' };
const inner = { source: '203.0.113.1', sourcePort: 1024, destination: '192.0.2.7', destinationPort: 443, payload: 'hello', ethernet: false };
const inner6 = { ...inner, source: '2001:db8::1', destination: '2001:db8::7' };
const translated = { ...inner, source: '10.0.0.1', sourcePort: 50000 };
const translated6 = { ...inner6, source: 'fd00::1', sourcePort: 50000 };

const quote = (bytes: Uint8Array) => place(icmpError4(outer, 3, 3, bytes));
const quote6 = (bytes: Uint8Array) => place(icmpError6(outer6, 1, 4, bytes));

describe('the packet quoted by an ICMP error', () => {
  it('is taken apart', () => {
    const quoted = quote(tcp4(inner)).icmp()!.quoted()!;
    expect([quoted.version, quoted.protocol, quoted.source, quoted.destination]).toEqual([4, 6, 0xcb007101, 0xc0000207]);
    expect([quoted.hasPorts, quoted.sourcePort, quoted.destinationPort, quoted.hasIdentifier, quoted.identifier]).toEqual([true, 1024, 443, false, -1]);
  });

  it('is taken apart for IPv6', () => {
    const quoted = quote6(udp6(inner6)).icmpv6()!.quoted()!;
    expect([quoted.version, quoted.protocol, quoted.hasPorts, quoted.sourcePort, quoted.destinationPort]).toEqual([6, 17, true, 1024, 443]);
    expect([0, 1, 2, 3].map((k) => quoted.sourceWord(k))).toEqual([0x20010db8, 0, 0, 1]);
    expect([0, 1, 2, 3].map((k) => quoted.destinationWord(k))).toEqual([0x20010db8, 0, 0, 7]);
  });

  it.each([['TCP', tcp4], ['UDP', udp4]])('is translated with all three checksums: %s quoted whole', (_name, build) => {
    const packet = quote(build(inner));
    const quoted = packet.icmp()!.quoted()!;
    quoted.rewriteSource(0x0a000001);
    quoted.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, build(translated))]);
  });

  it.each([['TCP', tcp6], ['UDP', udp6]])('is translated over IPv6: %s quoted whole', (_name, build) => {
    const packet = quote6(build(inner6));
    const quoted = packet.icmpv6()!.quoted()!;
    quoted.rewriteSource(Uint32Array.of(0xfd000000, 0, 0, 1));
    quoted.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError6(outer6, 1, 4, build(translated6))]);
  });

  it('is translated at its other end', () => {
    const packet = quote(udp4(inner));
    packet.icmp()!.quoted()!.rewriteDestination(0x0a000002);
    packet.icmp()!.quoted()!.rewriteDestinationPort(53);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, udp4({ ...inner, destination: '10.0.0.2', destinationPort: 53 }))]);
  });

  it('is translated when only 8 bytes of TCP were quoted: the checksum is beyond the quotation', () => {
    const packet = quote(tcp4(inner).slice(0, 28));
    const quoted = packet.icmp()!.quoted()!;
    expect([quoted.hasPorts, quoted.sourcePort]).toEqual([true, 1024]);
    quoted.rewriteSource(0x0a000001);
    quoted.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, tcp4(translated).slice(0, 28))]);
  });

  it('may have options in its header', () => {
    const options = [0x94, 4, 0, 0];
    const packet = quote(tcp4({ ...inner, options }));
    const quoted = packet.icmp()!.quoted()!;
    quoted.rewriteSource(0x0a000001);
    quoted.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, tcp4({ ...translated, options }))]);
  });

  it('may have extension headers', () => {
    const extensions = [{ protocol: 0, bytes: [0, 0, 1, 4, 0, 0, 0, 0] }];
    const packet = quote6(tcp6({ ...inner6, extensions }));
    packet.icmpv6()!.quoted()!.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError6(outer6, 1, 4, tcp6({ ...inner6, sourcePort: 50000, extensions }))]);
  });

  it('may be an echo', () => {
    const echo = { ...inner, identifier: 7 };
    const packet = quote(icmpEcho4(echo));
    const quoted = packet.icmp()!.quoted()!;
    expect([quoted.protocol, quoted.hasPorts, quoted.sourcePort, quoted.hasIdentifier, quoted.identifier]).toEqual([1, false, -1, true, 7]);
    quoted.rewriteSource(0x0a000001);
    quoted.rewriteIdentifier(4711);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, icmpEcho4({ ...echo, source: '10.0.0.1', identifier: 4711 }))]);
  });

  it('may be an ICMPv6 echo, whose checksum covers the addresses', () => {
    const packet = quote6(icmpEcho6({ ...inner6, identifier: 7 }));
    const quoted = packet.icmpv6()!.quoted()!;
    quoted.rewriteSource(Uint32Array.of(0xfd000000, 0, 0, 1));
    quoted.rewriteIdentifier(4711);
    expect(bytesOf(packet)).toEqual([...icmpError6(outer6, 1, 4, icmpEcho6({ ...inner6, source: 'fd00::1', identifier: 4711 }))]);
  });

  it('that is itself an error has no identifier', () => {
    const quoted = quote(icmpError4({ ...outer, ethernet: false }, 3, 3, udp4(inner))).icmp()!.quoted()!;
    expect([quoted.hasIdentifier, quoted.identifier]).toEqual([false, -1]);
  });

  it('keeps "no checksum" of UDP', () => {
    const packet = quote(udp4({ ...inner, udpChecksum: 0 }));
    packet.icmp()!.quoted()!.rewriteSourcePort(50000);
    expect(bytesOf(packet)).toEqual([...icmpError4(outer, 3, 3, udp4({ ...inner, sourcePort: 50000, udpChecksum: 0 }))]);
  });

  it('is left alone where it was not quoted: rewriters of absent fields do nothing', () => {
    const packet = quote(tcp4(inner).slice(0, 23));
    const before = bytesOf(packet);
    const quoted = packet.icmp()!.quoted()!;
    expect([quoted.hasPorts, quoted.sourcePort, quoted.destinationPort]).toEqual([false, -1, -1]);
    quoted.rewriteSourcePort(1);
    quoted.rewriteDestinationPort(1);
    quoted.rewriteIdentifier(1);
    quoted.rewriteSource(Uint32Array.of(1, 2, 3, 4));
    expect(bytesOf(packet)).toEqual(before);
  });

  it('that is a later fragment has no ports', () => {
    const quoted = quote(ip4({ ...outer, ethernet: false, fragmentOffset: 8 }, 6, new Array<number>(20).fill(1))).icmp()!.quoted()!;
    expect([quoted.protocol, quoted.hasPorts]).toEqual([6, false]);
    const fragment = { protocol: 44, bytes: [0, 0, 0, 8, 0, 0, 0, 1] };
    const quoted6 = quote6(ip6({ ...outer6, ethernet: false, extensions: [fragment] }, 6, new Array<number>(20).fill(1))).icmpv6()!.quoted()!;
    expect([quoted6.protocol, quoted6.hasPorts]).toEqual([6, false]);
  });

  it('does not reach into what pads it, or follows it (RFC 4884)', () => {
    const whole = ip4({ ...outer, ethernet: false }, 6, [4, 0]);
    expect(quote(Uint8Array.from([...whole, ...new Array<number>(106).fill(9)])).icmp()!.quoted()!.hasPorts).toBe(false);
    const padded = place(icmpError4({ ...outer, padding: 40 }, 11, 0, tcp4(inner).slice(0, 22)));
    expect(padded.icmp()!.quoted()!.hasPorts).toBe(false);
  });

  it('is null without a whole IP header', () => {
    expect(quote(tcp4(inner).slice(0, 19)).icmp()!.quoted()).toBeNull();
    expect(quote6(tcp6(inner6).slice(0, 39)).icmpv6()!.quoted()).toBeNull();
    expect(quote(Uint8Array.from(new Array<number>(40).fill(0))).icmp()!.quoted()).toBeNull();
  });

  it('is null in messages that quote nothing', () => {
    expect(place(icmpEcho4({ ...outer, payload: tcp4(inner) })).icmp()!.quoted()).toBeNull();
    expect(place(icmpEcho6({ ...outer6, payload: tcp6(inner6) })).icmpv6()!.quoted()).toBeNull();
  });
});
