/** Hot: no allocation. LDP (RFC 5036, 3.1 and 3.5): version 1, a length, and messages of known types, on its port. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 646;
const HEADER_BYTES = 10;
const VERSION = 1;

/** Notification, hello, initialization, keep-alive, addresses, labels. */
function isType(type: number): boolean {
  return type === 0x0001 || type === 0x0100 || (type >= 0x0200 && type <= 0x0201) || (type >= 0x0300 && type <= 0x0301) || (type >= 0x0400 && type <= 0x0404);
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || end < start + HEADER_BYTES + 8 || read16(bytes, start) !== VERSION) return Outcome.no;
  const length = read16(bytes, start + 2);
  return length >= 14 && length <= 4096 && isType(read16(bytes, start + HEADER_BYTES) & 0x7fff) ? Outcome.done : Outcome.no;
}

export const ldp: Dissector = { name: 'LDP', over: 'both', firstBytes: [0], ports: [PORT], inspect };
