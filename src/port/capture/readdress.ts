/**
 * Hot: no allocation. Puts other addresses and ports into a packet and mends its checksums by the difference (RFC 1624):
 * right stays right, wrong stays wrong, and a UDP checksum of zero stays zero.
 */
import type { Connection } from './connections.js';
import { Protocol, type Tuple } from './tuple.js';

/** One's complement differences of what was replaced, to be added to checksums. */
let difference = 0;

function put16(bytes: Uint8Array, at: number, value: number): void {
  difference += (((bytes[at] << 8) | bytes[at + 1]) ^ 0xffff) + value;
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Replaces an IPv4 or IPv6 address. */
function putAddress(bytes: Uint8Array, at: number, words: Uint32Array, from: number, version: number): void {
  const count = version === 4 ? 1 : 4;
  for (let word = 0; word < count; word++) {
    put16(bytes, at + 4 * word, words[from + word] >>> 16);
    put16(bytes, at + 4 * word + 2, words[from + word] & 0xffff);
  }
}

/** Adds a difference to the checksum at `at`; counts what that changes as a difference of its own. */
function mend(bytes: Uint8Array, at: number, by: number): void {
  let sum = (((bytes[at] << 8) | bytes[at + 1]) ^ 0xffff) + by;
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536);
  put16(bytes, at, sum ^ 0xffff);
}

/** Index of the upper layer's checksum when it is present, covers the addresses and is used; else -1. */
function checksumAt(bytes: Uint8Array, tuple: Tuple): number {
  if (tuple.l4At < 0) return -1;
  let offset: number;
  if (tuple.protocol === Protocol.tcp) offset = 16;
  else if (tuple.protocol === Protocol.udp || tuple.protocol === Protocol.udpLite || tuple.protocol === Protocol.dccp) offset = 6;
  else if (tuple.protocol === Protocol.icmp || tuple.protocol === Protocol.icmpv6) offset = 2;
  else return -1;
  const at = tuple.l4At + offset;
  if (at + 2 > tuple.end) return -1;
  return tuple.protocol === Protocol.udp && bytes[at] === 0 && bytes[at + 1] === 0 ? -1 : at;
}

/**
 * Replaces the addresses of a tuple that are an end of the connection by how the connection is seen on a side, with its
 * ports when the tuple is the connection's own. Leaves the sum of all changes in `difference`.
 */
function putEnds(bytes: Uint8Array, tuple: Tuple, connection: Connection, side: number, sourceEnd: number, destinationEnd: number, withPorts: boolean): void {
  const { version, l3At, l4At } = tuple;
  const addresses = version === 4 ? l3At + 12 : l3At + 8;
  const stride = version === 4 ? 4 : 16;
  difference = 0;
  if (sourceEnd >= 0) putAddress(bytes, addresses, connection.ends, connection.endAt(side, sourceEnd), version);
  if (destinationEnd >= 0) putAddress(bytes, addresses + stride, connection.ends, connection.endAt(side, destinationEnd), version);
  const byAddresses = difference;
  if (version === 4) mend(bytes, l3At + 10, byAddresses);
  const byHeader = difference;
  difference = 0;
  if (withPorts && tuple.hasPorts) {
    put16(bytes, l4At, connection.portOf(side, sourceEnd));
    put16(bytes, l4At + 2, connection.portOf(side, destinationEnd));
  } else if (withPorts && tuple.hasIdentifier) {
    put16(bytes, l4At + 4, connection.portOf(side, sourceEnd));
  }
  const checksum = checksumAt(bytes, tuple);
  if (checksum >= 0) {
    // ICMPv4 alone has no pseudo-header.
    mend(bytes, checksum, difference + (tuple.protocol === Protocol.icmp ? 0 : byAddresses));
    if (tuple.protocol === Protocol.udp && bytes[checksum] === 0 && bytes[checksum + 1] === 0) put16(bytes, checksum, 0xffff);
  }
  difference += byHeader;
}

/**
 * Rewrites a packet, as recorded, to what `side` would have sent: addressed by the translation that is in force there.
 * @param tuple read from these bytes at this place.
 */
export function readdress(bytes: Uint8Array, tuple: Tuple, connection: Connection, side: number): void {
  const { quoted } = tuple;
  if (!tuple.isError || quoted === null || quoted.version === 0) {
    // The packet's own direction tells its ends: also when both ends look alike.
    putEnds(bytes, tuple, connection, side, side, 1 - side, true);
    return;
  }
  const quotedEnd = connection.endOf(quoted.source, quoted.sourcePort, quoted.destination, quoted.destinationPort);
  let byQuoted = 0;
  if (quotedEnd >= 0) {
    putEnds(bytes, quoted, connection, side, quotedEnd, 1 - quotedEnd, true);
    byQuoted = difference;
  }
  putEnds(bytes, tuple, connection, side, connection.endWithAddress(tuple.source), connection.endWithAddress(tuple.destination), false);
  if (tuple.l4At + 4 <= tuple.end) mend(bytes, tuple.l4At + 2, byQuoted);
}
