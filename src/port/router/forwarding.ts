/**
 * Hot: no allocation. What becomes of a packet that is to leave by a leg: the route, the checks of a router (RFC 1812 section
 * 5.3), the next hop's hardware address. Pure but for the neighbours that it asks for: it reads and writes the packet and its
 * slot header, and says what is to be done.
 */
import { HeaderOffset, Layer3, LinkType, ParseFlag } from '../../memory/slot-layout.js';
import type { SlotHeaders } from '../../memory/slot-headers.js';
import type { Region } from '../../memory/region.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import { readU16, readU32 } from '../../packet/bytes.js';
import { difference16, mendChecksum } from '../../packet/checksum.js';
import { IPV4_MIN_BYTES } from '../../packet/ipv4.js';
import { IPV6_BYTES } from '../../packet/packet-end.js';
import { IpProtocol } from '../../packet/protocols.js';
import { mssBetween, sourceOf } from './choices.js';
import { clampMss } from './clamp-mss.js';
import { EchoRequest, swapHardwareAddresses, turnEcho4, turnEcho6 } from './echo.js';
import { ANSWER_TTL, IcmpError, mayAnswer, writeIcmpError } from './icmp-error.js';
import { MAPPED, type AddressWords, type Legs } from './leg.js';
import type { LinkHeader } from './link-header.js';
import { isUndivided, longestWirePacket } from './wire-length.js';
import type { NeighbourTable } from './neighbour-table.js';
import { RateLimit } from './rate-limit.js';
import { RouteTable } from './route-table.js';
import { RouteKind } from './routes.js';

const TAKEN_BY_ROUTER = builtInDrop('taken-by-router');
const NOT_ROUTABLE = builtInDrop('not-routable');
const IP_HEADER_INVALID = builtInDrop('ip-header-invalid');
const ROUTER_DESTINATION = builtInDrop('router-destination');
const ROUTER_NO_ROUTE = builtInDrop('router-no-route');
const ROUTER_TTL = builtInDrop('router-ttl');
const MTU_EXCEEDED = builtInDrop('mtu-exceeded');
const NEIGHBOUR_UNRESOLVED = builtInDrop('neighbour-unresolved');
const NEIGHBOUR_QUEUE_FULL = builtInDrop('neighbour-queue-full');
const EGRESS_FAILED = builtInDrop('egress-failed');

/** What is to be done with a packet, beside a drop reason. */
export const Outcome = {
  /** It is ready to be sent: whole, or in fragments when `isLong` says so. */
  send: 0,
  /** It is kept until its neighbour is known. */
  wait: -1,
} as const;

const DONT_FRAGMENT = 0x4000;
/** What an IPv6 header is longer than one of IPv4. */
const IPV6_MORE = IPV6_BYTES - IPV4_MIN_BYTES;

export class Forwarding {
  /** Whether the last packet with a drop reason was rewritten into an error that goes back. */
  isAnswered = false;
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #mtu: number;
  readonly #link: LinkHeader;
  readonly #routes: RouteTable;
  readonly #neighbours: NeighbourTable;
  readonly #limit = new RateLimit();
  /** By port that a packet came in by: the sources of errors, and the largest segment over IPv4 (0: not clamped). */
  readonly #sources4: readonly (AddressWords | null)[];
  readonly #sources6: readonly (AddressWords | null)[];
  readonly #mss: Uint16Array;

  constructor(region: Region, headers: SlotHeaders, link: LinkHeader, legs: Legs, port: number, neighbours: NeighbourTable) {
    const leg = legs[port]!;
    this.#region = region;
    this.#headers = headers;
    this.#mtu = leg.mtu;
    this.#link = link;
    this.#routes = new RouteTable(legs, port);
    this.#neighbours = neighbours;
    this.#sources4 = legs.map((each) => sourceOf(each, true) ?? sourceOf(leg, true));
    this.#sources6 = legs.map((each) => sourceOf(each, false) ?? sourceOf(leg, false));
    this.#mss = Uint16Array.from(legs.map((each) => mssBetween(each, leg)));
  }

  /** @returns one of Outcome, or the drop reason. */
  forward(address: number, nowMs: number): number {
    this.isAnswered = false;
    const { bytes } = this.#region;
    const { u8, u16, u32 } = this.#headers;
    const slot = this.#region.slotIndex(address);
    const l3 = u8[(slot << 6) + HeaderOffset.l3];
    const l3Offset = u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
    const length = u32[(slot << 4) + 1];
    const at = address + u32[slot << 4] + l3Offset;
    if (l3 !== Layer3.ipv4 && l3 !== Layer3.ipv6) return NOT_ROUTABLE;
    const isIpv4 = l3 === Layer3.ipv4;
    // Where the headers lie is what functions left: looked at before it is used.
    if (l3Offset + (isIpv4 ? IPV4_MIN_BYTES : IPV6_BYTES) > length || bytes[at] >>> 4 !== l3) return IP_HEADER_INVALID;
    const wireBytes = isIpv4 ? readU16(bytes, at + 2) : IPV6_BYTES + readU16(bytes, at + 4);
    if (l3Offset + wireBytes > length) return IP_HEADER_INVALID;
    const w0 = isIpv4 ? 0 : readU32(bytes, at + 24) | 0;
    const w1 = isIpv4 ? 0 : readU32(bytes, at + 28) | 0;
    const w2 = isIpv4 ? MAPPED : readU32(bytes, at + 32) | 0;
    const w3 = readU32(bytes, at + (isIpv4 ? 16 : 36)) | 0;
    if (isIpv4 ? !isForwardable4(w3) : !isForwardable6(w0, w1)) return NOT_ROUTABLE;
    const route = this.#routes.lookup(w0, w1, w2, w3);
    const kind = route < 0 ? RouteKind.elsewhere : this.#routes.kind(route);
    if (kind === RouteKind.local) return this.#toItself(address, slot, nowMs);
    if (kind === RouteKind.broadcast) return NOT_ROUTABLE;
    if (bytes[at + (isIpv4 ? 8 : 7)] <= 1) return this.answer(address, slot, ROUTER_TTL, IcmpError.timeExceeded, 0, nowMs);
    if (kind === RouteKind.elsewhere) return this.answer(address, slot, ROUTER_NO_ROUTE, IcmpError.noRoute, 0, nowMs);
    const isLong = longestWirePacket(bytes, this.#headers, address, slot, at) > this.#mtu;
    if (isLong && (!isIpv4 || (readU16(bytes, at + 6) & DONT_FRAGMENT) !== 0 || isUndivided(bytes, address, u8[(slot << 6) + HeaderOffset.parseFlags]))) {
      return this.answer(address, slot, MTU_EXCEEDED, IcmpError.tooBig, this.#mtu, nowMs);
    }
    this.#clamp(slot, address + u32[slot << 4], at + wireBytes, isIpv4);
    takeOneHop(bytes, at, isIpv4);
    return this.#toNeighbour(address, slot, route, kind, at, wireBytes, isIpv4, w0, w1, w2, w3, nowMs);
  }

  /** A packet that waited in vain. Returns the drop reason; see `isAnswered`. */
  unresolved(address: number, nowMs: number): number {
    return this.answer(address, this.#region.slotIndex(address), NEIGHBOUR_UNRESOLVED, IcmpError.hostUnreachable, 0, nowMs);
  }

  /** Whether a packet that is ready is to be sent in fragments. */
  isLong(address: number): boolean {
    const slot = this.#region.slotIndex(address);
    const { u8, u32 } = this.#headers;
    return u32[(slot << 4) + 1] > this.#mtu + this.#link.bytes && !isUndivided(this.#region.bytes, address, u8[(slot << 6) + HeaderOffset.parseFlags]);
  }

  /** Rewrites the packet into an error where that is allowed. Returns `reason`; see `isAnswered`. */
  answer(address: number, slot: number, reason: number, error: number, value: number, nowMs: number): number {
    const { bytes } = this.#region;
    const { u8, u32 } = this.#headers;
    const ingress = u8[(slot << 6) + HeaderOffset.ingressPort];
    const source = (u8[(slot << 6) + HeaderOffset.l3] === Layer3.ipv4 ? this.#sources4 : this.#sources6)[ingress];
    this.isAnswered = source !== null && source !== undefined && mayAnswer(bytes, this.#headers, slot, address + u32[slot << 4]) && this.#limit.take(nowMs)
      && writeIcmpError(bytes, this.#headers, address, slot, error, value, source);
    return reason;
  }

  /** No program listens at the router's own addresses, and what NAT wanted of it has another destination by now. */
  #toItself(address: number, slot: number, nowMs: number): number {
    const l4 = this.#headers.u8[(slot << 6) + HeaderOffset.l4];
    if (l4 === IpProtocol.icmp || l4 === IpProtocol.icmpv6) return this.#echo(address, slot);
    return this.answer(address, slot, ROUTER_DESTINATION, IcmpError.portUnreachable, 0, nowMs);
  }

  /** An echo request that came in by another leg, and so by the chain. Answers to nobody's questions are dropped in silence. */
  #echo(address: number, slot: number): number {
    const { bytes } = this.#region;
    const { u8, u16, u32 } = this.#headers;
    const start = address + u32[slot << 4];
    const ip = start + u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
    const icmp = start + u16[(slot << 5) + (HeaderOffset.l4Offset >> 1)];
    const isIpv4 = u8[(slot << 6) + HeaderOffset.l3] === Layer3.ipv4;
    const isWhole = icmp > ip && (u8[(slot << 6) + HeaderOffset.parseFlags] & (ParseFlag.fragment | ParseFlag.malformed)) === 0;
    if (!isWhole || bytes[icmp] !== (isIpv4 ? EchoRequest.type4 : EchoRequest.type6) || bytes[icmp + 1] !== 0) return ROUTER_DESTINATION;
    if (isIpv4) turnEcho4(bytes, ip, icmp, ANSWER_TTL);
    else turnEcho6(bytes, ip, icmp, ANSWER_TTL);
    if (u8[(slot << 6) + HeaderOffset.linkType] === LinkType.ethernet) swapHardwareAddresses(bytes, start);
    this.isAnswered = true;
    return TAKEN_BY_ROUTER;
  }

  #clamp(slot: number, start: number, end: number, isIpv4: boolean): void {
    const { u8, u16 } = this.#headers;
    const at8 = slot << 6;
    const most = this.#mss[u8[at8 + HeaderOffset.ingressPort]];
    const l4Offset = u16[(slot << 5) + (HeaderOffset.l4Offset >> 1)];
    if (most === 0 || u8[at8 + HeaderOffset.l4] !== IpProtocol.tcp || l4Offset === 0) return;
    clampMss(this.#region.bytes, start + l4Offset, end, isIpv4 ? most : most - IPV6_MORE, (u8[at8 + HeaderOffset.parseFlags] & ParseFlag.offload) !== 0);
  }

  #toNeighbour(
    address: number, slot: number, route: number, kind: number, at: number, wireBytes: number, isIpv4: boolean,
    w0: number, w1: number, w2: number, w3: number, nowMs: number,
  ): number {
    if (!this.#link.place(address, slot, at, wireBytes, isIpv4)) return EGRESS_FAILED;
    if (this.#link.bytes === 0) return Outcome.send;
    const isVia = kind === RouteKind.via;
    const routes = this.#routes;
    const entry = isVia
      ? this.#neighbours.use(routes.viaWord(route, 0), routes.viaWord(route, 1), routes.viaWord(route, 2), routes.viaWord(route, 3), nowMs)
      : this.#neighbours.use(w0, w1, w2, w3, nowMs);
    if (entry < 0) return NEIGHBOUR_QUEUE_FULL;
    if (!this.#neighbours.isKnown(entry)) return this.#neighbours.wait(entry, address) ? Outcome.wait : NEIGHBOUR_QUEUE_FULL;
    this.#link.address(address, this.#neighbours, entry);
    return Outcome.send;
  }
}

/** Takes one off the TTL, and mends the IPv4 header's checksum (RFC 1141, RFC 1624). */
function takeOneHop(bytes: Uint8Array, at: number, isIpv4: boolean): void {
  if (!isIpv4) {
    bytes[at + 7]--;
    return;
  }
  const word = readU16(bytes, at + 8);
  bytes[at + 8]--;
  mendChecksum(bytes, at + 10, difference16(word, word - 0x100));
}

function isForwardable4(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** Neither a group, nor link-local, nor below ::1:0:0:0, where the unspecified address, the loopback and mapped ones are. */
function isForwardable6(w0: number, w1: number): boolean {
  return w0 >>> 24 !== 0xff && w0 >>> 22 !== 0xfe80 >>> 6 && (w0 | w1) !== 0;
}
