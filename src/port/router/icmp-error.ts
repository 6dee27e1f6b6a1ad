/**
 * Hot: no allocation. Turns a packet that a leg cannot send into the ICMP error about it (RFC 792, RFC 1191, RFC 4443), in its
 * own slot: the error goes back to the sender by the chain, which translates what it quotes.
 *
 *   | Ethernet | IP | ICMP | what is quoted: the packet, as much as may be |
 *              ^ new headers, in the headroom                             ^ cut to 576 or 1280 bytes in all
 */
import { HeaderOffset, Layer3, LinkType, ParseFlag } from '../../memory/slot-layout.js';
import type { SlotHeaders } from '../../memory/slot-headers.js';
import { readU32, writeU16, writeU32 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { IPV4_DESTINATION, IPV4_MIN_BYTES, IPV4_SOURCE } from '../../packet/ipv4.js';
import { IPV6_DESTINATION, IPV6_SOURCE } from '../../packet/ipv6.js';
import { ICMP_CHECKSUM } from '../../packet/l4-checksum.js';
import { IPV6_BYTES } from '../../packet/packet-end.js';
import { IpProtocol } from '../../packet/protocols.js';
import { swapHardwareAddresses } from './echo.js';
import { RESERVED_BYTES } from './headroom.js';
import type { AddressWords } from './leg.js';

/** Type and code in the upper two bytes for IPv4, in the lower two for IPv6. RFC 1812 section 5.2.7.1, RFC 4443 section 3. */
export const IcmpError = {
  noRoute: 0x0300_0100,
  hostUnreachable: 0x0301_0103,
  portUnreachable: 0x0303_0104,
  tooBig: 0x0304_0200,
  timeExceeded: 0x0b00_0300,
} as const;

/** Most bytes of an error: RFC 1812 section 4.3.2.3, and the smallest IPv6 MTU (RFC 4443 section 2.4 c). */
const MAX_IPV4_ERROR_BYTES = 576;
const MAX_IPV6_ERROR_BYTES = 1280;
const ICMP_BYTES = 8;
/** RFC 1812 section 4.3.2.5: internetwork control. */
const PRECEDENCE = 0xc0;
/** Of answers that go back by the chain: as others say it, and one more, which the leg takes off that it leaves by. */
export const ANSWER_TTL = 64 + 1;
const REDIRECT_V6 = 137;

/** Whether RFC 1812 section 4.3.2.7 and RFC 4443 section 2.4 e let an error be sent about the packet in this slot. */
export function mayAnswer(bytes: Uint8Array, headers: SlotHeaders, slot: number, start: number): boolean {
  const { u8, u16 } = headers;
  const at8 = slot << 6;
  if ((u8[at8 + HeaderOffset.parseFlags] & (ParseFlag.malformed | ParseFlag.laterFragment)) !== 0) return false;
  const ip = start + u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
  const l4Offset = u16[(slot << 5) + (HeaderOffset.l4Offset >> 1)];
  const l4 = u8[at8 + HeaderOffset.l4];
  const type = l4Offset === 0 ? -1 : bytes[start + l4Offset];
  if (u8[at8 + HeaderOffset.l3] === Layer3.ipv4) {
    if (l4 === IpProtocol.icmp && (type < 0 || (type >= 3 && type <= 5) || type === 11 || type === 12)) return false;
    return isOneHost4(bytes[ip + IPV4_SOURCE]) && isOneHost4(bytes[ip + IPV4_DESTINATION]);
  }
  if (l4 === IpProtocol.icmpv6 && (type < 128 || type === REDIRECT_V6)) return false;
  return isOneHost6(bytes, ip + IPV6_SOURCE) && bytes[ip + IPV6_DESTINATION] !== 0xff;
}

/** By the first byte of an address: neither of network 0, nor loopback, multicast, reserved or broadcast. */
function isOneHost4(first: number): boolean {
  return first !== 0 && first !== 127 && first < 224;
}

function isOneHost6(bytes: Uint8Array, at: number): boolean {
  return bytes[at] !== 0xff && (readU32(bytes, at) | readU32(bytes, at + 4) | readU32(bytes, at + 8) | readU32(bytes, at + 12)) !== 0;
}

/**
 * Rewrites the packet into the error. False when there is no room in front of it; then it is as it was.
 * @param error one of IcmpError.
 * @param value the MTU, or 0.
 * @param source of the error; of the packet's version.
 */
export function writeIcmpError(bytes: Uint8Array, headers: SlotHeaders, address: number, slot: number, error: number, value: number, source: AddressWords): boolean {
  const { u8, u16, u32 } = headers;
  const isIpv4 = u8[(slot << 6) + HeaderOffset.l3] === Layer3.ipv4;
  const ipBytes = isIpv4 ? IPV4_MIN_BYTES : IPV6_BYTES;
  const added = ipBytes + ICMP_BYTES;
  const dataOffset = u32[slot << 4];
  if (dataOffset < added + RESERVED_BYTES) return false;
  const linkBytes = u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
  const quotedAt = address + dataOffset + linkBytes;
  const quoted = Math.min(u32[(slot << 4) + 1] - linkBytes, (isIpv4 ? MAX_IPV4_ERROR_BYTES : MAX_IPV6_ERROR_BYTES) - added);
  const start = address + dataOffset - added;
  for (let k = 0; k < linkBytes; k++) bytes[start + k] = bytes[start + added + k]!;
  if (u8[(slot << 6) + HeaderOffset.linkType] === LinkType.ethernet) swapHardwareAddresses(bytes, start);
  const ip = start + linkBytes;
  const icmp = ip + ipBytes;
  const length = ICMP_BYTES + quoted;
  writeU32(bytes, icmp, isIpv4 ? (error >>> 16) << 16 : (error & 0xffff) << 16);
  writeU32(bytes, icmp + 4, value);
  if (isIpv4) {
    writeIpv4(bytes, ip, length, source, readU32(bytes, quotedAt + IPV4_SOURCE));
    writeU16(bytes, icmp + ICMP_CHECKSUM, checksum(bytes, icmp, length));
  } else {
    writeIpv6(bytes, ip, length, source, quotedAt + IPV6_SOURCE);
    writeU16(bytes, icmp + ICMP_CHECKSUM, checksum(bytes, icmp, length, pseudoHeaderSum(bytes, ip + IPV6_SOURCE, 32, IpProtocol.icmpv6, length)));
  }
  u32[slot << 4] = dataOffset - added;
  u32[(slot << 4) + 1] = linkBytes + added + quoted;
  u32[(slot << 4) + (HeaderOffset.originalLength >> 2)] = linkBytes + added + quoted;
  return true;
}

function writeIpv4(bytes: Uint8Array, ip: number, length: number, source: AddressWords, destination: number): void {
  writeU16(bytes, ip, 0x4500 | PRECEDENCE);
  writeU16(bytes, ip + 2, IPV4_MIN_BYTES + length);
  writeU32(bytes, ip + 4, 0);
  writeU16(bytes, ip + 8, (ANSWER_TTL << 8) | IpProtocol.icmp);
  writeU16(bytes, ip + 10, 0);
  writeU32(bytes, ip + IPV4_SOURCE, source[3]);
  writeU32(bytes, ip + IPV4_DESTINATION, destination);
  writeU16(bytes, ip + 10, checksum(bytes, ip, IPV4_MIN_BYTES));
}

function writeIpv6(bytes: Uint8Array, ip: number, length: number, source: AddressWords, destinationAt: number): void {
  writeU32(bytes, ip, 0x60000000);
  writeU16(bytes, ip + 4, length);
  writeU16(bytes, ip + 6, (IpProtocol.icmpv6 << 8) | ANSWER_TTL);
  for (let k = 0; k < 4; k++) writeU32(bytes, ip + IPV6_SOURCE + 4 * k, source[k]);
  for (let k = 0; k < 16; k += 4) writeU32(bytes, ip + IPV6_DESTINATION + k, readU32(bytes, destinationAt + k));
}
