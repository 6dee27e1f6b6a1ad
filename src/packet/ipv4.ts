/**
 * Hot: no allocation. IPv4 (RFC 791 section 3.1).
 *
 *    0       4       8            14  16      19              32 bits
 *   |version| ihl   | dscp       |ecn| total length          |
 *   | identification                 | flags | fragment offset|
 *   | ttl           | protocol       | header checksum       |
 *   | source                                                 |
 *   | destination                                            |
 *   | options, to ihl * 4 bytes                              |
 */
import { readInt32, readU16, readU32, writeU32 } from './bytes.js';
import { difference16, difference32, mendChecksum } from './checksum.js';
import { HeaderView } from './header-view.js';
import { mendForAddress } from './l4-checksum.js';
import { IPV4_TOTAL_LENGTH, ipv4End } from './packet-end.js';

const DSCP_ECN = 1;
const IDENTIFICATION = 4;
const FLAGS_OFFSET = 6;
const TTL = 8;
const PROTOCOL = 9;
export const IPV4_HEADER_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
export const IPV4_MIN_BYTES = 20;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/**
 * The one check: bytes of a header whose version and lengths can be true and that ends before `end`; 0 for any other.
 */
export function ipv4HeaderLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + IPV4_MIN_BYTES > end || bytes[at] >>> 4 !== 4) return 0;
  const headerLength = (bytes[at] & 15) << 2;
  if (headerLength < IPV4_MIN_BYTES || at + headerLength > end) return 0;
  const totalLength = readU16(bytes, at + IPV4_TOTAL_LENGTH);
  return totalLength !== 0 && totalLength < headerLength ? 0 : headerLength;
}

export function ipv4Protocol(bytes: Uint8Array, at: number): number {
  return bytes[at + PROTOCOL];
}

export function ipv4IsFragment(bytes: Uint8Array, at: number): boolean {
  return (readU16(bytes, at + FLAGS_OFFSET) & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0;
}

export function ipv4IsLaterFragment(bytes: Uint8Array, at: number): boolean {
  return (readU16(bytes, at + FLAGS_OFFSET) & OFFSET_MASK) !== 0;
}

/** Replaces the address at `field`, by a u32 or an int32, and mends the header checksum. Returns the difference to any sum over the address. */
export function rewriteIpv4Address(bytes: Uint8Array, at: number, field: number, address: number): number {
  const old = readInt32(bytes, at + field);
  // Compared themselves: a word of ones that becomes one of zeros makes no difference to a sum.
  if (old === (address | 0)) return 0;
  const difference = difference32(old, address);
  writeU32(bytes, at + field, address);
  mendChecksum(bytes, at + IPV4_HEADER_CHECKSUM, difference);
  return difference;
}

/**
 * Whether a source route still has hops to go. Then the destination is the next hop, and the pseudo-header of L4 holds
 * the last address of the route instead (RFC 1122 section 3.2.1.8).
 */
export function ipv4HasSourceRoute(bytes: Uint8Array, at: number, headerLength: number): boolean {
  const end = at + headerLength;
  let option = at + IPV4_MIN_BYTES;
  while (option + 2 < end) {
    const kind = bytes[option];
    if (kind === END_OF_OPTIONS) return false;
    if (kind === NO_OPERATION) {
      option++;
      continue;
    }
    const length = bytes[option + 1];
    if (length < 2) return false;
    if (kind === LOOSE_SOURCE_ROUTE || kind === STRICT_SOURCE_ROUTE) return bytes[option + 2] < length;
    option += length;
  }
  return false;
}

/** Numbers as they are on the wire; addresses are u32, and may be given as int32. */
export class Ipv4View extends HeaderView {
  /** Bytes, with options. */
  get headerLength(): number {
    return (this.bytes[this.at] & 15) << 2;
  }

  /** 0 … 63 (RFC 2474). */
  get dscp(): number {
    return this.bytes[this.at + DSCP_ECN] >>> 2;
  }

  /** 0 … 3 (RFC 3168). */
  get ecn(): number {
    return this.bytes[this.at + DSCP_ECN] & 3;
  }

  /** Bytes, with the header; 0 when segmentation offload left it open. */
  get totalLength(): number {
    return readU16(this.bytes, this.at + IPV4_TOTAL_LENGTH);
  }

  /** Bytes after the header, as the total length says; those present when it is 0. */
  get payloadLength(): number {
    const end = ipv4End(this.bytes, this.at, this.cursor.start + this.cursor.length);
    return end - this.at - this.headerLength;
  }

  get identification(): number {
    return readU16(this.bytes, this.at + IDENTIFICATION);
  }

  get dontFragment(): boolean {
    return (readU16(this.bytes, this.at + FLAGS_OFFSET) & DONT_FRAGMENT) !== 0;
  }

  get moreFragments(): boolean {
    return (readU16(this.bytes, this.at + FLAGS_OFFSET) & MORE_FRAGMENTS) !== 0;
  }

  /** Bytes. */
  get fragmentOffset(): number {
    return (readU16(this.bytes, this.at + FLAGS_OFFSET) & OFFSET_MASK) << 3;
  }

  get ttl(): number {
    return this.bytes[this.at + TTL];
  }

  /** IP protocol number. */
  get protocol(): number {
    return this.bytes[this.at + PROTOCOL];
  }

  get headerChecksum(): number {
    return readU16(this.bytes, this.at + IPV4_HEADER_CHECKSUM);
  }

  get source(): number {
    return readU32(this.bytes, this.at + IPV4_SOURCE);
  }

  get destination(): number {
    return readU32(this.bytes, this.at + IPV4_DESTINATION);
  }

  /** The source as an int32: however it is passed on, it is no object (docs/hot-code.md). */
  get sourceBits(): number {
    return readInt32(this.bytes, this.at + IPV4_SOURCE);
  }

  /** The destination as an int32. */
  get destinationBits(): number {
    return readInt32(this.bytes, this.at + IPV4_DESTINATION);
  }

  /** Mends the header checksum. */
  rewriteTtl(ttl: number): void {
    const old = readU16(this.bytes, this.at + TTL);
    this.bytes[this.at + TTL] = ttl;
    mendChecksum(this.bytes, this.at + IPV4_HEADER_CHECKSUM, difference16(old, readU16(this.bytes, this.at + TTL)));
  }

  /** Mends the header checksum. ECN stays. */
  rewriteDscp(dscp: number): void {
    const old = readU16(this.bytes, this.at);
    this.bytes[this.at + DSCP_ECN] = (dscp << 2) | (old & 3);
    mendChecksum(this.bytes, this.at + IPV4_HEADER_CHECKSUM, difference16(old, readU16(this.bytes, this.at)));
  }

  /** Mends the header checksum, and that of TCP or UDP where its header is present. */
  rewriteSource(address: number): void {
    mendForAddress(this.cursor, rewriteIpv4Address(this.bytes, this.at, IPV4_SOURCE, address));
  }

  /** Mends the header checksum, and that of TCP or UDP where its header is present and its pseudo-header has this address. */
  rewriteDestination(address: number): void {
    const difference = rewriteIpv4Address(this.bytes, this.at, IPV4_DESTINATION, address);
    if (this.headerLength > IPV4_MIN_BYTES && ipv4HasSourceRoute(this.bytes, this.at, this.headerLength)) return;
    mendForAddress(this.cursor, difference);
  }
}
