/**
 * Hot: no allocation, no throw. Rewrites a packet in place into the ICMP error "destination unreachable" about it (RFC 792,
 * RFC 1812 section 4.3.2, RFC 4443 section 3.1), for its sender.
 *
 * It is made by prepending: the headroom takes a new IP and ICMP header and the link header, which moves forward; the
 * packet itself stays where it is and becomes the quotation.
 */
import { Layer3 } from '../memory/slot-layout.js';
import { readU32, writeU16, writeU32 } from '../packet/bytes.js';
import { checksum } from '../packet/checksum.js';
import { IPV4_MIN_BYTES, IPV4_SOURCE } from '../packet/ipv4.js';
import { IPV6_SOURCE } from '../packet/ipv6.js';
import { ICMP_CHECKSUM } from '../packet/l4-checksum.js';
import { ipv4End, ipv6End, IPV6_BYTES } from '../packet/packet-end.js';
import type { Packet } from '../packet/packet.js';
import { IpProtocol } from '../packet/protocols.js';
import { pseudoSum, writeIpHeader } from './answer-header.js';
import { answersTo, mayAnswer } from './answerable.js';

const ICMP_BYTES = 8;
/** Most bytes of an ICMP error: RFC 1812 section 4.3.2.3, and the smallest IPv6 MTU (RFC 4443 section 2.4 c). */
const MAX_IPV4_ERROR_BYTES = 576;
const MAX_IPV6_ERROR_BYTES = 1280;
const UNREACHABLE = 3;
const UNREACHABLE_V6 = 1;

/** Codes of "destination unreachable": RFC 792 and RFC 1812 section 5.2.7.1; RFC 4443 section 3.1. */
const CODES = { 'net-unreachable': 0, 'host-unreachable': 1, 'port-unreachable': 3, 'admin-prohibited': 13 } as const;
export type Unreachable = keyof typeof CODES;
const CODES_V6: Readonly<Record<Unreachable, number>> = { 'net-unreachable': 0, 'host-unreachable': 3, 'port-unreachable': 4, 'admin-prohibited': 1 };

/** @returns whether there is an answer; when not, the packet is as it was, and is to be dropped in silence. */
export function answerUnreachable(packet: Packet, reason: Unreachable): boolean {
  if (!mayAnswer(packet)) return false;
  const isIpv4 = packet.l3 === Layer3.ipv4;
  const added = (isIpv4 ? IPV4_MIN_BYTES : IPV6_BYTES) + ICMP_BYTES;
  if (packet.headroom < added) return false;
  answersTo(packet);
  const linkBytes = packet.l3Offset;
  const quotedAt = packet.start + linkBytes;
  const present = packet.start + packet.length;
  const end = Math.min(present, isIpv4 ? ipv4End(packet.bytes, quotedAt, present) : ipv6End(packet.bytes, quotedAt, present));
  const quoted = Math.min(end - quotedAt, (isIpv4 ? MAX_IPV4_ERROR_BYTES : MAX_IPV6_ERROR_BYTES) - added);
  packet.prepend(added);
  const { bytes, start } = packet;
  for (let k = 0; k < linkBytes; k++) bytes[start + k] = bytes[start + added + k]!;
  const ip = start + linkBytes;
  const at = ip + added - ICMP_BYTES;
  const length = ICMP_BYTES + quoted;
  const protocol = isIpv4 ? IpProtocol.icmp : IpProtocol.icmpv6;
  copyAddresses(bytes, quotedAt, ip, isIpv4);
  writeIpHeader(packet, ip, protocol, length, true);
  bytes[at] = isIpv4 ? UNREACHABLE : UNREACHABLE_V6;
  bytes[at + 1] = isIpv4 ? CODES[reason] : CODES_V6[reason];
  writeU16(bytes, at + ICMP_CHECKSUM, 0);
  writeU32(bytes, at + 4, 0);
  writeU16(bytes, at + ICMP_CHECKSUM, checksum(bytes, at, length, isIpv4 ? 0 : pseudoSum(packet, ip, protocol, length)));
  packet.resize(linkBytes + added + quoted);
  return true;
}

/** Of an IPv4 or IPv6 header, source and destination as they are. */
function copyAddresses(bytes: Uint8Array, from: number, to: number, isIpv4: boolean): void {
  const first = isIpv4 ? IPV4_SOURCE : IPV6_SOURCE;
  const length = isIpv4 ? 8 : 32;
  for (let k = 0; k < length; k += 4) writeU32(bytes, to + first + k, readU32(bytes, from + first + k));
}
