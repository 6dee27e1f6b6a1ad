/** Hot: no allocation. Teredo (RFC 4380, 5.1.1): on its port an IPv6 packet that fills the datagram, behind what a relay or server adds. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 3544;
const IPV6_HEADER_BYTES = 40;
const ORIGIN = 0x0000;
const AUTHENTICATION = 0x0001;
const ORIGIN_BYTES = 8;
/** Without the two lengths in it. */
const AUTHENTICATION_BYTES = 13;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + IPV6_HEADER_BYTES || !facts.hasPort(PORT)) return Outcome.no;
  let at = start;
  if (read16(bytes, at) === AUTHENTICATION) at += AUTHENTICATION_BYTES + bytes[at + 2] + bytes[at + 3];
  if (at + 2 <= end && read16(bytes, at) === ORIGIN) at += ORIGIN_BYTES;
  if (at + IPV6_HEADER_BYTES > end || bytes[at] >> 4 !== 6) return Outcome.no;
  return at + IPV6_HEADER_BYTES + read16(bytes, at + 4) === end ? Outcome.done : Outcome.no;
}

export const teredo: Dissector = {
  name: 'Teredo', over: 'udp', firstBytes: [0, ...Array.from({ length: 16 }, (_, k) => 0x60 | k)], ports: [PORT], leastBytes: IPV6_HEADER_BYTES, inspect,
};
