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

/** Finishes the TCP or UDP checksum of the Ethernet frame in `bytes[start, start + length)` when it is only begun. */
export function finishChecksum(bytes: Uint8Array, start: number, length: number): void {
  const l3 = start + ETHERNET_BYTES;
  if (length < ETHERNET_BYTES + 28) return;
  const etherType = readU16(bytes, l3 - 2);
  if (etherType === EtherType.ipv4) {
    const l4 = l3 + (bytes[l3] & 15) * 4;
    const end = l3 + readU16(bytes, l3 + 2);
    // A fragment's checksum covers what is not here.
    if ((readU16(bytes, l3 + 6) & 0x3fff) === 0) finish(bytes, bytes[l3 + 9], l3 + 12, 8, l4, Math.min(end, start + length));
  } else if (etherType === EtherType.ipv6 && length >= ETHERNET_BYTES + 48) {
    finish(bytes, bytes[l3 + 6], l3 + 8, 32, l3 + 40, Math.min(l3 + 40 + readU16(bytes, l3 + 4), start + length));
  }
}

function finish(bytes: Uint8Array, protocol: number, addresses: number, addressBytes: number, l4: number, end: number): void {
  if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp) return;
  const isUdp = protocol === IpProtocol.udp;
  const place = l4 + (isUdp ? UDP_CHECKSUM : TCP_CHECKSUM);
  if (place + 2 > end) return;
  const pseudo = pseudoHeaderSum(bytes, addresses, addressBytes, protocol, end - l4);
  if (readU16(bytes, place) !== pseudo) return;
  writeU16(bytes, place, 0);
  const sum = checksum(bytes, l4, end - l4, pseudo);
  writeU16(bytes, place, sum === 0 && isUdp ? 0xffff : sum);
}
