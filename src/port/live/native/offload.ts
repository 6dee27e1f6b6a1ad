/**
 * Hot: no allocation. What virtual interfaces leave undone: checksums that are only begun, and TCP packets longer than the
 * MTU that the hardware would cut. Linux says so in a header of its own in front of the frame (virtio 1.2, section 5.1.6):
 *
 *   0  flags       1: the checksum is begun: it holds the pseudo-header's sum
 *   1  gsoType     0 none, 1 TCP over IPv4, 3 UDP, 4 TCP over IPv6, 5 UDP datagrams; 0x80: with ECN
 *   2  headerLength
 *   4  segmentBytes   payload of each packet
 *   6  checksumStart  from the frame's start: what is summed begins here
 *   8  checksumOffset from there: where the sum goes
 *
 * It is kept in the first bytes of the slot's headroom. While the packet is in the chain, the begun checksum is stored
 * inverted: then a rewriter that mends it by RFC 1624 does to the begun sum just what it has to. But for ports: they are summed
 * by whoever completes it. So the ports that the packet came with are kept too, and what a rewriter made of them is taken back.
 *
 *  10  source port, destination port, as they came
 */
import { readU16, writeU16 } from '../../../packet/bytes.js';
import { difference16, mendChecksum, onesComplementSum } from '../../../packet/checksum.js';

export const OFFLOAD_BYTES = 10;

/** Behind it, of packets on their way: both ports. */
const PORTS_BYTES = 4;
const NEEDS_CHECKSUM = 1;
export const GsoType = { none: 0, tcp4: 1, udp: 3, tcp6: 4, udpDatagrams: 5, mask: 0x7f } as const;

export function needsChecksum(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] & NEEDS_CHECKSUM) !== 0;
}

/** Says that the checksum is begun, and where it is. */
export function writeBegun(bytes: Uint8Array, at: number, start: number, offset: number): void {
  bytes.fill(0, at, at + OFFLOAD_BYTES);
  bytes[at] = NEEDS_CHECKSUM;
  bytes[at + 6] = start;
  bytes[at + 7] = start >>> 8;
  bytes[at + 8] = offset;
}

export function gsoType(bytes: Uint8Array, at: number): number {
  return bytes[at + 1] & GsoType.mask;
}

export function segmentBytes(bytes: Uint8Array, at: number): number {
  return bytes[at + 4] | (bytes[at + 5] << 8);
}

export function checksumStart(bytes: Uint8Array, at: number): number {
  return bytes[at + 6] | (bytes[at + 7] << 8);
}

export function checksumOffset(bytes: Uint8Array, at: number): number {
  return bytes[at + 8] | (bytes[at + 9] << 8);
}

/** The frame has grown by `difference` bytes in front of what is summed. */
export function moveChecksumStart(bytes: Uint8Array, at: number, difference: number): void {
  if ((bytes[at] & NEEDS_CHECKSUM) === 0) return;
  const start = checksumStart(bytes, at) + difference;
  bytes[at + 6] = start;
  bytes[at + 7] = start >>> 8;
  // Zero says that it was not told.
  if ((bytes[at + 2] | bytes[at + 3]) === 0) return;
  const header = (bytes[at + 2] | (bytes[at + 3] << 8)) + difference;
  bytes[at + 2] = header;
  bytes[at + 3] = header >>> 8;
}

/**
 * Whether a packet lies within its slot, behind the `reserved` bytes at its start. What slot headers say was checked by the
 * manager, but any VM can write over it since: whoever gives an address to the system looks again.
 */
export function liesInSlot(dataOffset: number, length: number, reserved: number, slotBytes: number): boolean {
  return length > 0 && dataOffset >= reserved && dataOffset + length <= slotBytes;
}

/** Whether the checksum's place lies in a frame of `length` bytes. */
export function isInside(bytes: Uint8Array, at: number, length: number): boolean {
  return checksumStart(bytes, at) + checksumOffset(bytes, at) + 2 <= length;
}

/**
 * Inverts the begun checksum. 0xffff and 0 are the same sum; of the two, the one is chosen whose inverse does not say
 * "no checksum" in UDP.
 */
function invertChecksum(bytes: Uint8Array, at: number, frame: number): void {
  const place = frame + checksumStart(bytes, at) + checksumOffset(bytes, at);
  const sum = readU16(bytes, place);
  writeU16(bytes, place, sum === 0xffff ? 0xffff : ~sum & 0xffff);
}

/** Makes a begun checksum ready for the chain. */
export function parkChecksum(bytes: Uint8Array, at: number, frame: number): void {
  const l4 = frame + checksumStart(bytes, at);
  for (let k = 0; k < PORTS_BYTES; k++) bytes[at + OFFLOAD_BYTES + k] = bytes[l4 + k]!;
  invertChecksum(bytes, at, frame);
}

/** Makes it a begun one again, behind the chain. */
export function unparkChecksum(bytes: Uint8Array, at: number, frame: number): void {
  const l4 = frame + checksumStart(bytes, at);
  const ports = at + OFFLOAD_BYTES;
  const back = difference16(readU16(bytes, l4), readU16(bytes, ports)) + difference16(readU16(bytes, l4 + 2), readU16(bytes, ports + 2));
  if (back !== 0) mendChecksum(bytes, l4 + checksumOffset(bytes, at), back);
  invertChecksum(bytes, at, frame);
}

/** Completes a begun checksum of the frame in `bytes[frame, frame + length)`. */
export function completeChecksum(bytes: Uint8Array, at: number, frame: number, length: number): void {
  const start = checksumStart(bytes, at);
  const place = frame + start + checksumOffset(bytes, at);
  const sum = ~onesComplementSum(bytes, frame + start, length - start) & 0xffff;
  // In UDP zero says that there is none; elsewhere both mean the same.
  writeU16(bytes, place, sum === 0 ? 0xffff : sum);
}
