/** Hot: no allocation. Diameter (RFC 6733, 3): version 1, a length, flags, and a command that goes with its application. */
import { read24, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 20;
const RESERVED_FLAGS = 0x0f;
const MAX_BYTES = 1 << 17;
/** Base commands (257 to 282) and those of the credit control, EAP, SIP and 3GPP applications. */
const FIRST_COMMAND = 257;
const LAST_BASE = 335;
const FIRST_3GPP = 8_388_608;
/** Attributes that a message begins with, nearly always: the session (263), or the host that sends it (264). */
const SESSION = 263;
const ORIGIN_HOST = 264;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== 1 || end < start + HEADER_BYTES + 8) return Outcome.no;
  const length = read24(bytes, start + 1);
  const command = read24(bytes, start + 5);
  if (length < HEADER_BYTES || (length & 3) !== 0 || length > MAX_BYTES || (bytes[start + 4] & RESERVED_FLAGS) !== 0) return Outcome.no;
  if (command < FIRST_COMMAND || (command > LAST_BASE && (command < FIRST_3GPP || command > FIRST_3GPP + 255))) return Outcome.no;
  const attribute = read32(bytes, start + HEADER_BYTES);
  return attribute === SESSION || attribute === ORIGIN_HOST || attribute === 268 || attribute === 1 ? Outcome.done : Outcome.no;
}

export const diameter: Dissector = { name: 'Diameter', over: 'tcp', firstBytes: [1], inspect };
