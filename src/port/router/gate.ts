/**
 * Hot: no allocation. What a leg does with a frame before it goes to the chain. It takes what is for the router itself: ARP
 * (RFC 826), neighbour discovery (RFC 4861), and echo requests to its addresses (RFC 1122 section 3.2.2.6, RFC 4443 section 4.1).
 * It lets pass what a router forwards: sound unicast packets that were sent to its hardware address. Those for its own address
 * that are none of the above pass too, because NAT may know whose they are.
 */
import { LinkType } from '../../memory/slot-layout.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import { readU16, readU32, readU48 } from '../../packet/bytes.js';
import { checksum } from '../../packet/checksum.js';
import { EtherType, IpProtocol } from '../../packet/protocols.js';
import { AddressSet } from './address-set.js';
import { EchoRequest } from './echo.js';
import { isHostMac, MAPPED, type LegSpec } from './leg.js';
import { ARP_BYTES, ArpOperation, ETHERNET_BYTES } from './messages.js';
import { ReportFlag, type ReportWriter } from './reports.js';
import type { Responder } from './responder.js';
import { readNeighbourMessage, NeighbourMessage } from './neighbour-message.js';

const NOT_FOR_ROUTER = builtInDrop('not-for-router');
const NOT_ROUTABLE = builtInDrop('not-routable');
const IP_HEADER_INVALID = builtInDrop('ip-header-invalid');
const TAKEN_BY_ROUTER = builtInDrop('taken-by-router');

const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const ICMP_BYTES = 8;

export class Gate {
  readonly #bytes: Uint8Array;
  readonly #linkType: number;
  readonly #mac: number;
  readonly #own: AddressSet;
  readonly #reports: ReportWriter;
  readonly #responder: Responder;
  readonly #message = new NeighbourMessage();

  constructor(bytes: Uint8Array, linkType: number, leg: LegSpec, reports: ReportWriter, responder: Responder) {
    this.#bytes = bytes;
    this.#linkType = linkType;
    this.#mac = leg.mac;
    this.#own = new AddressSet(leg);
    this.#reports = reports;
    this.#responder = responder;
  }

  /**
   * Looks at the packet in `bytes[start, start + length)`.
   * @returns 0 when it goes to the chain; else the drop reason for which it goes no further.
   */
  admit(start: number, length: number): number {
    const bytes = this.#bytes;
    const end = start + length;
    if (this.#linkType === LinkType.raw) return this.#packet(start, end, bytes[start] >>> 4);
    if (length < ETHERNET_BYTES) return NOT_ROUTABLE;
    const isGroup = (bytes[start] & 1) !== 0;
    if (!isGroup && readU48(bytes, start) !== this.#mac) return NOT_FOR_ROUTER;
    const l3 = start + ETHERNET_BYTES;
    const etherType = readU16(bytes, start + 12);
    if (etherType === EtherType.arp) return this.#arp(l3, end);
    if (isGroup) return etherType === EtherType.ipv6 ? this.#group(l3, end) : NOT_ROUTABLE;
    if (etherType === EtherType.ipv4) return this.#packet(l3, end, 4);
    return etherType === EtherType.ipv6 ? this.#packet(l3, end, 6) : NOT_ROUTABLE;
  }

  #packet(at: number, end: number, version: number): number {
    if (version === 4) return this.#ipv4(at, end);
    return version === 6 ? this.#ipv6(at, end) : NOT_ROUTABLE;
  }

  /** RFC 1812 sections 5.2.2 (the header) and 5.3.7 (addresses that cannot be). */
  #ipv4(at: number, end: number): number {
    const bytes = this.#bytes;
    const headerLength = (bytes[at] & 15) << 2;
    if (at + IPV4_BYTES > end || bytes[at] >>> 4 !== 4 || headerLength < IPV4_BYTES || at + headerLength > end) return IP_HEADER_INVALID;
    const totalLength = readU16(bytes, at + 2);
    if (totalLength < headerLength || at + totalLength > end || checksum(bytes, at, headerLength) !== 0) return IP_HEADER_INVALID;
    const source = readU32(bytes, at + 12) | 0;
    const destination = readU32(bytes, at + 16) | 0;
    if (!isHost4(source) || !isHost4(destination) || this.#own.has(0, 0, MAPPED, source)) return NOT_ROUTABLE;
    const icmp = at + headerLength;
    const isEcho = bytes[at + 9] === IpProtocol.icmp && icmp + ICMP_BYTES <= at + totalLength && bytes[icmp] === EchoRequest.type4 && bytes[icmp + 1] === 0;
    if (!isEcho || (readU16(bytes, at + 6) & 0x3fff) !== 0 || !this.#own.has(0, 0, MAPPED, destination)) return 0;
    this.#responder.echo4(at, icmp, totalLength - headerLength);
    return TAKEN_BY_ROUTER;
  }

  #ipv6(at: number, end: number): number {
    const bytes = this.#bytes;
    if (!this.#isIpv6(at, end)) return IP_HEADER_INVALID;
    const payload = at + IPV6_BYTES;
    const bytesOfPayload = readU16(bytes, at + 4);
    const first = bytes[payload];
    const isIcmp = bytes[at + 6] === IpProtocol.icmpv6 && bytesOfPayload >= ICMP_BYTES;
    if (isIcmp && (first === 135 || first === 136)) return this.#neighbour(at);
    if (!this.#isHost6(at + 8) || !this.#isHost6(at + 24) || this.#isOwn(at + 8)) return NOT_ROUTABLE;
    if (isIcmp && first === EchoRequest.type6 && bytes[payload + 1] === 0 && this.#isOwn(at + 24)) {
      this.#responder.echo6(at, bytesOfPayload);
      return TAKEN_BY_ROUTER;
    }
    // RFC 4291 section 2.5.6: link-local addresses stay on their link.
    return isLinkLocal(bytes, at + 8) || isLinkLocal(bytes, at + 24) ? NOT_ROUTABLE : 0;
  }

  /** What was sent to a group: neighbour discovery alone is for us. */
  #group(at: number, end: number): number {
    if (!this.#isIpv6(at, end)) return IP_HEADER_INVALID;
    const type = this.#bytes[at + IPV6_BYTES];
    const isNeighbour = this.#bytes[at + 6] === IpProtocol.icmpv6 && (type === 135 || type === 136);
    return isNeighbour ? this.#neighbour(at) : NOT_ROUTABLE;
  }

  #isIpv6(at: number, end: number): boolean {
    return at + IPV6_BYTES <= end && this.#bytes[at] >>> 4 === 6 && at + IPV6_BYTES + readU16(this.#bytes, at + 4) <= end;
  }

  #neighbour(at: number): number {
    const bytes = this.#bytes;
    const message = this.#message;
    if (this.#linkType !== LinkType.ethernet || !readNeighbourMessage(message, bytes, at)) return NOT_ROUTABLE;
    const target = message.target;
    if (message.isSolicitation) {
      if (!this.#isOwn(target)) return TAKEN_BY_ROUTER;
      if (message.mac >= 0 && !message.isProbe) this.#tell6(at + 8, message.mac, ReportFlag.override | ReportFlag.asksUs);
      this.#responder.advertise(at, target, message.isProbe);
    } else if (!this.#isOwn(target)) {
      // Who was asked by unicast may leave its address out (RFC 4861 section 4.4): then the frame says where it is.
      const mac = message.mac >= 0 ? message.mac : at - ETHERNET_BYTES + 6;
      this.#tell6(target, mac, (message.isSolicited ? ReportFlag.answer : 0) | (message.overrides ? ReportFlag.override : 0));
    }
    return TAKEN_BY_ROUTER;
  }

  #tell6(address: number, mac: number, flags: number): void {
    const bytes = this.#bytes;
    if (!isHostMac(readU48(bytes, mac))) return;
    this.#reports.tell(readU32(bytes, address) | 0, readU32(bytes, address + 4) | 0, readU32(bytes, address + 8) | 0, readU32(bytes, address + 12) | 0, bytes, mac, flags);
  }

  #arp(at: number, end: number): number {
    const bytes = this.#bytes;
    const isArp = at + ARP_BYTES <= end && readU16(bytes, at) === 1 && readU16(bytes, at + 2) === EtherType.ipv4 && readU16(bytes, at + 4) === 0x0604;
    if (!isArp) return NOT_ROUTABLE;
    const operation = readU16(bytes, at + 6);
    const sender = readU32(bytes, at + 14) | 0;
    const isForUs = this.#own.has(0, 0, MAPPED, readU32(bytes, at + 24) | 0);
    const isHost = isHost4(sender) && isHostMac(readU48(bytes, at + 8)) && !this.#own.has(0, 0, MAPPED, sender);
    const isReply = operation === ArpOperation.reply;
    if (isHost) {
      const flags = ReportFlag.override | (isReply && isForUs ? ReportFlag.answer : 0) | (!isReply && isForUs ? ReportFlag.asksUs : 0);
      this.#reports.tell(0, 0, MAPPED, sender, bytes, at + 8, flags);
    }
    // A probe (RFC 5227 section 2.1.1) has no sender, and is answered: the address is taken.
    if (operation === ArpOperation.request && isForUs && (isHost || sender === 0)) this.#responder.arp(at);
    return TAKEN_BY_ROUTER;
  }

  #isOwn(at: number): boolean {
    const bytes = this.#bytes;
    return this.#own.has(readU32(bytes, at) | 0, readU32(bytes, at + 4) | 0, readU32(bytes, at + 8) | 0, readU32(bytes, at + 12) | 0);
  }

  /** Neither a group, nor unspecified, the loopback, or an IPv4 address in disguise (all below ::1:0:0:0). */
  #isHost6(at: number): boolean {
    return this.#bytes[at] !== 0xff && (readU32(this.#bytes, at) | readU32(this.#bytes, at + 4)) !== 0;
  }
}

/** Neither of network 0 nor the loopback, nor a group, reserved or broadcast (RFC 1122 section 3.2.1.3). */
function isHost4(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

function isLinkLocal(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xfe && (bytes[at + 1] & 0xc0) === 0x80;
}
