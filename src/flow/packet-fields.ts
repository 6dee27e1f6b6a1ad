/** Hot: no allocation. Fields of a packet that classifiers ask for, as numbers; -1 when the packet has no such field. */
import { Layer3 } from '../memory/slot-layout.js';
import type { Packet } from '../packet/packet.js';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ARP = 0x0806;

/** EtherType of the network layer, behind all VLAN tags. Known for IP and ARP on every link type. */
export function etherType(packet: Packet): number {
  const l3 = packet.l3;
  if (l3 === Layer3.ipv4) return IPV4;
  if (l3 === Layer3.ipv6) return IPV6;
  if (l3 === Layer3.arp) return ARP;
  if (packet.vlanCount > 0) return packet.vlan(packet.vlanCount - 1)?.etherType ?? -1;
  return packet.ethernet()?.etherType ?? -1;
}

/** Id of the outermost VLAN tag. */
export function vlanId(packet: Packet): number {
  if (packet.vlanCount === 0) return -1;
  return packet.vlan(0)?.id ?? -1;
}

/** 4, 6, or -1 for what is not IP. */
export function ipVersion(packet: Packet): number {
  const l3 = packet.l3;
  return l3 === Layer3.ipv4 || l3 === Layer3.ipv6 ? l3 : -1;
}

/** Protocol of the upper layer. A later fragment has one too: the network layer names it. */
export function ipProtocol(packet: Packet): number {
  return ipVersion(packet) === -1 ? -1 : packet.l4;
}

/** TCP or UDP port of the sender. */
export function sourcePort(packet: Packet): number {
  const tcp = packet.tcp();
  if (tcp !== null) return tcp.sourcePort;
  return packet.udp()?.sourcePort ?? -1;
}

/** TCP or UDP port of the receiver. */
export function destinationPort(packet: Packet): number {
  const tcp = packet.tcp();
  if (tcp !== null) return tcp.destinationPort;
  return packet.udp()?.destinationPort ?? -1;
}

/** Differentiated services code point of IPv4 or IPv6 (RFC 2474 section 3). */
export function dscp(packet: Packet): number {
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return ipv4.dscp;
  const ipv6 = packet.ipv6();
  return ipv6 === null ? -1 : ipv6.trafficClass >>> 2;
}
