/** Hot: no allocation. STUN and TURN (RFC 8489, 8656; RFC 3489 without its cookie): the header, and the realm as host name. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 20;
const REALM = 0x0014;
const BINDING_REQUEST = 0x0001;

function hasCookie(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 4] === 0x21 && bytes[at + 5] === 0x12 && bytes[at + 6] === 0xa4 && bytes[at + 7] === 0x42;
}

/** Before RFC 5389 there was no cookie: a binding or shared-secret message whose attributes fill the datagram exactly. */
function isClassic(bytes: Uint8Array, at: number, end: number): boolean {
  const type = (bytes[at] << 8) | bytes[at + 1];
  if ((type & 0xfeec) !== 0 || (type & 3) === 0 || (type & 3) === 3) return false;
  if (type === BINDING_REQUEST && end === at + HEADER_BYTES) return true;
  let from = at + HEADER_BYTES;
  while (from + 4 <= end) {
    const attribute = (bytes[from] << 8) | bytes[from + 1];
    if (attribute === 0) return false;
    from += 4 + ((((bytes[from + 2] << 8) | bytes[from + 3]) + 3) & ~3);
  }
  return from === end && end > at + HEADER_BYTES;
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const at = facts.isStream && end >= start + 2 + HEADER_BYTES && hasCookie(bytes, start + 2) ? start + 2 : start; // a length may go before
  if (end < at + HEADER_BYTES || (bytes[at] & 0xc0) !== 0) return Outcome.no;
  const length = (bytes[at + 2] << 8) | bytes[at + 3];
  const messageEnd = at + HEADER_BYTES + length;
  if ((length & 3) !== 0) return Outcome.no;
  if (hasCookie(bytes, at)) {
    if (!facts.isStream && facts.isWhole && messageEnd > end) return Outcome.no;
  } else if (facts.isStream || messageEnd !== end || !isClassic(bytes, at, end)) return Outcome.no;
  for (let from = at + HEADER_BYTES; from + 4 <= Math.min(messageEnd, end); ) {
    const size = (bytes[from + 2] << 8) | bytes[from + 3];
    if (((bytes[from] << 8) | bytes[from + 1]) === REALM && from + 4 + size <= end) finding.setHost(bytes, from + 4, from + 4 + size);
    from += 4 + ((size + 3) & ~3);
  }
  return finding.hostLength > 0 ? Outcome.done : Outcome.named;
}

export const stun: Dissector = { name: 'STUN', over: 'both', overUdp: { firstBytes: Array.from({ length: 64 }, (_, k) => k) }, leastBytes: HEADER_BYTES, inspect };
