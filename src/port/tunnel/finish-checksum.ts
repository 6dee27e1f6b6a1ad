/**
 * Hot: no allocation. A Linux host leaves the checksum of a packet in a tunnel unfinished when the interface below promises to
 * finish it, and a virtual cable promises and does not. A datagram cannot say so. But such a checksum is the sum of the
 * pseudo-header and nothing else, so it can be told: what looks like it is computed anew, and if it was right by chance, it
 * comes out as it was.
 */
import { readU16, writeU16 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { TCP_CHECKSUM, UDP_CHECKSUM } from '../../packet/l4-checksum.js';
import { EtherType, IpProtocol } from '../../packet/protocols.js';

const ETHERNET_BYTES = 14;

const BEGUN_NOWHERE = 0;

/**
 * Looks for a TCP or UDP checksum that is only begun, in the Ethernet frame in `bytes[start, start + length)`.
 * @returns where the TCP or UDP header begins, from `start`; 0 when there is none such.
 */
export function begunChecksum(bytes: Uint8Array, start: number, length: number): number {
  const l3 = start + ETHERNET_BYTES;
  if (length < ETHERNET_BYTES + 28) return BEGUN_NOWHERE;
  const etherType = readU16(bytes, l3 - 2);
  if (etherType === EtherType.ipv4) {
    // A fragment's checksum covers what is not here.
    if ((readU16(bytes, l3 + 6) & 0x3fff) !== 0) return BEGUN_NOWHERE;
    const l4 = l3 + (bytes[l3] & 15) * 4;
    return isBegun(bytes, bytes[l3 + 9], l3 + 12, 8, l4, Math.min(l3 + readU16(bytes, l3 + 2), start + length)) ? l4 - start : BEGUN_NOWHERE;
  }
  if (etherType !== EtherType.ipv6 || length < ETHERNET_BYTES + 48) return BEGUN_NOWHERE;
  const l4 = l3 + 40;
  return isBegun(bytes, bytes[l3 + 6], l3 + 8, 32, l4, Math.min(l4 + readU16(bytes, l3 + 4), start + length)) ? l4 - start : BEGUN_NOWHERE;
}

/** Where the checksum is in the header at `l4` of the frame in which `begunChecksum` found one. */
export function begunOffset(bytes: Uint8Array, start: number): number {
  const l3 = start + ETHERNET_BYTES;
  const protocol = readU16(bytes, l3 - 2) === EtherType.ipv4 ? bytes[l3 + 9] : bytes[l3 + 6];
  return protocol === IpProtocol.udp ? UDP_CHECKSUM : TCP_CHECKSUM;
}

/** Finishes the TCP or UDP checksum of the Ethernet frame in `bytes[start, start + length)` when it is only begun. */
export function finishChecksum(bytes: Uint8Array, start: number, length: number): void {
  const l4 = begunChecksum(bytes, start, length);
  if (l4 === BEGUN_NOWHERE) return;
  const l3 = start + ETHERNET_BYTES;
  const end = readU16(bytes, l3 - 2) === EtherType.ipv4 ? l3 + readU16(bytes, l3 + 2) : l3 + 40 + readU16(bytes, l3 + 4);
  const offset = begunOffset(bytes, start);
  // The sum of the pseudo-header stands where the sum goes, and is summed with the rest.
  const sum = checksum(bytes, start + l4, Math.min(end, start + length) - start - l4);
  writeU16(bytes, start + l4 + offset, sum === 0 && offset === UDP_CHECKSUM ? 0xffff : sum);
}

function isBegun(bytes: Uint8Array, protocol: number, addresses: number, addressBytes: number, l4: number, end: number): boolean {
  if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp) return false;
  const place = l4 + (protocol === IpProtocol.udp ? UDP_CHECKSUM : TCP_CHECKSUM);
  if (place + 2 > end) return false;
  return readU16(bytes, place) === pseudoHeaderSum(bytes, addresses, addressBytes, protocol, end - l4);
}
