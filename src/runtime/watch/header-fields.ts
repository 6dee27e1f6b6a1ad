/** The header fields of a packet as names and texts, so that two states of it can be compared. Main thread. */
import { HEADER_BYTES, HeaderOffset, ParseFlag } from '../../memory/slot-layout.js';
import { SlotHeaders } from '../../memory/slot-headers.js';
import { formatIpv4, formatIpv6, formatMac } from '../../packet/address.js';
import { Packet } from '../../packet/packet.js';
import { parsePacket } from '../../packet/parse.js';
import { TcpFlag } from '../../packet/protocols.js';
import type { QuotedView } from '../../packet/quoted.js';
import type { WatchedPacket } from '../../watch/record.js';

const headers = new SlotHeaders(new ArrayBuffer(HEADER_BYTES), 0, 1);
const packet = new Packet(headers);

/** A record's packet as network functions would see it. One object: the next call moves it. */
export function packetOf({ bytes, linkType, originalLength, packetLength }: WatchedPacket): Packet {
  headers.u8.fill(0);
  headers.u32[HeaderOffset.length >> 2] = bytes.length;
  headers.u32[HeaderOffset.originalLength >> 2] = Math.max(originalLength, packetLength);
  headers.u8[HeaderOffset.linkType] = linkType;
  parsePacket(bytes, 0, bytes.length, headers, 0);
  // That the copy was cut says nothing about the packet.
  if (originalLength <= packetLength) headers.u8[HeaderOffset.parseFlags] &= ~ParseFlag.snapped;
  packet.moveTo(bytes, 0, 0);
  return packet;
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
const FLAG_NAMES: readonly (readonly [string, number])[] = Object.entries(TcpFlag);

/** `SYN, ACK`. */
export function flagText(flags: number): string {
  const names = FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name.toUpperCase());
  return names.length === 0 ? 'none' : names.join(', ');
}

/** In the order of the packet. */
export function headerFields(record: WatchedPacket): Map<string, string> {
  const fields = new Map<string, string>();
  const seen = packetOf(record);
  const note = (prefix: string, values: Readonly<Record<string, string | number>>): void => {
    for (const [name, value] of Object.entries(values)) fields.set(`${prefix} ${name}`, String(value));
  };
  note('packet', { length: record.packetLength });
  const ethernet = seen.ethernet();
  if (ethernet !== null) note('ethernet', { destination: formatMac(ethernet.destination), source: formatMac(ethernet.source), type: hex(ethernet.etherType, 4) });
  for (let depth = 0; depth < seen.vlanCount; depth++) note(`vlan ${depth + 1}`, { id: seen.vlan(depth)!.id, priority: seen.vlan(depth)!.priority });
  const ipv4 = seen.ipv4();
  if (ipv4 !== null) {
    note('ip', {
      source: formatIpv4(ipv4.source), destination: formatIpv4(ipv4.destination), protocol: ipv4.protocol, ttl: ipv4.ttl, dscp: ipv4.dscp, ecn: ipv4.ecn,
      id: hex(ipv4.identification, 4), length: ipv4.totalLength, fragment: `${ipv4.fragmentOffset}${ipv4.moreFragments ? '+' : ''}${ipv4.dontFragment ? ' DF' : ''}`,
      checksum: hex(ipv4.headerChecksum, 4),
    });
  }
  const ipv6 = seen.ipv6();
  if (ipv6 !== null) {
    note('ip6', {
      source: words6((k) => ipv6.sourceWord(k)), destination: words6((k) => ipv6.destinationWord(k)), next: ipv6.nextHeader, 'hop limit': ipv6.hopLimit,
      class: ipv6.trafficClass, label: hex(ipv6.flowLabel, 5), length: ipv6.payloadLength,
    });
  }
  const arp = seen.arp();
  if (arp !== null) note('arp', { operation: arp.operation, sender: formatIpv4(arp.senderAddress), target: formatIpv4(arp.targetAddress) });
  const tcp = seen.tcp();
  if (tcp !== null) {
    note('tcp', {
      'source port': tcp.sourcePort, 'destination port': tcp.destinationPort, sequence: tcp.sequenceNumber, acknowledgement: tcp.acknowledgementNumber,
      flags: flagText(tcp.flags), window: tcp.window, 'header length': tcp.headerLength, checksum: hex(tcp.checksum, 4),
    });
  }
  const udp = seen.udp();
  if (udp !== null) note('udp', { 'source port': udp.sourcePort, 'destination port': udp.destinationPort, length: udp.udpLength, checksum: hex(udp.checksum, 4) });
  const icmp = seen.icmp() ?? seen.icmpv6();
  if (icmp !== null) {
    note('icmp', { type: icmp.type, code: icmp.code, ...(icmp.isError ? {} : { id: icmp.identifier, sequence: icmp.sequenceNumber }), checksum: hex(icmp.checksum, 4) });
    const quoted = icmp.quoted();
    if (quoted !== null) note('quoted', quotedEnds(quoted));
  }
  const from = seen.payloadOffset;
  // The packet that an error quotes was looked at above.
  if (from > 0 && from < record.bytes.length && icmp?.isError !== true) fields.set('payload', Buffer.from(record.bytes.subarray(from)).toString('latin1'));
  return fields;
}

function quotedEnds(quoted: QuotedView): Record<string, string | number> {
  const isV4 = quoted.version === 4;
  const ends = {
    source: isV4 ? formatIpv4(quoted.source) : words6((k) => quoted.sourceWord(k)),
    destination: isV4 ? formatIpv4(quoted.destination) : words6((k) => quoted.destinationWord(k)),
  };
  if (quoted.hasPorts) return { ...ends, 'source port': quoted.sourcePort, 'destination port': quoted.destinationPort };
  return quoted.hasIdentifier ? { ...ends, id: quoted.identifier } : ends;
}

const words6 = (word: (k: number) => number): string => formatIpv6(word(0), word(1), word(2), word(3));

/** A field that two states of a packet do not share; empty where one of them has no such field. */
export interface FieldChange {
  field: string;
  from: string;
  to: string;
}

/** What has changed between two states of a packet. Of a payload only that it has. */
export function fieldChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(field) ?? '', after.get(field) ?? ''];
    if (from === to) continue;
    changes.push(field === 'payload' ? { field, from: '', to: 'changed' } : { field, from, to });
  }
  return changes;
}
