/**
 * Hot: no allocation. The checksums of TCP, UDP and ICMPv6 cover the addresses of the IP header too, by a pseudo-header
 * (RFC 9293 section 3.1, RFC 768, RFC 4443 section 2.3). ICMP for IPv4 has none.
 */
import { Layer3 } from '../memory/slot-layout.js';
import { mendChecksum, mendUdpChecksum } from './checksum.js';
import type { PacketCursor } from './cursor.js';
import { IpProtocol } from './protocols.js';

/** Where each has its checksum, from the start of its header. */
export const TCP_CHECKSUM = 16;
export const UDP_CHECKSUM = 6;
export const ICMP_CHECKSUM = 2;

/** Mends the L4 checksum of the packet after an address in its IP header made `difference`. */
export function mendForAddress(cursor: PacketCursor, difference: number): void {
  const l4Offset = cursor.l4Offset;
  if (l4Offset === 0 || difference === 0) return;
  const at = cursor.start + l4Offset;
  const l4 = cursor.l4;
  if (l4 === IpProtocol.tcp) mendChecksum(cursor.bytes, at + TCP_CHECKSUM, difference);
  else if (l4 === IpProtocol.udp) mendUdpChecksum(cursor.bytes, at + UDP_CHECKSUM, difference);
  else if (l4 === IpProtocol.icmpv6 && cursor.l3 === Layer3.ipv6) mendChecksum(cursor.bytes, at + ICMP_CHECKSUM, difference);
}
