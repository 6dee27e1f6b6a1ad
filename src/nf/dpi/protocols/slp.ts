/** Hot: no allocation. Service Location Protocol (RFC 2608, 8; version 1: RFC 2165, 4): version, function, and a length that fills the message. */
import { read16, read24 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 427;
const HEADER_BYTES = 12;
const LAST_FUNCTION = 11;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !facts.hasPort(PORT) || bytes[start + 1] === 0 || bytes[start + 1] > LAST_FUNCTION) return Outcome.no;
  if (bytes[start] !== 1 && bytes[start] !== 2) return Outcome.no;
  const length = bytes[start] === 2 ? read24(bytes, start + 2) : read16(bytes, start + 2);
  return start + length === end || (facts.isStream && start + length > end) ? Outcome.done : Outcome.no;
}

export const slp: Dissector = { name: 'Service_Location_Protocol', over: 'both', firstBytes: [1, 2], ports: [PORT], leastBytes: HEADER_BYTES, inspect };
