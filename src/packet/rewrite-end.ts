/**
 * Hot: no allocation. Replaces one end of a TCP or UDP packet over IPv4, address and port at once: each checksum is mended
 * once, by the sum of what both change (RFC 1624).
 */
import { readU16, readU32, writeU16, writeU32 } from './bytes.js';
import { difference16, difference32, mendChecksum, mendUdpChecksum } from './checksum.js';
import type { PacketCursor } from './cursor.js';
import { IPV4_DESTINATION, IPV4_HEADER_CHECKSUM, IPV4_MIN_BYTES, IPV4_SOURCE, ipv4HasSourceRoute } from './ipv4.js';
import { TCP_CHECKSUM, UDP_CHECKSUM } from './l4-checksum.js';
import { IpProtocol } from './protocols.js';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;

/** The packet must have an IPv4 header and a header of TCP or UDP. */
export function rewriteSourceEnd(cursor: PacketCursor, address: number, port: number): void {
  const ip = cursor.start + cursor.l3Offset;
  const difference = rewriteAddress(cursor.bytes, ip, IPV4_SOURCE, address);
  rewritePort(cursor, SOURCE_PORT, port, difference);
}

/** The packet must have an IPv4 header and a header of TCP or UDP. */
export function rewriteDestinationEnd(cursor: PacketCursor, address: number, port: number): void {
  const { bytes } = cursor;
  const ip = cursor.start + cursor.l3Offset;
  const difference = rewriteAddress(bytes, ip, IPV4_DESTINATION, address);
  const headerLength = (bytes[ip] & 15) << 2;
  const isInPseudoHeader = headerLength === IPV4_MIN_BYTES || !ipv4HasSourceRoute(bytes, ip, headerLength);
  rewritePort(cursor, DESTINATION_PORT, port, isInPseudoHeader ? difference : 0);
}

function rewriteAddress(bytes: Uint8Array, ip: number, field: number, address: number): number {
  const difference = difference32(readU32(bytes, ip + field), address);
  if (difference === 0) return 0;
  writeU32(bytes, ip + field, address);
  mendChecksum(bytes, ip + IPV4_HEADER_CHECKSUM, difference);
  return difference;
}

function rewritePort(cursor: PacketCursor, field: number, port: number, addressDifference: number): void {
  const { bytes } = cursor;
  const l4 = cursor.start + cursor.l4Offset;
  const difference = addressDifference + difference16(readU16(bytes, l4 + field), port);
  if (difference === 0) return;
  writeU16(bytes, l4 + field, port);
  if (cursor.l4 === IpProtocol.tcp) mendChecksum(bytes, l4 + TCP_CHECKSUM, difference);
  else mendUdpChecksum(bytes, l4 + UDP_CHECKSUM, difference);
}
