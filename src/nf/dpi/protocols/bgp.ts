/** Hot: no allocation. BGP (RFC 4271, 4.1): the marker of sixteen bytes, a length and a type. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const MARKER_BYTES = 16;
const HEADER_BYTES = 19;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  for (let at = start; at < Math.min(end, start + MARKER_BYTES); at++) if (bytes[at] !== 0xff) return Outcome.no;
  if (end < start + HEADER_BYTES) return Outcome.more;
  const length = (bytes[start + 16] << 8) | bytes[start + 17];
  const type = bytes[start + 18];
  return length >= HEADER_BYTES && length <= 4096 && type >= 1 && type <= 5 ? Outcome.done : Outcome.no;
}

export const bgp: Dissector = { name: 'BGP', over: 'tcp', firstBytes: [0xff], inspect };
