/** Hot: no allocation. S7comm, Siemens' protocol of controllers: its mark in a data unit of ISO on TCP (RFC 1006). */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const TPKT_VERSION = 3;
const DATA = 0xf0;
const LAST_UNIT = 0x80;
const S7 = 0x32;
const S7_PLUS = 0x72;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  // TPKT: version, zero, length; COTP: 2, data, number; then the mark and the kind of message.
  if (bytes[start] !== TPKT_VERSION || end < start + 9 || bytes[start + 1] !== 0) return Outcome.no;
  if (bytes[start + 4] !== 2 || bytes[start + 5] !== DATA || bytes[start + 6] !== LAST_UNIT) return Outcome.no;
  const kind = bytes[start + 8];
  if (bytes[start + 7] === S7) return kind === 1 || kind === 2 || kind === 3 || kind === 7 ? Outcome.done : Outcome.no;
  return bytes[start + 7] === S7_PLUS && kind >= 1 && kind <= 3 ? Outcome.done : Outcome.no;
}

export const s7comm: Dissector = { name: 'S7Comm', over: 'tcp', firstBytes: [TPKT_VERSION], inspect };
