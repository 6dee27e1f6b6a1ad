/** The header work of the network function, for packets that are plain arrays: what `bench/touch-headers.ts` does. */
import { updateChecksum16 } from '#millrace/packet/checksum.js';
import { UDP_DESTINATION } from '../touch-headers.js';

const IPV4_AT = 14;
const TTL_AT = IPV4_AT + 8;
const PROTOCOL_AT = IPV4_AT + 9;
const CHECKSUM_AT = IPV4_AT + 10;
const UDP = 17;

/** Whether the packet is UDP over IPv4 to the generator's port. */
export function isExpected(frame: Uint8Array): boolean {
  if (frame[12] !== 0x08 || frame[13] !== 0x00 || frame[IPV4_AT] >>> 4 !== 4 || frame[PROTOCOL_AT] !== UDP) return false;
  const udpAt = IPV4_AT + (frame[IPV4_AT] & 15) * 4;
  return ((frame[udpAt + 2] << 8) | frame[udpAt + 3]) === UDP_DESTINATION;
}

export function ttlOf(frame: Uint8Array): number {
  return frame[TTL_AT];
}

/** Lowers the TTL and mends the header checksum. */
export function lowerTtl(frame: Uint8Array): void {
  const old = (frame[TTL_AT] << 8) | frame[PROTOCOL_AT];
  frame[TTL_AT]--;
  const mended = updateChecksum16((frame[CHECKSUM_AT] << 8) | frame[CHECKSUM_AT + 1], old, old - 256);
  frame[CHECKSUM_AT] = mended >>> 8;
  frame[CHECKSUM_AT + 1] = mended;
}
