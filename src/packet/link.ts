/**
 * Hot: no allocation. What comes in front of the network layer, by link type (the tcpdump group's LINKTYPE pages). VLAN
 * tags, where there are any, follow it.
 *
 *   Ethernet        | destination 6 | source 6 | type 2 |
 *   Linux cooked v1 | packet type 2 | ARPHRD 2 | address length 2 | address 8 | type 2 |
 *   Linux cooked v2 | type 2 | reserved 2 | interface 4 | ARPHRD 2 | packet type 1 | address length 1 | address 8 |
 *   null            | address family 4, in the byte order of the machine that captured |
 *   raw             nothing
 */
import { Layer3, LinkType } from '../memory/slot-layout.js';
import { readU16, readU32 } from './bytes.js';

const ETHERNET_TYPE = 12;
const SLL_TYPE = 14;
const SLL2_TYPE = 0;
export const ETHERNET_BYTES = 14;
const SLL_BYTES = 16;
const SLL2_BYTES = 20;
const NULL_BYTES = 4;

const FAMILY_INET = 2;

/** Bytes of the link header. */
export function linkBytes(linkType: number): number {
  if (linkType === LinkType.ethernet) return ETHERNET_BYTES;
  if (linkType === LinkType.linuxSll) return SLL_BYTES;
  if (linkType === LinkType.linuxSll2) return SLL2_BYTES;
  return linkType === LinkType.null ? NULL_BYTES : 0;
}

/** Whether the link header names what follows by EtherType. */
export function hasEtherType(linkType: number): boolean {
  return linkType === LinkType.ethernet || linkType === LinkType.linuxSll || linkType === LinkType.linuxSll2;
}

/** That EtherType. The header is complete. */
export function linkEtherType(linkType: number, bytes: Uint8Array, at: number): number {
  if (linkType === LinkType.ethernet) return readU16(bytes, at + ETHERNET_TYPE);
  return readU16(bytes, at + (linkType === LinkType.linuxSll ? SLL_TYPE : SLL2_TYPE));
}

/** Layer3 after a null header. The families of IPv6 differ: 10 on Linux, 24, 28 and 30 on the BSDs and macOS. */
export function layer3OfFamily(bytes: Uint8Array, at: number): number {
  const word = readU32(bytes, at);
  // A family fits one byte, so the byte order shows by which end of the word is zero.
  const family = word <= 0xff ? word : (word & 0xff_ffff) === 0 ? word >>> 24 : -1;
  if (family === FAMILY_INET) return Layer3.ipv4;
  return family === 10 || family === 24 || family === 28 || family === 30 ? Layer3.ipv6 : Layer3.other;
}
