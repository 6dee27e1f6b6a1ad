/** Hot: no allocation, no throw; reads nothing behind the packet. Which datagram a fragment belongs to. */
import { readInt32 } from '../packet/bytes.js';
import type { Packet } from '../packet/packet.js';

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
const IPV6_HEADER_BYTES = 40;
const FRAGMENT_HEADER_BYTES = 8;
/** Extension headers passed before giving up: each kind comes once, destination options twice (RFC 8200 section 4.1). */
const MAX_EXTENSIONS = 8;

/** Identification of a fragment: of the IPv4 header, or of the Fragment header of IPv6 (RFC 8200 section 4.5), as an int32. 0 if there is none. */
export function fragmentIdentification(packet: Packet): number {
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return ipv4.identification;
  const ipv6 = packet.ipv6();
  if (ipv6 === null) return 0;
  const { bytes } = packet;
  const end = packet.start + packet.length;
  let at = packet.start + packet.l3Offset + IPV6_HEADER_BYTES;
  let next = ipv6.nextHeader;
  for (let passed = 0; passed < MAX_EXTENSIONS && at + FRAGMENT_HEADER_BYTES <= end; passed++) {
    if (next === FRAGMENT) return readInt32(bytes, at + 4);
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION_OPTIONS) return 0;
    next = bytes[at];
    at += (bytes[at + 1] + 1) << 3;
  }
  return 0;
}
