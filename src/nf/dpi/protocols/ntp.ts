/** Hot: no allocation. NTP (RFC 5905): version and mode, on its port. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 123;
const HEADER_BYTES = 48;
/** Modes 6 and 7 are queries of the server, with headers of their own. */
const MODE_CONTROL = 6;
const MAX_STRATUM = 16;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT)) return Outcome.no;
  const version = (bytes[start] >> 3) & 7;
  const mode = bytes[start] & 7;
  if (version < 1 || version > 4 || mode === 0) return Outcome.no;
  if (mode >= MODE_CONTROL) return end >= start + 8 ? Outcome.done : Outcome.no;
  return end >= start + HEADER_BYTES && bytes[start + 1] <= MAX_STRATUM ? Outcome.done : Outcome.no;
}

export const ntp: Dissector = { name: 'NTP', over: 'udp', ports: [PORT], inspect };
