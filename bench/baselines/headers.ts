/** The header work of the network function, for packets that lie in plain arrays: what touching `headers` does. */
import { updateChecksum16 } from '../../src/packet/checksum.js';
import { UDP_DESTINATION } from '../functions/touch.js';

const IPV4_AT = 14;
const TTL_AT = IPV4_AT + 8;
const PROTOCOL_AT = IPV4_AT + 9;
const CHECKSUM_AT = IPV4_AT + 10;
const UDP = 17;

/** Whether the packet at `at` is UDP over IPv4 to the source's port. */
export function isExpected(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 12] !== 0x08 || bytes[at + 13] !== 0x00 || bytes[at + IPV4_AT] >>> 4 !== 4 || bytes[at + PROTOCOL_AT] !== UDP) return false;
  const udpAt = at + IPV4_AT + (bytes[at + IPV4_AT] & 15) * 4;
  return ((bytes[udpAt + 2] << 8) | bytes[udpAt + 3]) === UDP_DESTINATION;
}

export function ttlOf(bytes: Uint8Array, at: number): number {
  return bytes[at + TTL_AT];
}

/** Lowers the TTL and mends the header checksum. */
export function lowerTtl(bytes: Uint8Array, at: number): void {
  const old = (bytes[at + TTL_AT] << 8) | bytes[at + PROTOCOL_AT];
  bytes[at + TTL_AT]--;
  const mended = updateChecksum16((bytes[at + CHECKSUM_AT] << 8) | bytes[at + CHECKSUM_AT + 1], old, old - 256);
  bytes[at + CHECKSUM_AT] = mended >>> 8;
  bytes[at + CHECKSUM_AT + 1] = mended;
}
