/** The ends of a packet's flow as text, for alerts and errors. */
import { formatIpv4, formatIpv6 } from '../packet/address.js';
import type { Packet } from '../packet/packet.js';

/** `tcp 10.0.0.5:40000 -> 192.0.2.1:443`, or what little there is to say. IPv6 addresses stand in brackets. */
export function formatFlowEnds(packet: Packet): string {
  const tcp = packet.tcp();
  const l4 = tcp ?? packet.udp();
  const protocol = tcp !== null ? 'tcp' : l4 !== null ? 'udp' : packet.icmp() !== null ? 'icmp' : packet.icmpv6() !== null ? 'icmp6' : `proto ${packet.l4}`;
  const from = l4 === null ? '' : `:${l4.sourcePort}`;
  const to = l4 === null ? '' : `:${l4.destinationPort}`;
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return `${protocol} ${formatIpv4(ipv4.source)}${from} -> ${formatIpv4(ipv4.destination)}${to}`;
  const ipv6 = packet.ipv6();
  if (ipv6 === null) return packet.arp() === null ? 'not IP' : 'arp';
  const source = formatIpv6(ipv6.sourceWord(0), ipv6.sourceWord(1), ipv6.sourceWord(2), ipv6.sourceWord(3));
  const destination = formatIpv6(ipv6.destinationWord(0), ipv6.destinationWord(1), ipv6.destinationWord(2), ipv6.destinationWord(3));
  return `${protocol} [${source}]${from} -> [${destination}]${to}`;
}
