/**
 * Hot: no allocation. What the kernel is told of a packet to send beside its descriptor, in the bytes in front of it
 * (Documentation/networking/xsk-tx-metadata.rst, Linux 6.8):
 *
 *   0  flags, 64 bits   2: a checksum is to be computed
 *   8  checksumStart    16 bits, from the packet's start: what is summed begins here
 *  10  checksumOffset   16 bits, from there: where the sum goes
 *  16  launchTime       64 bits, not used
 */
export const TX_METADATA_BYTES = 24;
/** Option of a descriptor: there is metadata in front of its packet. */
export const HAS_TX_METADATA = 2;

const CHECKSUM = 2;

/** Asks for a checksum of the packet at `packet`. */
export function askForChecksum(bytes: Uint8Array, packet: number, start: number, offset: number): void {
  const at = packet - TX_METADATA_BYTES;
  bytes.fill(0, at, packet);
  bytes[at] = CHECKSUM;
  bytes[at + 8] = start;
  bytes[at + 9] = start >>> 8;
  bytes[at + 10] = offset;
  bytes[at + 11] = offset >>> 8;
}
