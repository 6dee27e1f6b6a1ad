import { describe, expect, it } from 'vitest';
import { Layer3, LinkType } from '../../src/memory/slot-layout.js';
import { place } from '../support/bench-slot.js';
import { tcp4, udp4, udp6, u16 } from '../support/packets.js';

const four = [...udp4({ source: '10.0.0.1', sourcePort: 5000, destination: '192.0.2.7', destinationPort: 53, payload: 'hi', ethernet: false })];
const six = [...udp6({ source: 'fd00::1', sourcePort: 5000, destination: '2001:db8::7', destinationPort: 53, payload: 'hi', ethernet: false })];

describe('link types', () => {
  it.each([
    ['Ethernet', LinkType.ethernet, 14, [...new Array<number>(12).fill(2), 0x08, 0x00]],
    ['raw IP', LinkType.raw, 0, []],
    ['Linux cooked v1', LinkType.linuxSll, 16, [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00]],
    ['Linux cooked v2', LinkType.linuxSll2, 20, [0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0]],
    ['null, little-endian', LinkType.null, 4, [2, 0, 0, 0]],
    ['null, big-endian', LinkType.null, 4, [0, 0, 0, 2]],
  ])('%s carries IPv4', (_name, linkType, l3Offset, header) => {
    const packet = place([...header, ...four], { linkType });
    expect([packet.isMalformed, packet.l3, packet.l3Offset, packet.l4Offset, packet.payloadOffset]).toEqual([false, 4, l3Offset, l3Offset + 20, l3Offset + 28]);
    expect([packet.udp()!.destinationPort, packet.payloadLength, packet.vlanCount]).toEqual([53, 2, 0]);
    expect(packet.ethernet() !== null).toBe(linkType === LinkType.ethernet);
  });

  const families = [10, 24, 28, 30];
  it.each<[string, number, number, number[]]>([
    ['Ethernet', LinkType.ethernet, 14, [...new Array<number>(12).fill(2), 0x86, 0xdd]],
    ['raw IP', LinkType.raw, 0, []],
    ['Linux cooked v1', LinkType.linuxSll, 16, [...new Array<number>(14).fill(0), 0x86, 0xdd]],
    ['Linux cooked v2', LinkType.linuxSll2, 20, [0x86, 0xdd, ...new Array<number>(18).fill(0)]],
    ...families.map((family): [string, number, number, number[]] => [`null, family ${family}, little-endian`, LinkType.null, 4, [family, 0, 0, 0]]),
    ...families.map((family): [string, number, number, number[]] => [`null, family ${family}, big-endian`, LinkType.null, 4, [0, 0, 0, family]]),
  ])('%s carries IPv6', (_name, linkType, l3Offset, header) => {
    const packet = place([...header, ...six], { linkType });
    expect([packet.isMalformed, packet.l3, packet.l3Offset, packet.l4Offset, packet.payloadLength]).toEqual([false, 6, l3Offset, l3Offset + 40, 2]);
  });

  it.each([
    ['another family', LinkType.null, [0, 0, 0, 7, 1, 2, 3]],
    ['a family in neither byte order', LinkType.null, [0, 2, 0, 0, 1, 2, 3]],
    ['another EtherType', LinkType.ethernet, [...new Array<number>(12).fill(2), 0x88, 0xcc, 1, 2, 3]],
    ['an IEEE 802.3 length', LinkType.ethernet, [...new Array<number>(12).fill(2), 0, 3, 1, 2, 3]],
    ['an unsupported link type', LinkType.unsupported, [0x45, 0, 0]],
    ['a link type that nobody knows', 77, [0x45, 0, 0]],
  ])('%s is passed without L3', (_name, linkType, bytes) => {
    const packet = place(bytes, { linkType });
    expect([packet.isMalformed, packet.l3, packet.l4, packet.l4Offset]).toEqual([false, Layer3.other, 0, 0]);
    expect([packet.ipv4(), packet.ipv6(), packet.arp(), packet.tcp(), packet.udp(), packet.icmp(), packet.icmpv6()]).toEqual(new Array(7).fill(null));
  });

  it.each([
    ['Ethernet', LinkType.ethernet, 14], ['Linux cooked v1', LinkType.linuxSll, 16], ['Linux cooked v2', LinkType.linuxSll2, 20], ['null', LinkType.null, 4],
  ])('%s cut short is malformed at every length', (_name, linkType, bytes) => {
    for (let length = 0; length < bytes; length++) {
      const packet = place(new Array<number>(length).fill(8), { linkType, poison: 8 });
      expect([packet.isMalformed, packet.l3, packet.ethernet()]).toEqual([true, Layer3.other, null]);
    }
  });

  it('raw bytes that are neither IPv4 nor IPv6 are malformed', () => {
    expect(place([], { linkType: LinkType.raw }).isMalformed).toBe(true);
    expect(place([0x50, 1, 2], { linkType: LinkType.raw }).isMalformed).toBe(true);
  });

  it('rewrites Ethernet addresses', () => {
    const packet = place(tcp4({ source: '10.0.0.1', sourcePort: 1, destination: '10.0.0.2', destinationPort: 2, destinationMac: 0xfedcba987654, sourceMac: 0x021122334455 }));
    const ethernet = packet.ethernet()!;
    expect([ethernet.destination, ethernet.source, ethernet.etherType]).toEqual([0xfedcba987654, 0x021122334455, 0x0800]);
    ethernet.rewriteDestination(0xa1b2c3d4e5f6);
    ethernet.rewriteSource(0x000000000001);
    expect([...packet.bytes.slice(packet.start, packet.start + 14)]).toEqual([0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0, 0, 0, 0, 0, 1, 8, 0]);
  });
});

describe('VLAN tags', () => {
  const fields = { source: '10.0.0.1', sourcePort: 5000, destination: '192.0.2.7', destinationPort: 53 };

  it('802.1Q: one', () => {
    const packet = place(udp4({ ...fields, vlans: [{ id: 4095, priority: 5 }] }));
    const vlan = packet.vlan(0)!;
    expect([vlan.id, vlan.priority, vlan.dropEligible, vlan.etherType]).toEqual([4095, 5, false, 0x0800]);
    expect([packet.vlanCount, packet.l3Offset, packet.udp()!.destinationPort]).toEqual([1, 18, 53]);
    expect([packet.vlan(1), packet.vlan(-1)]).toEqual([null, null]);
  });

  it.each([0x8100, 0x88a8, 0x9100])('QinQ: two, the outer one of type 0x%x', (type) => {
    const packet = place(udp4({ ...fields, vlans: [{ id: 7, type }, 8] }));
    const [outer, inner] = [packet.vlan(0)!, packet.vlan(1)!];
    expect([outer.id, outer.etherType, inner.id, inner.etherType, packet.vlanCount, packet.l3Offset]).toEqual([7, 0x8100, 8, 0x0800, 2, 22]);
  });

  it('says that a frame may be dropped first', () => {
    expect(place([...new Array<number>(12).fill(2), 0x81, 0, 0x10, 7, 0x88, 0xcc, 0]).vlan(0)!.dropEligible).toBe(true);
  });

  it('stay behind cooked headers', () => {
    const packet = place([...new Array<number>(14).fill(0), 0x81, 0, 0, 9, 0x08, 0, ...four], { linkType: LinkType.linuxSll });
    expect([packet.vlan(0)!.id, packet.l3Offset, packet.udp()!.sourcePort]).toEqual([9, 20, 5000]);
    const second = place([0x81, 0, ...new Array<number>(18).fill(0), 0, 9, 0x08, 0, ...four], { linkType: LinkType.linuxSll2 });
    expect([second.vlan(0)!.id, second.l3Offset, second.udp()!.sourcePort]).toEqual([9, 24, 5000]);
  });

  it('are followed eight deep, not nine', () => {
    const eight = place(udp4({ ...fields, vlans: [1, 2, 3, 4, 5, 6, 7, 8] }));
    expect([eight.vlanCount, eight.l3, eight.vlan(7)!.id]).toEqual([8, Layer3.ipv4, 8]);
    const nine = place(udp4({ ...fields, vlans: [1, 2, 3, 4, 5, 6, 7, 8, 9] }));
    expect([nine.vlanCount, nine.l3, nine.isMalformed, nine.udp(), nine.vlan(8)]).toEqual([8, Layer3.other, false, null, null]);
  });

  it('cut short are malformed', () => {
    for (const length of [14, 15, 16, 17]) {
      const packet = place([...new Array<number>(12).fill(2), 0x81, 0, ...u16(7), 8].slice(0, length));
      expect([packet.isMalformed, packet.l3, packet.vlanCount]).toEqual([true, Layer3.other, 0]);
    }
  });
});
