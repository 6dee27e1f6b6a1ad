/**
 * Hot: no allocation. IPv6 (RFC 8200 section 3). It has no header checksum.
 *
 *    0       4               12                              32 bits
 *   |version| traffic class | flow label                     |
 *   | payload length                 | next header | hop limit|
 *   | source, 128 bits                                       |
 *   | destination, 128 bits                                  |
 */
import { readInt32, readU16, readU32, writeU32 } from './bytes.js';
import { difference32 } from './checksum.js';
import { HeaderView } from './header-view.js';
import { hasRouteAhead } from './ipv6-extensions.js';
import { mendForAddress } from './l4-checksum.js';
import { IPV6_BYTES, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH } from './packet-end.js';

const HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;

/** The one check: whether an IPv6 header ends before `end`. */
export function isIpv6Header(bytes: Uint8Array, at: number, end: number): boolean {
  return at + IPV6_BYTES <= end && bytes[at] >>> 4 === 6;
}

export function ipv6NextHeader(bytes: Uint8Array, at: number): number {
  return bytes[at + IPV6_NEXT_HEADER];
}

/** Replaces the four words at `at`. Returns the difference that it makes to any sum over them. */
export function rewriteIpv6Address(bytes: Uint8Array, at: number, words: Uint32Array): number {
  let difference = 0;
  for (let k = 0; k < 4; k++) {
    difference += difference32(readInt32(bytes, at + 4 * k), words[k]);
    writeU32(bytes, at + 4 * k, words[k]);
  }
  return difference;
}

/** Numbers as they are on the wire; an address is four u32 words, the first one first. */
export class Ipv6View extends HeaderView {
  get trafficClass(): number {
    return (readU16(this.bytes, this.at) >>> 4) & 0xff;
  }

  /** 20 bits (RFC 6437). */
  get flowLabel(): number {
    return readInt32(this.bytes, this.at) & 0xf_ffff;
  }

  /** Bytes after these 40, extension headers among them, as the field says. */
  get payloadLength(): number {
    return readU16(this.bytes, this.at + IPV6_PAYLOAD_LENGTH);
  }

  /** Of what follows these 40 bytes: an extension header or the upper layer. */
  get nextHeader(): number {
    return this.bytes[this.at + IPV6_NEXT_HEADER];
  }

  /** IP protocol number after the extension headers. */
  get upperProtocol(): number {
    return this.cursor.l4;
  }

  get hopLimit(): number {
    return this.bytes[this.at + HOP_LIMIT];
  }

  /** Word `k`, 0 … 3, of the source. */
  sourceWord(k: number): number {
    return readU32(this.bytes, this.at + IPV6_SOURCE + 4 * k);
  }

  /** Word `k`, 0 … 3, of the destination. */
  destinationWord(k: number): number {
    return readU32(this.bytes, this.at + IPV6_DESTINATION + 4 * k);
  }

  rewriteHopLimit(hopLimit: number): void {
    this.bytes[this.at + HOP_LIMIT] = hopLimit;
  }

  /** Mends the checksum of TCP, UDP or ICMPv6 where its header is present. */
  rewriteSource(words: Uint32Array): void {
    mendForAddress(this.cursor, rewriteIpv6Address(this.bytes, this.at + IPV6_SOURCE, words));
  }

  /** Mends the checksum of TCP, UDP or ICMPv6 where its header is present and its pseudo-header has this address. */
  rewriteDestination(words: Uint32Array): void {
    const difference = rewriteIpv6Address(this.bytes, this.at + IPV6_DESTINATION, words);
    const end = this.cursor.start + this.cursor.length;
    if (hasRouteAhead(this.bytes, this.at + IPV6_BYTES, end, this.nextHeader)) return;
    mendForAddress(this.cursor, difference);
  }
}
