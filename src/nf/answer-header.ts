/** Hot: no allocation, no throw. The IP header of an answer that is made in the slot of the packet that it answers. */
import { Layer3 } from '../memory/slot-layout.js';
import { readU32, writeU16, writeU32 } from '../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../packet/checksum.js';
import { IPV4_MIN_BYTES, IPV4_SOURCE } from '../packet/ipv4.js';
import { IPV6_SOURCE } from '../packet/ipv6.js';
import type { Packet } from '../packet/packet.js';

const TTL = 64;
const DONT_FRAGMENT = 0x4000;
/** Of an error: internetwork control (RFC 1812 section 4.3.2.5). */
const PRECEDENCE = 0xc0;

/** A plain header at `ip` in place of what is there, but for its addresses, which change places. */
export function writeIpHeader(packet: Packet, ip: number, protocol: number, length: number, isError: boolean): void {
  const { bytes } = packet;
  if (packet.l3 === Layer3.ipv4) {
    const source = readU32(bytes, ip + IPV4_SOURCE);
    writeU32(bytes, ip + IPV4_SOURCE, readU32(bytes, ip + IPV4_SOURCE + 4));
    writeU32(bytes, ip + IPV4_SOURCE + 4, source);
    writeU16(bytes, ip, 0x4500 | (isError ? PRECEDENCE : 0));
    writeU16(bytes, ip + 2, IPV4_MIN_BYTES + length);
    writeU16(bytes, ip + 4, 0);
    writeU16(bytes, ip + 6, DONT_FRAGMENT);
    writeU16(bytes, ip + 8, (TTL << 8) | protocol);
    writeU16(bytes, ip + 10, 0);
    writeU16(bytes, ip + 10, checksum(bytes, ip, IPV4_MIN_BYTES));
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

/** Sum of the pseudo-header that the checksum of `protocol` covers, of the header at `ip`. */
export function pseudoSum(packet: Packet, ip: number, protocol: number, length: number): number {
  const isIpv4 = packet.l3 === Layer3.ipv4;
  return pseudoHeaderSum(packet.bytes, ip + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE), isIpv4 ? 8 : 32, protocol, length);
}
