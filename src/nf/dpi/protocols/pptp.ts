/** Hot: no allocation. PPTP (RFC 2637, 2): a control message with its magic number. */
import { read16, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const MAGIC = 0x1a2b3c4d;
const HEADER_BYTES = 12;
const MAX_LENGTH = 220;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || read32(bytes, start + 4) !== MAGIC || read16(bytes, start) > MAX_LENGTH) return Outcome.no;
  return read16(bytes, start) >= HEADER_BYTES && read16(bytes, start + 2) >= 1 && read16(bytes, start + 2) <= 2 ? Outcome.done : Outcome.no;
}

export const pptp: Dissector = { name: 'PPTP', over: 'tcp', firstBytes: [0], leastBytes: HEADER_BYTES, inspect };
