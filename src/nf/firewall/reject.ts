/**
 * Hot: no allocation, no throw. Rewrites a rejected packet in place into the answer to its sender: a RST (RFC 9293 section
 * 3.10.7.1) or an ICMP error (RFC 792, RFC 1812 section 4.3.2, RFC 4443 section 3.1) that quotes it.
 *
 * An ICMP error is made by prepending: the headroom takes a new IP and ICMP header and the link header, which moves
 * forward; the packet itself stays where it is and becomes the quotation.
 */
import { Layer3 } from '../../memory/slot-layout.js';
import { readU32, writeU16, writeU32 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { IPV4_SOURCE } from '../../packet/ipv4.js';
import { IPV6_SOURCE } from '../../packet/ipv6.js';
import { ICMP_CHECKSUM, TCP_CHECKSUM } from '../../packet/l4-checksum.js';
import { ipv4End, ipv6End, IPV6_BYTES } from '../../packet/packet-end.js';
import type { Packet, TcpView } from '../../packet/packet.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import { TCP_MIN_BYTES } from '../../packet/tcp.js';
import { answersTo, mayAnswer } from './answerable.js';
import type { Rejection } from './rule.js';
import { tcpPayloadBytes } from './tcp-payload.js';

const IPV4_BYTES = 20;
const ICMP_BYTES = 8;
/** Most bytes of an ICMP error: RFC 1812 section 4.3.2.3, and the smallest IPv6 MTU (RFC 4443 section 2.4 c). */
const MAX_IPV4_ERROR_BYTES = 576;
const MAX_IPV6_ERROR_BYTES = 1280;
const TTL = 64;
const DONT_FRAGMENT = 0x4000;
const UNREACHABLE = 3;
const UNREACHABLE_V6 = 1;
/** What the rejected packet's receiver would not have sent: internetwork control (RFC 1812 section 4.3.2.5). */
const PRECEDENCE = 0xc0;

type Unreachable = Exclude<Rejection, 'auto' | 'reset'>;
/** Codes of "destination unreachable": RFC 792 and RFC 1812 section 5.2.7.1; RFC 4443 section 3.1. */
const CODES: Readonly<Record<Unreachable, number>> = { 'net-unreachable': 0, 'host-unreachable': 1, 'port-unreachable': 3, 'admin-prohibited': 13 };
const CODES_V6: Readonly<Record<Unreachable, number>> = { 'net-unreachable': 0, 'host-unreachable': 3, 'port-unreachable': 4, 'admin-prohibited': 1 };

/** Whether this kind of answer to this packet would be a RST. */
export function isReset(packet: Packet, rejection: Rejection): boolean {
  return rejection === 'reset' || (rejection === 'auto' && packet.l4 === IpProtocol.tcp);
}

/** @returns whether there is an answer; when not, the packet is as it was, and is dropped in silence. */
export function rejectWithReset(packet: Packet): boolean {
  const tcp = packet.tcp();
  if (tcp === null || packet.isFragment || (tcp.flags & TcpFlag.rst) !== 0 || !mayAnswer(packet)) return false;
  answersTo(packet);
  const isAcknowledged = (tcp.flags & TcpFlag.ack) !== 0;
  const sequence = isAcknowledged ? tcp.acknowledgementNumber : 0;
  const acknowledged = isAcknowledged ? 0 : tcp.sequenceNumber + segmentBytes(packet, tcp);
  const { bytes } = packet;
  const ip = packet.start + packet.l3Offset;
  const at = ip + (packet.l3 === Layer3.ipv4 ? IPV4_BYTES : IPV6_BYTES);
  const { sourcePort, destinationPort } = tcp;
  writeIpHeader(packet, ip, IpProtocol.tcp, TCP_MIN_BYTES, false);
  writeU16(bytes, at, destinationPort);
  writeU16(bytes, at + 2, sourcePort);
  writeU32(bytes, at + 4, sequence);
  writeU32(bytes, at + 8, acknowledged);
  writeU16(bytes, at + 12, (5 << 12) | TcpFlag.rst | (isAcknowledged ? 0 : TcpFlag.ack));
  writeU32(bytes, at + 14, 0);
  writeU16(bytes, at + 18, 0);
  writeU16(bytes, at + TCP_CHECKSUM, checksum(bytes, at, TCP_MIN_BYTES, pseudoSum(packet, ip, IpProtocol.tcp, TCP_MIN_BYTES)));
  packet.resize(at + TCP_MIN_BYTES - packet.start);
  return true;
}

/** @returns whether there is an answer; when not, the packet is as it was, and is dropped in silence. */
export function rejectWithError(packet: Packet, rejection: Rejection): boolean {
  if (!mayAnswer(packet)) return false;
  const code = rejection === 'auto' || rejection === 'reset' ? 'admin-prohibited' : rejection;
  const isIpv4 = packet.l3 === Layer3.ipv4;
  const added = (isIpv4 ? IPV4_BYTES : IPV6_BYTES) + ICMP_BYTES;
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
  bytes[at + 1] = isIpv4 ? CODES[code] : CODES_V6[code];
  writeU16(bytes, at + ICMP_CHECKSUM, 0);
  writeU32(bytes, at + 4, 0);
  writeU16(bytes, at + ICMP_CHECKSUM, checksum(bytes, at, length, isIpv4 ? 0 : pseudoSum(packet, ip, protocol, length)));
  packet.resize(linkBytes + added + quoted);
  return true;
}

function segmentBytes(packet: Packet, tcp: TcpView): number {
  const flags = tcp.flags;
  return tcpPayloadBytes(packet, tcp) + ((flags & TcpFlag.syn) !== 0 ? 1 : 0) + ((flags & TcpFlag.fin) !== 0 ? 1 : 0);
}

/** Of an IPv4 or IPv6 header, source and destination as they are. */
function copyAddresses(bytes: Uint8Array, from: number, to: number, isIpv4: boolean): void {
  const first = isIpv4 ? IPV4_SOURCE : IPV6_SOURCE;
  const length = isIpv4 ? 8 : 32;
  for (let k = 0; k < length; k += 4) writeU32(bytes, to + first + k, readU32(bytes, from + first + k));
}

/** A plain header at `ip` in place of what is there, but for its addresses, which change places. */
function writeIpHeader(packet: Packet, ip: number, protocol: number, length: number, isError: boolean): void {
  const { bytes } = packet;
  if (packet.l3 === Layer3.ipv4) {
    const source = readU32(bytes, ip + IPV4_SOURCE);
    writeU32(bytes, ip + IPV4_SOURCE, readU32(bytes, ip + IPV4_SOURCE + 4));
    writeU32(bytes, ip + IPV4_SOURCE + 4, source);
    writeU16(bytes, ip, 0x4500 | (isError ? PRECEDENCE : 0));
    writeU16(bytes, ip + 2, IPV4_BYTES + length);
    writeU16(bytes, ip + 4, 0);
    writeU16(bytes, ip + 6, DONT_FRAGMENT);
    writeU16(bytes, ip + 8, (TTL << 8) | protocol);
    writeU16(bytes, ip + 10, 0);
    writeU16(bytes, ip + 10, checksum(bytes, ip, IPV4_BYTES));
    return;
  }
  for (let k = 0; k < 16; k += 4) {
    const word = readU32(bytes, ip + IPV6_SOURCE + k);
    writeU32(bytes, ip + IPV6_SOURCE + k, readU32(bytes, ip + IPV6_SOURCE + 16 + k));
    writeU32(bytes, ip + IPV6_SOURCE + 16 + k, word);
  }
  writeU32(bytes, ip, 0x60000000);
  writeU16(bytes, ip + 4, length);
  writeU16(bytes, ip + 6, (protocol << 8) | TTL);
}

function pseudoSum(packet: Packet, ip: number, protocol: number, length: number): number {
  const isIpv4 = packet.l3 === Layer3.ipv4;
  return pseudoHeaderSum(packet.bytes, ip + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE), isIpv4 ? 8 : 32, protocol, length);
}
