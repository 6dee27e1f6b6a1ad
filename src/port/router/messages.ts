/**
 * What a leg says by itself: ARP requests and announcements (RFC 826, RFC 5227), neighbour solicitations and advertisements
 * (RFC 4861 sections 4.3 and 4.4). Written into bytes of the caller's as Ethernet frames.
 */
import { writeU16, writeU32, writeU48 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { EtherType, IpProtocol } from '../../packet/protocols.js';
import type { AddressWords } from './leg.js';

export const ETHERNET_BYTES = 14;
export const ARP_BYTES = 28;
const IPV6_BYTES = 40;
export const ND_BYTES = 32;
const OPTION_BYTES = 8;
/** Longest of these messages. */
export const MESSAGE_BYTES = ETHERNET_BYTES + IPV6_BYTES + ND_BYTES;

export const BROADCAST = 0xffffffffffff;
export const ArpOperation = { request: 1, reply: 2 } as const;
export const NdType = { solicitation: 135, advertisement: 136 } as const;
export const NdOption = { source: 1, target: 2 } as const;
/** Flags of an advertisement: from a router, an answer, to replace what is known. */
export const NdFlag = { router: 0x80, solicited: 0x40, override: 0x20 } as const;
/** What comes from further away has less (RFC 4861 section 7.1). */
export const ND_HOP_LIMIT = 255;
/** ::, of who has no address yet. */
export const UNSPECIFIED: AddressWords = [0, 0, 0, 0];
/** ff02::1. */
export const ALL_NODES: AddressWords = [0xff020000, 0, 0, 1];

/** ff02::1:ff00:0/104 with the address's lower 24 bits. */
export function solicitedNode(address: AddressWords): AddressWords {
  return [0xff020000, 0, 1, (0xff000000 | address[3]) >>> 0];
}

/** Ethernet's address of an IPv6 group (RFC 2464 section 7). */
export function groupMac(group: AddressWords): number {
  return 0x3333 * 0x100000000 + group[3];
}

export function writeEthernet(bytes: Uint8Array, at: number, destination: number, source: number, etherType: number): void {
  writeU48(bytes, at, destination);
  writeU48(bytes, at + 6, source);
  writeU16(bytes, at + 12, etherType);
}

/** Writes a frame and returns its length. An announcement is a request for one's own address. */
export function writeArp(
  bytes: Uint8Array, at: number, operation: number, [sourceMac, source]: readonly [number, number], [targetMac, target]: readonly [number, number], to: number,
): number {
  writeEthernet(bytes, at, to, sourceMac, EtherType.arp);
  const arp = at + ETHERNET_BYTES;
  writeU16(bytes, arp, 1);
  writeU16(bytes, arp + 2, EtherType.ipv4);
  writeU16(bytes, arp + 4, 0x0604);
  writeU16(bytes, arp + 6, operation);
  writeU48(bytes, arp + 8, sourceMac);
  writeU32(bytes, arp + 14, source);
  writeU48(bytes, arp + 18, targetMac);
  writeU32(bytes, arp + 24, target);
  return ETHERNET_BYTES + ARP_BYTES;
}

export interface NdMessage {
  type: number;
  /** Of an advertisement. */
  flags: number;
  target: AddressWords;
  source: AddressWords;
  destination: AddressWords;
  sourceMac: number;
  destinationMac: number;
}

/** Writes a frame with the sender's hardware address as its option, which may not stand where it has no address yet, and returns its length. */
export function writeNd(bytes: Uint8Array, at: number, { type, flags, target, source, destination, sourceMac, destinationMac }: NdMessage): number {
  writeEthernet(bytes, at, destinationMac, sourceMac, EtherType.ipv6);
  const ip = at + ETHERNET_BYTES;
  const ndBytes = source.some((word) => word !== 0) ? ND_BYTES : ND_BYTES - OPTION_BYTES;
  writeU32(bytes, ip, 0x60000000);
  writeU32(bytes, ip + 4, (ndBytes << 16) | (IpProtocol.icmpv6 << 8) | ND_HOP_LIMIT);
  writeWords(bytes, ip + 8, source);
  writeWords(bytes, ip + 24, destination);
  const nd = ip + IPV6_BYTES;
  writeU32(bytes, nd, type << 24);
  writeU32(bytes, nd + 4, flags << 24);
  writeWords(bytes, nd + 8, target);
  writeU16(bytes, nd + 2, 0);
  if (ndBytes === ND_BYTES) {
    writeU16(bytes, nd + 24, ((type === NdType.solicitation ? NdOption.source : NdOption.target) << 8) | 1);
    writeU48(bytes, nd + 26, sourceMac);
  }
  writeU16(bytes, nd + 2, checksum(bytes, nd, ndBytes, pseudoHeaderSum(bytes, ip + 8, 32, IpProtocol.icmpv6, ndBytes)));
  return ETHERNET_BYTES + IPV6_BYTES + ndBytes;
}

export function writeWords(bytes: Uint8Array, at: number, words: AddressWords): void {
  for (let k = 0; k < 4; k++) writeU32(bytes, at + 4 * k, words[k]);
}
