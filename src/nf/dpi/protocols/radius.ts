/** Hot: no allocation. RADIUS (RFC 2865, 2866): code, length and attributes that fill the datagram. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 20;
const MAX_BYTES = 4096;
/** Access, accounting and status; of dynamic authorisation (RFC 5176). */
const CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 40, 41, 42, 43, 44, 45];

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const length = (bytes[start + 2] << 8) | bytes[start + 3];
  if (end < start + HEADER_BYTES || length < HEADER_BYTES || length > MAX_BYTES || start + length > end) return Outcome.no;
  const code = bytes[start];
  const isOnPort = facts.hasPort(1812) || facts.hasPort(1813) || facts.hasPort(1645) || facts.hasPort(1646) || facts.hasPort(3799);
  if (!CODES.includes(code)) return Outcome.no;
  if (isOnPort) return Outcome.done;
  if (start + length !== end || length === HEADER_BYTES) return Outcome.no;
  let at = start + HEADER_BYTES;
  while (at + 2 <= end && bytes[at] !== 0 && bytes[at + 1] >= 2) at += bytes[at + 1];
  if (at !== end) return Outcome.no;
  // Elsewhere a second message must agree: the answer has the identifier of its request.
  finding.token = bytes[start + 1] + 1;
  return Outcome.maybe;
}

export const radius: Dissector = { name: 'Radius', over: 'udp', firstBytes: CODES, leastBytes: HEADER_BYTES, inspect };
