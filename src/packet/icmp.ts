/**
 * Hot: no allocation. ICMP (RFC 792) and ICMPv6 (RFC 4443), alike in shape.
 *
 *    0        8        16                 32 bits
 *   | type   | code   | checksum         |
 *   | identifier      | sequence number  |   in echoes and other queries; elsewhere other things
 *   | in errors: the packet that caused it, from its IP header on
 */
import { readU16, writeU16 } from './bytes.js';
import { difference16, mendChecksum } from './checksum.js';
import type { PacketCursor } from './cursor.js';
import { HeaderView } from './header-view.js';
import { ICMP_CHECKSUM as CHECKSUM } from './l4-checksum.js';
import { QuotedView } from './quoted.js';

const TYPE = 0;
const CODE = 1;
const IDENTIFIER = 4;
const SEQUENCE_NUMBER = 6;
/** Every message of both families has at least these. */
export const ICMP_BYTES = 8;

export class IcmpView extends HeaderView {
  readonly #isVersion6: boolean;
  readonly #quoted: QuotedView;

  constructor(cursor: PacketCursor, isVersion6: boolean) {
    super(cursor);
    this.#isVersion6 = isVersion6;
    this.#quoted = new QuotedView();
  }

  get type(): number {
    return this.bytes[this.at + TYPE];
  }

  get code(): number {
    return this.bytes[this.at + CODE];
  }

  get checksum(): number {
    return readU16(this.bytes, this.at + CHECKSUM);
  }

  /** Of an echo or another query. */
  get identifier(): number {
    return readU16(this.bytes, this.at + IDENTIFIER);
  }

  /** Of an echo or another query. */
  get sequenceNumber(): number {
    return readU16(this.bytes, this.at + SEQUENCE_NUMBER);
  }

  /**
   * Whether the message quotes the packet that caused it. ICMP: destination unreachable 3, source quench 4, redirect 5,
   * time exceeded 11, parameter problem 12. ICMPv6: every type below 128 (RFC 4443 section 2.1).
   */
  get isError(): boolean {
    const type = this.type;
    return this.#isVersion6 ? type < 128 : (type >= 3 && type <= 5) || type === 11 || type === 12;
  }

  /** Mends the checksum. */
  rewriteIdentifier(identifier: number): void {
    const difference = difference16(this.identifier, identifier);
    writeU16(this.bytes, this.at + IDENTIFIER, identifier);
    mendChecksum(this.bytes, this.at + CHECKSUM, difference);
  }

  /** The packet inside an error; null when this is none, or too little of an IP header was quoted. */
  quoted(): QuotedView | null {
    if (!this.isError) return null;
    const end = this.cursor.start + this.cursor.payloadOffset + this.cursor.payloadLength;
    return this.#quoted.place(this.bytes, this.at + CHECKSUM, this.at + ICMP_BYTES, end) ? this.#quoted : null;
  }
}
