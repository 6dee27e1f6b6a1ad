/**
 * Hot: no allocation. TCP (RFC 9293 section 3.1).
 *
 *    0               4       8              16              32 bits
 *   | source port                           | destination port |
 *   | sequence number                                          |
 *   | acknowledgement number                                   |
 *   | offset        | rsvd   | flags        | window           |
 *   | checksum                              | urgent pointer   |
 *   | options, to offset * 4 bytes                             |
 */
import { readInt32, readU16, readU32, writeU16 } from './bytes.js';
import { difference16, mendChecksum } from './checksum.js';
import { HeaderView } from './header-view.js';
import { TCP_CHECKSUM as CHECKSUM } from './l4-checksum.js';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE_NUMBER = 4;
const ACKNOWLEDGEMENT_NUMBER = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const URGENT_POINTER = 18;
export const TCP_MIN_BYTES = 20;

/**
 * The one check: bytes of a header that ends before `wireEnd`, where the packet ends on the wire, and whose first 20
 * bytes end before `end`, where a capture may have cut it; 0 for any other.
 */
export function tcpHeaderLength(bytes: Uint8Array, at: number, end: number, wireEnd: number): number {
  if (at + TCP_MIN_BYTES > end) return 0;
  const headerLength = (bytes[at + DATA_OFFSET] >>> 4) << 2;
  return headerLength < TCP_MIN_BYTES || at + headerLength > wireEnd ? 0 : headerLength;
}

export class TcpView extends HeaderView {
  get sourcePort(): number {
    return readU16(this.bytes, this.at + SOURCE_PORT);
  }

  get destinationPort(): number {
    return readU16(this.bytes, this.at + DESTINATION_PORT);
  }

  get sequenceNumber(): number {
    return readU32(this.bytes, this.at + SEQUENCE_NUMBER);
  }

  get acknowledgementNumber(): number {
    return readU32(this.bytes, this.at + ACKNOWLEDGEMENT_NUMBER);
  }

  /** The sequence number as an int32: however it is passed on, it is no object (docs/hot-code.md). */
  get sequenceBits(): number {
    return readInt32(this.bytes, this.at + SEQUENCE_NUMBER);
  }

  /** The acknowledgement number as an int32. */
  get acknowledgementBits(): number {
    return readInt32(this.bytes, this.at + ACKNOWLEDGEMENT_NUMBER);
  }

  /** Bytes, with options. */
  get headerLength(): number {
    return (this.bytes[this.at + DATA_OFFSET] >>> 4) << 2;
  }

  /** Bits of TcpFlag. */
  get flags(): number {
    return this.bytes[this.at + FLAGS];
  }

  /** As sent: the scale was agreed when the connection was opened (RFC 7323). */
  get window(): number {
    return readU16(this.bytes, this.at + WINDOW);
  }

  get checksum(): number {
    return readU16(this.bytes, this.at + CHECKSUM);
  }

  get urgentPointer(): number {
    return readU16(this.bytes, this.at + URGENT_POINTER);
  }

  /** Mends the checksum. */
  rewriteSourcePort(port: number): void {
    this.#rewritePort(SOURCE_PORT, port);
  }

  /** Mends the checksum. */
  rewriteDestinationPort(port: number): void {
    this.#rewritePort(DESTINATION_PORT, port);
  }

  #rewritePort(field: number, port: number): void {
    const difference = difference16(readU16(this.bytes, this.at + field), port);
    writeU16(this.bytes, this.at + field, port);
    mendChecksum(this.bytes, this.at + CHECKSUM, difference);
  }
}
