/** Hot: no allocation. BFD (RFC 5880, 4.1; RFC 5881): on its ports version 1, a length that fills the datagram, and a discriminator. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORTS = [3784, 4784, 6784];
const VERSION = 1;
const HEADER_BYTES = 24;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !(facts.hasPort(PORTS[0]) || facts.hasPort(PORTS[1]) || facts.hasPort(PORTS[2]))) return Outcome.no;
  const isHeader = bytes[start] >> 5 === VERSION && bytes[start + 2] !== 0 && start + bytes[start + 3] === end;
  return isHeader && read32(bytes, start + 4) !== 0 ? Outcome.done : Outcome.no;
}

export const bfd: Dissector = { name: 'BFD', over: 'udp', firstBytes: Array.from({ length: 32 }, (_, k) => (VERSION << 5) | k), ports: PORTS, leastBytes: HEADER_BYTES, inspect };
