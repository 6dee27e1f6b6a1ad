/**
 * Hot: no allocation. Where a packet ends by its own length fields. What a link layer padded comes after it, and is not
 * payload; it may also be beyond the bytes present, when the packet was cut or lies.
 */
import { readU16 } from './bytes.js';
import { IpProtocol } from './protocols.js';

export const IPV4_TOTAL_LENGTH = 2;
export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_BYTES = 40;
export const UDP_LENGTH = 4;

/**
 * End of the IPv4 packet at `at`. A total length of 0 is what segmentation offload leaves in captures: "as long as the
 * packet is", that is up to `end`.
 */
export function ipv4End(bytes: Uint8Array, at: number, end: number): number {
  const totalLength = readU16(bytes, at + IPV4_TOTAL_LENGTH);
  return totalLength === 0 ? end : at + totalLength;
}

/**
 * End of the IPv6 packet at `at`. A payload length of 0 with something to follow is a jumbogram (RFC 2675), or what
 * segmentation offload leaves in captures.
 */
export function ipv6End(bytes: Uint8Array, at: number, end: number): number {
  const payloadLength = readU16(bytes, at + IPV6_PAYLOAD_LENGTH);
  return payloadLength === 0 && bytes[at + IPV6_NEXT_HEADER] !== IpProtocol.noNextHeader ? end : at + IPV6_BYTES + payloadLength;
}

/** End of the UDP datagram at `at`. */
export function udpEnd(bytes: Uint8Array, at: number): number {
  return at + readU16(bytes, at + UDP_LENGTH);
}
