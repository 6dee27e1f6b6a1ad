/**
 * Hot: no allocation, no throw. Which packets may be answered by an error: none that is an error itself, none that went to
 * many, none whose sender is not one host (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e).
 */
import { Layer3, LinkType } from '../memory/slot-layout.js';
import type { Packet } from '../packet/packet.js';
import { IpProtocol } from '../packet/protocols.js';

/** Of a hardware address, in its first byte: it is a group's. */
const GROUP_BIT = 1;
const REDIRECT_V6 = 137;

export function mayAnswer(packet: Packet): boolean {
  if (packet.isMalformed || packet.isLaterFragment) return false;
  if (packet.linkType === LinkType.ethernet && (packet.bytes[packet.start] & GROUP_BIT) !== 0) return false;
  const icmp = packet.l4 === IpProtocol.icmp ? packet.icmp() : packet.icmpv6();
  if (icmp !== null && (icmp.isError || (packet.l3 === Layer3.ipv6 && icmp.type === REDIRECT_V6))) return false;
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return isOneHost4(ipv4.source) && isOneHost4(ipv4.destination);
  const ipv6 = packet.ipv6();
  if (ipv6 === null) return false;
  const isUnspecified = ipv6.sourceWord(0) === 0 && ipv6.sourceWord(1) === 0 && ipv6.sourceWord(2) === 0 && ipv6.sourceWord(3) === 0;
  return !isUnspecified && ipv6.sourceWord(0) >>> 24 !== 0xff && ipv6.destinationWord(0) >>> 24 !== 0xff;
}

/** Neither of network 0 nor of the loopback, nor multicast, reserved or broadcast (RFC 1122 section 3.2.1.3). */
function isOneHost4(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** Gives the link header back to the sender: an Ethernet header's addresses change places. */
export function answersTo(packet: Packet): void {
  if (packet.linkType !== LinkType.ethernet) return;
  const { bytes, start } = packet;
  for (let k = start; k < start + 6; k++) {
    const byte = bytes[k];
    bytes[k] = bytes[k + 6]!;
    bytes[k + 6] = byte;
  }
}
