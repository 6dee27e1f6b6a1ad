/** Hot: no allocation. HART-IP (FieldComm's HCF_SPEC-085): version 1, a kind, an operation, and a length that fills the message. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 8;
const PORT = 5094;
const LAST_KIND = 15;
const LAST_OPERATION = 3;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || bytes[start] !== 1 || bytes[start + 1] > LAST_KIND || bytes[start + 2] > LAST_OPERATION) return Outcome.no;
  if (read16(bytes, start + 6) !== end - start) return Outcome.no;
  // A server may go on from a port of its own.
  return facts.hasPort(PORT) ? Outcome.done : facts.hasPort(PORT + 1) ? Outcome.maybe : Outcome.no;
}

export const hartIp: Dissector = { name: 'HART-IP', over: 'both', firstBytes: [1], ports: [PORT, PORT + 1], inspect };
