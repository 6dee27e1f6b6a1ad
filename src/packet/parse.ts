/**
 * Hot: no allocation. The one parse of a packet, at ingress: finds where its headers are and notes it in the slot header.
 * Whatever the bytes are, nothing outside the packet is read, and nothing is thrown.
 *
 * A header that cannot be read, or cannot be true, makes the packet malformed. The layers below it were read, and their
 * views still work; it and the layers above have none.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, Layer3, LinkType, ParseFlag } from '../memory/slot-layout.js';
import { ARP_BYTES, isArpComplete, isArpForIpv4 } from './arp.js';
import { readU16 } from './bytes.js';
import { ICMP_BYTES } from './icmp.js';
import { ipv4HeaderLength, ipv4IsFragment, ipv4IsLaterFragment, ipv4Protocol } from './ipv4.js';
import { ipv6NextHeader, isIpv6Header } from './ipv6.js';
import { ExtensionWalk } from './ipv6-extensions.js';
import { ETHERNET_BYTES, hasEtherType, layer3OfFamily, linkBytes, linkEtherType } from './link.js';
import { IPV6_BYTES, ipv4End, ipv6End } from './packet-end.js';
import { EtherType, IpProtocol } from './protocols.js';
import { TCP_MIN_BYTES, tcpHeaderLength } from './tcp.js';
import { UDP_BYTES, isUdpHeader } from './udp.js';
import { MAX_VLANS, VLAN_BYTES, isVlan } from './vlan.js';

/** Flags that a parse keeps as it finds them. */
const KEPT_FLAGS = ParseFlag.snapped | ParseFlag.tuplePublished | ParseFlag.offload;
/** Where the transport header of a plain packet begins: behind Ethernet and an IPv4 header without options. */
const PLAIN_L4 = ETHERNET_BYTES + 20;

const walk = new ExtensionWalk();

// What the parse under way has found: plain words of this module, because results of several numbers would be objects.
let flags = 0;
let l3 = 0;
let l4 = 0;
let l3At = 0;
let l4At = 0;
let payloadAt = 0;
let vlanCount = 0;
/** Where the packet ended on the wire: beyond the bytes present when a capture cut it. */
let originalEnd = 0;

/**
 * Parses the packet in `region[start, start + length)`, whose link type, original length and kept flags (`snapped`,
 * `tuplePublished`, `offload`) are in its slot header, and writes l3, l4, parseFlags, l3Offset, l4Offset, payloadOffset, vlanCount.
 */
export function parsePacket(region: Uint8Array, start: number, length: number, headers: SlotHeaders, slotIndex: number): void {
  if (parsePlain(region, start, length, headers, slotIndex)) return;
  const at = slotIndex << 6;
  const { u8, u16 } = headers;
  const originalLength = headers.u32[(slotIndex << 4) + (HeaderOffset.originalLength >> 2)];
  flags = u8[at + HeaderOffset.parseFlags] & KEPT_FLAGS;
  if (originalLength > length) flags |= ParseFlag.snapped;
  originalEnd = start + (originalLength > length ? originalLength : length);
  l3 = Layer3.other;
  l4 = 0;
  l3At = start;
  l4At = start;
  payloadAt = start;
  vlanCount = 0;
  parseLink(u8[at + HeaderOffset.linkType], region, start, start + length);
  u8[at + HeaderOffset.l3] = l3;
  u8[at + HeaderOffset.l4] = l4;
  u8[at + HeaderOffset.parseFlags] = flags;
  u8[at + HeaderOffset.vlanCount] = vlanCount;
  const half = slotIndex << 5;
  u16[half + (HeaderOffset.l3Offset >> 1)] = l3At - start;
  u16[half + (HeaderOffset.l4Offset >> 1)] = l4At - start;
  u16[half + (HeaderOffset.payloadOffset >> 1)] = payloadAt - start;
}

/**
 * Most packets are plain: a whole Ethernet frame without tags, IPv4 without options or fragments, TCP or UDP. They are
 * parsed here in one go, with what the general parser would find; for any other packet nothing is written.
 */
function parsePlain(bytes: Uint8Array, start: number, length: number, headers: SlotHeaders, slotIndex: number): boolean {
  const { u8, u16, u32 } = headers;
  const at = slotIndex << 6;
  if (u8[at + HeaderOffset.linkType] !== LinkType.ethernet || length < PLAIN_L4 + UDP_BYTES) return false;
  if (u32[(slotIndex << 4) + (HeaderOffset.originalLength >> 2)] > length || (u8[at + HeaderOffset.parseFlags] & ~ParseFlag.offload) !== 0) return false;
  if (bytes[start + 12] !== 0x08 || bytes[start + 13] !== 0x00 || bytes[start + ETHERNET_BYTES] !== 0x45) return false;
  const end = ETHERNET_BYTES + ((bytes[start + 16] << 8) | bytes[start + 17]);
  if (end > length || ((bytes[start + 20] & 0x3f) | bytes[start + 21]) !== 0) return false; // more fragments, or an offset
  const protocol = bytes[start + 23];
  let payload: number;
  if (protocol === IpProtocol.udp) {
    const datagramBytes = (bytes[start + PLAIN_L4 + 4] << 8) | bytes[start + PLAIN_L4 + 5];
    if (datagramBytes < UDP_BYTES || PLAIN_L4 + datagramBytes > end) return false;
    payload = PLAIN_L4 + UDP_BYTES;
  } else if (protocol === IpProtocol.tcp) {
    if (PLAIN_L4 + TCP_MIN_BYTES > end) return false;
    const headerBytes = (bytes[start + PLAIN_L4 + 12] >>> 4) << 2;
    payload = PLAIN_L4 + headerBytes;
    if (headerBytes < TCP_MIN_BYTES || payload > end) return false;
  } else return false;
  u8[at + HeaderOffset.l3] = Layer3.ipv4;
  u8[at + HeaderOffset.l4] = protocol;
  u8[at + HeaderOffset.vlanCount] = 0;
  const half = slotIndex << 5;
  u16[half + (HeaderOffset.l3Offset >> 1)] = ETHERNET_BYTES;
  u16[half + (HeaderOffset.l4Offset >> 1)] = PLAIN_L4;
  u16[half + (HeaderOffset.payloadOffset >> 1)] = payload;
  return true;
}

function parseLink(linkType: number, bytes: Uint8Array, start: number, end: number): void {
  if (linkType === LinkType.unsupported) return;
  let at = start + linkBytes(linkType);
  if (at > end) {
    flags |= ParseFlag.malformed;
    return;
  }
  if (hasEtherType(linkType)) {
    let etherType = linkEtherType(linkType, bytes, start);
    while (isVlan(etherType) && vlanCount < MAX_VLANS) {
      if (at + VLAN_BYTES > end) {
        flags |= ParseFlag.malformed;
        return;
      }
      etherType = readU16(bytes, at + 2);
      at += VLAN_BYTES;
      vlanCount++;
    }
    if (etherType === EtherType.ipv4) l3 = Layer3.ipv4;
    else if (etherType === EtherType.ipv6) l3 = Layer3.ipv6;
    else if (etherType === EtherType.arp) l3 = Layer3.arp;
  } else if (linkType === LinkType.null) {
    l3 = layer3OfFamily(bytes, start);
  } else if (linkType === LinkType.raw) {
    const version = at < end ? bytes[at] >>> 4 : 0;
    l3 = version === 4 ? Layer3.ipv4 : version === 6 ? Layer3.ipv6 : Layer3.other;
    if (l3 === Layer3.other) flags |= ParseFlag.malformed;
  }
  l3At = at;
  if (l3 === Layer3.ipv4) parseIpv4(bytes, at, end);
  else if (l3 === Layer3.ipv6) parseIpv6(bytes, at, end);
  else if (l3 === Layer3.arp) parseArp(bytes, at, end);
  else payloadAt = at;
}

function parseArp(bytes: Uint8Array, at: number, end: number): void {
  if (!isArpComplete(bytes, at, end)) flags |= ParseFlag.malformed;
  else if (isArpForIpv4(bytes, at)) payloadAt = at + ARP_BYTES;
}

function parseIpv4(bytes: Uint8Array, at: number, end: number): void {
  const headerLength = ipv4HeaderLength(bytes, at, end);
  const wireEnd = headerLength === 0 ? 0 : ipv4End(bytes, at, originalEnd);
  if (headerLength === 0 || (wireEnd > end && (flags & ParseFlag.snapped) === 0)) {
    flags |= ParseFlag.malformed;
    return;
  }
  l4 = ipv4Protocol(bytes, at);
  payloadAt = at + headerLength;
  if (ipv4IsFragment(bytes, at)) flags |= ParseFlag.fragment;
  if (ipv4IsLaterFragment(bytes, at)) flags |= ParseFlag.laterFragment;
  else parseL4(bytes, payloadAt, wireEnd < end ? wireEnd : end, wireEnd);
}

function parseIpv6(bytes: Uint8Array, at: number, end: number): void {
  const wireEnd = isIpv6Header(bytes, at, end) ? ipv6End(bytes, at, originalEnd) : 0;
  if (wireEnd === 0 || (wireEnd > end && (flags & ParseFlag.snapped) === 0)) {
    flags |= ParseFlag.malformed;
    return;
  }
  const present = wireEnd < end ? wireEnd : end;
  walk.walk(bytes, at + IPV6_BYTES, present, ipv6NextHeader(bytes, at));
  l4 = walk.protocol;
  payloadAt = walk.at;
  if (!walk.isComplete) flags |= ParseFlag.malformed;
  if (walk.isFragment) flags |= ParseFlag.fragment;
  if (walk.isLaterFragment) flags |= ParseFlag.laterFragment;
  else if (walk.isComplete) parseL4(bytes, walk.at, present, wireEnd);
}

/** Up to `end`, the end of what is present; by its length the packet ends at `wireEnd`, which is later if a capture cut it. */
function parseL4(bytes: Uint8Array, at: number, end: number, wireEnd: number): void {
  let headerLength: number;
  if (l4 === IpProtocol.tcp) {
    headerLength = tcpHeaderLength(bytes, at, end, wireEnd);
  } else if (l4 === IpProtocol.udp) {
    // The first fragment of a datagram holds the length of the whole.
    const limit = (flags & ParseFlag.fragment) !== 0 ? Infinity : wireEnd;
    headerLength = isUdpHeader(bytes, at, end, limit) ? UDP_BYTES : 0;
  } else if (l4 === (l3 === Layer3.ipv4 ? IpProtocol.icmp : IpProtocol.icmpv6)) {
    headerLength = at + ICMP_BYTES <= end ? ICMP_BYTES : 0;
  } else {
    return;
  }
  if (headerLength === 0) {
    flags |= ParseFlag.malformed;
    return;
  }
  l4At = at;
  payloadAt = at + headerLength < end ? at + headerLength : end;
}
