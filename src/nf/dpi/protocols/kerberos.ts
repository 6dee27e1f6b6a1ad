/** Hot: no allocation. Kerberos (RFC 4120, 5.4 to 5.9; 7.2.2 over TCP): a message's tag, its version 5 and its type, which say the same thing twice. */
import { berContent, berLength, read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

/** Messages by their tag in class APPLICATION: AS and TGS, requests and answers; AP; SAFE, PRIV, CRED; errors. */
const TAGS = [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x74, 0x75, 0x76, 0x7e];
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const VERSION = 5;

/** Whether a field, [n] INTEGER of one byte, stands at `at`. Its value is the fifth byte. */
function isField(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] & 0xe0) === 0xa0 && bytes[at + 1] === 3 && bytes[at + 2] === INTEGER && bytes[at + 3] === 1;
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  let at = start;
  if (facts.isStream) {
    if (end < start + 5 || bytes[start] !== 0 || read32(bytes, start) > 1 << 20) return Outcome.no;
    at = start + 4;
  }
  const tag = bytes[at];
  if (!TAGS.includes(tag) || berLength(bytes, at + 1, end) < 0) return Outcome.no;
  at = berContent;
  if (bytes[at] !== SEQUENCE || berLength(bytes, at + 1, end) < 0) return Outcome.no;
  at = berContent;
  if (at + 10 > end || !isField(bytes, at) || bytes[at + 4] !== VERSION) return Outcome.no;
  const type = tag & 0x1f;
  if (!isField(bytes, at + 5) || bytes[at + 9] !== type) return Outcome.no;
  finding.sender = type === 10 || type === 12 ? Sender.client : type === 11 || type === 13 || type === 30 ? Sender.server : Sender.unknown;
  return Outcome.done;
}

/** Over TCP a length goes before the tag. */
export const kerberos: Dissector = { name: 'Kerberos', over: 'both', firstBytes: [0, ...TAGS], inspect };
