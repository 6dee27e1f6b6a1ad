/**
 * Hot: no allocation. Replaces one end of a TCP or UDP packet over IPv4, address and port at once: each checksum is mended
 * once, by the sum of what both change (RFC 1624). Written out in two functions, because the compiler stops inlining calls
 * into calls long before a translation has made all of those that the setters of the views would take.
 */
import { difference16 } from './checksum.js';
import type { PacketCursor } from './cursor.js';
import { IPV4_DESTINATION, IPV4_HEADER_CHECKSUM, IPV4_MIN_BYTES, IPV4_SOURCE, ipv4HasSourceRoute } from './ipv4.js';
import { TCP_CHECKSUM, UDP_CHECKSUM } from './l4-checksum.js';
import { IpProtocol } from './protocols.js';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;

/** The packet must have an IPv4 header and a header of TCP or UDP. */
export function rewriteSourceEnd(cursor: PacketCursor, address: number, port: number): void {
  const difference = rewriteAddress(cursor.bytes, cursor.start + cursor.l3Offset, IPV4_SOURCE, address);
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

/** Returns the difference to any sum over the address. */
function rewriteAddress(bytes: Uint8Array, ip: number, field: number, address: number): number {
  const at = ip + field;
  const difference = difference16((bytes[at] << 8) | bytes[at + 1], address >>> 16) + difference16((bytes[at + 2] << 8) | bytes[at + 3], address & 0xffff);
  bytes[at] = address >>> 24;
  bytes[at + 1] = address >>> 16;
  bytes[at + 2] = address >>> 8;
  bytes[at + 3] = address;
  if (difference === 0) return 0;
  const check = ip + IPV4_HEADER_CHECKSUM;
  let sum = (~((bytes[check] << 8) | bytes[check + 1]) & 0xffff) + difference;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = ~((sum & 0xffff) + (sum >>> 16));
  bytes[check] = sum >>> 8;
  bytes[check + 1] = sum;
  return difference;
}

function rewritePort(cursor: PacketCursor, field: number, port: number, addressDifference: number): void {
  const { bytes } = cursor;
  const l4 = cursor.start + cursor.l4Offset;
  const at = l4 + field;
  const difference = addressDifference + difference16((bytes[at] << 8) | bytes[at + 1], port);
  bytes[at] = port >>> 8;
  bytes[at + 1] = port;
  if (difference === 0) return;
  const isTcp = cursor.l4 === IpProtocol.tcp;
  const check = l4 + (isTcp ? TCP_CHECKSUM : UDP_CHECKSUM);
  const old = (bytes[check] << 8) | bytes[check + 1];
  // Zero means that a datagram has no checksum; one that comes to zero is sent as 0xffff (RFC 768).
  if (old === 0 && !isTcp) return;
  let sum = (~old & 0xffff) + difference;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  if (sum === 0 && !isTcp) sum = 0xffff;
  bytes[check] = sum >>> 8;
  bytes[check + 1] = sum;
}
