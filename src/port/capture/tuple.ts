/**
 * Hot: no allocation. Reads from a record what tells its connection: addresses, protocol, ports or echo identifier,
 * and of an ICMP error the same of the packet that it quotes. Places are indexes into the bytes that were read, so that
 * they can be rewritten. Nothing outside the record is read, and whatever cannot be read is left out.
 */
import { LinkType } from '../../memory/slot-layout.js';

export const Protocol = { hopByHop: 0, icmp: 1, tcp: 6, udp: 17, routing: 43, fragment: 44, authentication: 51, icmpv6: 58, destination: 60, dccp: 33, sctp: 132, udpLite: 136 } as const;
const EtherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const SYN_ACK = 0x12;
/** More tags or extension headers than any network puts on a packet. */
const MAX_NESTED_HEADERS = 8;

export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];
export const u32 = (bytes: Uint8Array, at: number): number => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

/** Word by word: `fill` is a call into V8, which costs more than the rest of an IPv4 header does. */
function putIpv4(words: Uint32Array, bytes: Uint8Array, at: number): void {
  words[0] = u32(bytes, at);
  words[1] = 0;
  words[2] = 0;
  words[3] = 0;
}

const isTag = (etherType: number): boolean => etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100;
/** ICMP messages that carry an identifier: echo, timestamp, information and address mask. */
const hasIdentifier = (type: number): boolean => type === 0 || type === 8 || (type >= 13 && type <= 18);
/** Unreachable, quench, redirect, time exceeded, parameter problem. */
const isIcmpError = (type: number): boolean => type === 3 || type === 4 || type === 5 || type === 11 || type === 12;

export class Tuple {
  /** 4, 6, or 0: no IP packet, or one whose header cannot be read. */
  version = 0;
  protocol = 0;
  /** Big-endian words; an IPv4 address is word 0, the others are 0. */
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  /** Of TCP, UDP and their like; of ICMP queries both are the identifier; else 0. */
  sourcePort = 0;
  destinationPort = 0;
  hasPorts = false;
  hasIdentifier = false;
  isSynAck = false;
  isFragment = false;
  /** A fragment without the header of the upper layer. */
  isLaterFragment = false;
  fragmentId = 0;
  /** An ICMP error; `quoted.version` tells whether what it quotes can be read. */
  isError = false;
  /** 48 bits, or -1 when the link type has none. */
  sourceMac = -1;
  /** Index of the IP header. */
  l3At = 0;
  /** Index of the upper layer's header, or -1. */
  l4At = -1;
  /** Index after the last byte present. */
  end = 0;
  /** Null in a quoted packet. */
  readonly quoted: Tuple | null;

  constructor(isQuoted = false) {
    this.quoted = isQuoted ? null : new Tuple(true);
  }

  /** Reads a record of `length` bytes at `start`. */
  read(bytes: Uint8Array, start: number, length: number, linkType: number): void {
    this.#clear();
    this.end = start + length;
    const l3At = this.#link(bytes, start, linkType);
    if (l3At >= 0) this.#ip(bytes, l3At);
  }

  #clear(): void {
    this.version = 0;
    this.protocol = 0;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.hasPorts = false;
    this.hasIdentifier = false;
    this.isSynAck = false;
    this.isFragment = false;
    this.isLaterFragment = false;
    this.isError = false;
    this.sourceMac = -1;
    this.l4At = -1;
  }

  /** Index of what follows the link header when that is IP, else -1. */
  #link(bytes: Uint8Array, start: number, linkType: number): number {
    const length = this.end - start;
    if (linkType === LinkType.raw) return start;
    if (linkType === LinkType.null) {
      // The family is in the byte order of whoever wrote it; all of them fit a byte.
      const family = length < 4 ? 0 : bytes[start] | bytes[start + 3];
      return family === 2 || family === 10 || family === 24 || family === 28 || family === 30 ? start + 4 : -1;
    }
    let at: number;
    let etherType: number;
    if (linkType === LinkType.ethernet) {
      if (length < 14) return -1;
      this.#mac(bytes, start + 6);
      etherType = u16(bytes, start + 12);
      at = start + 14;
    } else if (linkType === LinkType.linuxSll) {
      if (length < 16) return -1;
      if (u16(bytes, start + 4) === 6) this.#mac(bytes, start + 6);
      etherType = u16(bytes, start + 14);
      at = start + 16;
    } else {
      if (length < 20) return -1;
      if (bytes[start + 11] === 6) this.#mac(bytes, start + 12);
      etherType = u16(bytes, start);
      at = start + 20;
    }
    for (let tags = 0; isTag(etherType) && at + 4 <= this.end && tags < MAX_NESTED_HEADERS; tags++) {
      etherType = u16(bytes, at + 2);
      at += 4;
    }
    return etherType === EtherType.ipv4 || etherType === EtherType.ipv6 ? at : -1;
  }

  #mac(bytes: Uint8Array, at: number): void {
    this.sourceMac = u16(bytes, at) * 2 ** 32 + u32(bytes, at + 2);
  }

  #ip(bytes: Uint8Array, at: number): void {
    if (at >= this.end) return;
    this.l3At = at;
    if (bytes[at] >>> 4 === 4) this.#ipv4(bytes, at);
    else if (bytes[at] >>> 4 === 6) this.#ipv6(bytes, at);
  }

  #ipv4(bytes: Uint8Array, at: number): void {
    const headerBytes = (bytes[at] & 15) << 2;
    if (headerBytes < 20 || at + headerBytes > this.end) return;
    this.version = 4;
    putIpv4(this.source, bytes, at + 12);
    putIpv4(this.destination, bytes, at + 16);
    this.protocol = bytes[at + 9];
    const fragment = u16(bytes, at + 6) & 0x3fff;
    this.isFragment = fragment !== 0;
    this.isLaterFragment = (fragment & 0x1fff) !== 0;
    this.fragmentId = u16(bytes, at + 4);
    // What lies behind the packet is padding of the link, unless the length says nothing (offloaded segments say 0).
    const total = u16(bytes, at + 2);
    if (total >= headerBytes && at + total < this.end) this.end = at + total;
    if (!this.isLaterFragment) this.#upper(bytes, at + headerBytes);
  }

  #ipv6(bytes: Uint8Array, at: number): void {
    if (at + 40 > this.end) return;
    this.version = 6;
    for (let word = 0; word < 4; word++) {
      this.source[word] = u32(bytes, at + 8 + 4 * word);
      this.destination[word] = u32(bytes, at + 24 + 4 * word);
    }
    const payloadBytes = u16(bytes, at + 4);
    if (payloadBytes > 0 && at + 40 + payloadBytes < this.end) this.end = at + 40 + payloadBytes;
    let next = bytes[at + 6];
    let here = at + 40;
    for (let passed = 0; passed < MAX_NESTED_HEADERS && here + 8 <= this.end; passed++) {
      if (next === Protocol.fragment) {
        const offset = u16(bytes, here + 2) & 0xfff9;
        this.isFragment = offset !== 0;
        this.isLaterFragment = offset > 1;
        this.fragmentId = u32(bytes, here + 4);
        next = bytes[here];
        here += 8;
        if (this.isLaterFragment) break;
      } else if (next === Protocol.hopByHop || next === Protocol.routing || next === Protocol.destination) {
        next = bytes[here];
        here += (bytes[here + 1] + 1) << 3;
      } else if (next === Protocol.authentication) {
        next = bytes[here];
        here += (bytes[here + 1] + 2) << 2;
      } else break;
    }
    this.protocol = next;
    if (!this.isLaterFragment) this.#upper(bytes, here);
  }

  #upper(bytes: Uint8Array, at: number): void {
    const { protocol, end } = this;
    if (protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp || protocol === Protocol.dccp || protocol === Protocol.udpLite) {
      if (at + 4 > end) return;
      this.l4At = at;
      this.hasPorts = true;
      this.sourcePort = u16(bytes, at);
      this.destinationPort = u16(bytes, at + 2);
      this.isSynAck = protocol === Protocol.tcp && at + 14 <= end && (bytes[at + 13] & SYN_ACK) === SYN_ACK;
    } else if ((protocol === Protocol.icmp && this.version === 4) || (protocol === Protocol.icmpv6 && this.version === 6)) {
      this.#icmp(bytes, at);
    }
  }

  #icmp(bytes: Uint8Array, at: number): void {
    if (at + 8 > this.end) return;
    this.l4At = at;
    const type = bytes[at];
    if (this.version === 4 ? hasIdentifier(type) : type === 128 || type === 129) {
      this.hasIdentifier = true;
      this.sourcePort = u16(bytes, at + 4);
      this.destinationPort = this.sourcePort;
    } else if (this.version === 4 ? isIcmpError(type) : type < 128) {
      this.isError = true;
      this.quoted?.quote(bytes, at + 8, this.end, this.version);
    }
  }

  /** Reads the packet inside an ICMP error; it may be cut off anywhere. */
  quote(bytes: Uint8Array, at: number, end: number, version: number): void {
    this.#clear();
    this.end = end;
    this.#ip(bytes, at);
    // An error about an error is not sent; a quote of another version is not one.
    if (this.isError || this.version !== version) this.version = 0;
  }
}
