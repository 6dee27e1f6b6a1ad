/**
 * Hot: no allocation. The IP packet inside an ICMP error (RFC 792, RFC 4443 section 2.4 c, RFC 5508 section 4). Often only
 * its IP header and 8 more bytes were quoted, so its L4 checksum may be beyond the quotation.
 *
 * Every rewrite mends three checksums: the quoted IPv4 header's, the quoted L4's where it was quoted, and the ICMP one
 * around it, which covers the quotation with the checksums in it.
 */
import { readInt32, readU16, readU32, writeU16 } from './bytes.js';
import { difference16, mendChecksum, mendUdpChecksum } from './checksum.js';
import {
  IPV4_DESTINATION, IPV4_HEADER_CHECKSUM, IPV4_MIN_BYTES, IPV4_SOURCE,
  ipv4HasSourceRoute, ipv4HeaderLength, ipv4IsLaterFragment, ipv4Protocol, rewriteIpv4Address,
} from './ipv4.js';
import { IPV6_DESTINATION, IPV6_SOURCE, ipv6NextHeader, isIpv6Header, rewriteIpv6Address } from './ipv6.js';
import { ExtensionWalk, hasRouteAhead } from './ipv6-extensions.js';
import { ICMP_CHECKSUM, TCP_CHECKSUM, UDP_CHECKSUM } from './l4-checksum.js';
import { IPV6_BYTES, ipv4End, ipv6End } from './packet-end.js';
import { IpProtocol } from './protocols.js';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const PORTS_BYTES = 4;
const IDENTIFIER = 4;
const IDENTIFIER_END = 6;
const CHECKSUM_BYTES = 2;

const walk = new ExtensionWalk();

export class QuotedView {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Index of the ICMP checksum around the quotation. */
  #outerChecksum = 0;
  #ip = 0;
  #headerLength = 0;
  /** Index of the L4 header, or 0 when none of it was quoted. */
  #l4 = 0;
  #end = 0;
  #version: 4 | 6 = 4;
  #protocol = 0;

  /** @internal Puts the view over the quotation from `at` up to `end`. False when no IP header can be read there. */
  place(bytes: Uint8Array, outerChecksum: number, at: number, end: number): boolean {
    this.#bytes = bytes;
    this.#outerChecksum = outerChecksum;
    this.#ip = at;
    this.#l4 = 0;
    const headerLength = ipv4HeaderLength(bytes, at, end);
    if (headerLength !== 0) this.#placeIpv4(at, end, headerLength);
    else if (isIpv6Header(bytes, at, end)) this.#placeIpv6(at, end);
    else return false;
    return true;
  }

  #placeIpv4(at: number, end: number, headerLength: number): void {
    this.#version = 4;
    this.#headerLength = headerLength;
    this.#protocol = ipv4Protocol(this.#bytes, at);
    this.#end = Math.min(end, ipv4End(this.#bytes, at, end));
    if (!ipv4IsLaterFragment(this.#bytes, at)) this.#l4 = at + headerLength;
  }

  #placeIpv6(at: number, end: number): void {
    this.#version = 6;
    this.#headerLength = IPV6_BYTES;
    this.#end = Math.min(end, ipv6End(this.#bytes, at, end));
    walk.walk(this.#bytes, at + IPV6_BYTES, this.#end, ipv6NextHeader(this.#bytes, at));
    this.#protocol = walk.protocol;
    if (walk.isComplete && !walk.isLaterFragment) this.#l4 = walk.at;
  }

  /** @internal Index of the quoted IP header. */
  get headerAt(): number {
    return this.#ip;
  }

  /** 4 or 6. */
  get version(): 4 | 6 {
    return this.#version;
  }

  /** IP protocol number of the quoted packet's upper layer. */
  get protocol(): number {
    return this.#protocol;
  }

  /** IPv4 address; for IPv6 see `sourceWord`. */
  get source(): number {
    return readU32(this.#bytes, this.#ip + IPV4_SOURCE);
  }

  /** IPv4 address; for IPv6 see `destinationWord`. */
  get destination(): number {
    return readU32(this.#bytes, this.#ip + IPV4_DESTINATION);
  }

  /** The IPv4 source as an int32: however it is passed on, it is no object (docs/hot-code.md). */
  get sourceBits(): number {
    return readInt32(this.#bytes, this.#ip + IPV4_SOURCE);
  }

  /** The IPv4 destination as an int32. */
  get destinationBits(): number {
    return readInt32(this.#bytes, this.#ip + IPV4_DESTINATION);
  }

  /** Word `k`, 0 … 3, of the IPv6 source. */
  sourceWord(k: number): number {
    return readU32(this.#bytes, this.#ip + IPV6_SOURCE + 4 * k);
  }

  /** Word `k`, 0 … 3, of the IPv6 destination. */
  destinationWord(k: number): number {
    return readU32(this.#bytes, this.#ip + IPV6_DESTINATION + 4 * k);
  }

  /** Whether the ports of TCP or UDP were quoted. */
  get hasPorts(): boolean {
    return (this.#protocol === IpProtocol.tcp || this.#protocol === IpProtocol.udp) && this.#holds(PORTS_BYTES);
  }

  /** -1 when there are no ports. */
  get sourcePort(): number {
    return this.hasPorts ? readU16(this.#bytes, this.#l4 + SOURCE_PORT) : -1;
  }

  /** -1 when there are no ports. */
  get destinationPort(): number {
    return this.hasPorts ? readU16(this.#bytes, this.#l4 + DESTINATION_PORT) : -1;
  }

  /** Whether the identifier of an ICMP echo or another query was quoted. */
  get hasIdentifier(): boolean {
    return this.#isIcmp && this.#holds(IDENTIFIER_END) && isQuery(this.#bytes[this.#l4], this.#version);
  }

  /** Type of a quoted ICMP echo or another query; -1 when there is none. */
  get queryType(): number {
    return this.hasIdentifier ? this.#bytes[this.#l4] : -1;
  }

  /** Of a quoted ICMP echo or another query; -1 when there is none. */
  get identifier(): number {
    return this.hasIdentifier ? readU16(this.#bytes, this.#l4 + IDENTIFIER) : -1;
  }

  /** Takes a u32 or an int32 for IPv4, four words for IPv6. */
  rewriteSource(address: number | Uint32Array): void {
    this.#rewriteAddress(address, this.#version === 4 ? IPV4_SOURCE : IPV6_SOURCE, true);
  }

  /** Takes a u32 or an int32 for IPv4, four words for IPv6. */
  rewriteDestination(address: number | Uint32Array): void {
    this.#rewriteAddress(address, this.#version === 4 ? IPV4_DESTINATION : IPV6_DESTINATION, !this.#hasRouteAhead());
  }

  /** Nothing happens when there are no ports. */
  rewriteSourcePort(port: number): void {
    if (this.hasPorts) this.#rewriteL4Word(SOURCE_PORT, port);
  }

  /** Nothing happens when there are no ports. */
  rewriteDestinationPort(port: number): void {
    if (this.hasPorts) this.#rewriteL4Word(DESTINATION_PORT, port);
  }

  /** Nothing happens when there is no identifier. */
  rewriteIdentifier(identifier: number): void {
    if (this.hasIdentifier) this.#rewriteL4Word(IDENTIFIER, identifier);
  }

  get #isIcmp(): boolean {
    return this.#protocol === (this.#version === 4 ? IpProtocol.icmp : IpProtocol.icmpv6);
  }

  /** Whether that many bytes from the L4 header's start on were quoted. */
  #holds(count: number): boolean {
    return this.#l4 !== 0 && this.#l4 + count <= this.#end;
  }

  #rewriteAddress(address: number | Uint32Array, field: number, isInPseudoHeader: boolean): void {
    if (typeof address !== 'number') {
      if (this.#version !== 6) return;
      const difference = rewriteIpv6Address(this.#bytes, this.#ip + field, address);
      this.#mendOuter(difference);
      if (isInPseudoHeader) this.#mendL4(difference);
      return;
    }
    if (this.#version !== 4) return;
    const before = readU16(this.#bytes, this.#ip + IPV4_HEADER_CHECKSUM);
    const difference = rewriteIpv4Address(this.#bytes, this.#ip, field, address);
    this.#mendOuter(difference + difference16(before, readU16(this.#bytes, this.#ip + IPV4_HEADER_CHECKSUM)));
    if (isInPseudoHeader && this.#protocol !== IpProtocol.icmp) this.#mendL4(difference);
  }

  #rewriteL4Word(field: number, value: number): void {
    const difference = difference16(readU16(this.#bytes, this.#l4 + field), value);
    writeU16(this.#bytes, this.#l4 + field, value);
    this.#mendOuter(difference);
    this.#mendL4(difference);
  }

  /** Mends the quoted L4 checksum, and the outer one for what that changed. */
  #mendL4(difference: number): void {
    let field = -1;
    if (this.#protocol === IpProtocol.tcp) field = TCP_CHECKSUM;
    else if (this.#protocol === IpProtocol.udp) field = UDP_CHECKSUM;
    else if (this.#isIcmp) field = ICMP_CHECKSUM;
    if (field < 0 || !this.#holds(field + CHECKSUM_BYTES)) return;
    const at = this.#l4 + field;
    const before = readU16(this.#bytes, at);
    if (this.#protocol === IpProtocol.udp) mendUdpChecksum(this.#bytes, at, difference);
    else mendChecksum(this.#bytes, at, difference);
    this.#mendOuter(difference16(before, readU16(this.#bytes, at)));
  }

  #mendOuter(difference: number): void {
    mendChecksum(this.#bytes, this.#outerChecksum, difference);
  }

  #hasRouteAhead(): boolean {
    if (this.#version === 6) {
      return hasRouteAhead(this.#bytes, this.#ip + IPV6_BYTES, this.#end, ipv6NextHeader(this.#bytes, this.#ip));
    }
    return this.#headerLength > IPV4_MIN_BYTES && ipv4HasSourceRoute(this.#bytes, this.#ip, this.#headerLength);
  }
}

/** ICMP: echo 8 and 0, timestamp 13 and 14, information 15 and 16, address mask 17 and 18. ICMPv6: echo 128 and 129. */
function isQuery(type: number, version: number): boolean {
  if (version === 6) return type === 128 || type === 129;
  return type === 8 || type === 0 || (type >= 13 && type <= 18);
}
