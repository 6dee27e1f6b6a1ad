/** Hot: no allocation. SNMP (RFC 1157, 3416, 3412): a BER sequence, a version, then a community or a header. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const CONTEXT_CONSTRUCTED = 0xa0;
const VERSION_3 = 3;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== SEQUENCE || end < start + 8) return Outcome.no;
  const at = start + 2 + ((bytes[start + 1] & 0x80) !== 0 ? bytes[start + 1] & 0x7f : 0);
  if (at - start > 6 || at + 5 > end || bytes[at] !== INTEGER || bytes[at + 1] !== 1) return Outcome.no;
  const version = bytes[at + 2];
  const next = bytes[at + 3];
  if (version === VERSION_3) return next === SEQUENCE ? Outcome.done : Outcome.no;
  if (version > 1 || next !== OCTET_STRING) return Outcome.no;
  const pdu = at + 5 + bytes[at + 4];
  if (pdu >= end) return facts.isWhole ? Outcome.no : Outcome.named;
  return (bytes[pdu] & 0xf0) === CONTEXT_CONSTRUCTED && (bytes[pdu] & 0x0f) <= 8 ? Outcome.done : Outcome.no;
}

export const snmp: Dissector = { name: 'SNMP', over: 'udp', firstBytes: [SEQUENCE], inspect };
