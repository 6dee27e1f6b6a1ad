/** Hot: no allocation. GTP (3GPP TS 29.060, 29.281, 29.274): version, type, and a length that fills the datagram, on its ports. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const USER_PORT = 2152;
const CONTROL_PORT = 2123;
const PRIME_PORT = 3386;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(USER_PORT) && !facts.hasPort(CONTROL_PORT) && !facts.hasPort(PRIME_PORT)) return Outcome.no;
  if (end < start + 8) return Outcome.no;
  const version = bytes[start] >> 5;
  const rest = end - start - read16(bytes, start + 2);
  // Version 1 counts what follows its eight bytes, version 2 what follows four; the charging protocol has six or twenty.
  if (version === 1 && (bytes[start] & 0x10) !== 0) return rest === 8 || (!facts.isWhole && rest < 8) ? Outcome.done : Outcome.no;
  if (version === 2) return rest === 4 || (!facts.isWhole && rest < 4) ? Outcome.done : Outcome.no;
  return facts.hasPort(PRIME_PORT) && (rest === 6 || rest === 20) ? Outcome.done : Outcome.no;
}

export const gtp: Dissector = { name: 'GTP', over: 'udp', ports: [USER_PORT, CONTROL_PORT, PRIME_PORT], leastBytes: 8, inspect };
