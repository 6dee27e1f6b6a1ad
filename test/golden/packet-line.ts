/** A packet in one line, for people: addresses, protocol, what tells it apart, bytes. */
import { formatIpv4, formatIpv6 } from '../../src/packet/address.js';
import type { Packet } from '../../src/packet/packet.js';
import { place } from '../support/bench-slot.js';

const FLAGS = ['F', 'S', 'R', 'P', 'A', 'U'];

export interface Bytes {
  bytes: Uint8Array;
}

export function lineOf({ bytes }: Bytes): string {
  const packet = place(bytes);
  const [source, destination] = addressesOf(packet);
  return `${source} > ${destination} ${upperOf(packet)}${packet.isMalformed ? ' malformed' : ''} ${bytes.length} B`;
}

function addressesOf(packet: Packet): [string, string] {
  const ip4 = packet.ipv4();
  if (ip4 !== null) return [formatIpv4(ip4.source), formatIpv4(ip4.destination)];
  const ip6 = packet.ipv6();
  if (ip6 === null) return ['-', '-'];
  const text = (word: (k: number) => number): string => formatIpv6(word(0), word(1), word(2), word(3));
  return [text((k) => ip6.sourceWord(k)), text((k) => ip6.destinationWord(k))];
}

function upperOf(packet: Packet): string {
  const ip4 = packet.ipv4();
  const fragment = ip4 !== null && packet.isFragment ? ` fragment at ${ip4.fragmentOffset}` : packet.isFragment ? ' fragment' : '';
  const tcp = packet.tcp();
  if (tcp !== null) return `TCP ${tcp.sourcePort} > ${tcp.destinationPort} ${FLAGS.filter((_, bit) => (tcp.flags & (1 << bit)) !== 0).join('')}${fragment}`;
  const udp = packet.udp();
  if (udp !== null) return `UDP ${udp.sourcePort} > ${udp.destinationPort}${fragment}`;
  const icmp = packet.icmp() ?? packet.icmpv6();
  if (icmp === null) return `protocol ${packet.l4}${fragment}`;
  const quoted = icmp.quoted();
  if (quoted === null) return `ICMP ${icmp.type}/${icmp.code} id ${icmp.identifier}${fragment}`;
  const ends = quoted.version === 4 ? ` ${formatIpv4(quoted.source)}:${quoted.sourcePort} > ${formatIpv4(quoted.destination)}:${quoted.destinationPort}` : '';
  return `ICMP ${icmp.type}/${icmp.code} about${ends} protocol ${quoted.protocol}`;
}
