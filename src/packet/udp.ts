/**
 * Hot: no allocation. UDP (RFC 768).
 *
 *    0                  16                 32 bits
 *   | source port      | destination port |
 *   | length           | checksum         |
 */
import { readU16, writeU16 } from './bytes.js';
import { difference16, mendUdpChecksum } from './checksum.js';
import { HeaderView } from './header-view.js';
import { UDP_CHECKSUM as CHECKSUM } from './l4-checksum.js';
import { UDP_LENGTH } from './packet-end.js';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
export const UDP_BYTES = 8;

/** The one check: whether a header ends before `end` and its length covers the header but nothing beyond `wireEnd`. */
export function isUdpHeader(bytes: Uint8Array, at: number, end: number, wireEnd: number): boolean {
  if (at + UDP_BYTES > end) return false;
  const length = readU16(bytes, at + UDP_LENGTH);
  return length >= UDP_BYTES && at + length <= wireEnd;
}

export class UdpView extends HeaderView {
  get sourcePort(): number {
    return readU16(this.bytes, this.at + SOURCE_PORT);
  }

  get destinationPort(): number {
    return readU16(this.bytes, this.at + DESTINATION_PORT);
  }

  /** Bytes, with the header. */
  get udpLength(): number {
    return readU16(this.bytes, this.at + UDP_LENGTH);
  }

  /** 0 when the sender made none. */
  get checksum(): number {
    return readU16(this.bytes, this.at + CHECKSUM);
  }

  /** Mends the checksum where there is one. */
  rewriteSourcePort(port: number): void {
    this.#rewritePort(SOURCE_PORT, port);
  }

  /** Mends the checksum where there is one. */
  rewriteDestinationPort(port: number): void {
    this.#rewritePort(DESTINATION_PORT, port);
  }

  #rewritePort(field: number, port: number): void {
    const difference = difference16(readU16(this.bytes, this.at + field), port);
    writeU16(this.bytes, this.at + field, port);
    mendUdpChecksum(this.bytes, this.at + CHECKSUM, difference);
  }
}
