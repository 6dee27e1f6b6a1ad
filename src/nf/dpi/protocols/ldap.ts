/** Hot: no allocation. LDAP (RFC 4511, 4.1.1), and over UDP what Active Directory asks so: a sequence, a message number, an operation. */
import { berContent, berLength } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIND_REQUEST = 0x60;
const SEARCH_REQUEST = 0x63;
const EXTENDED_REQUEST = 0x77;
/** Answers that carry a result: a code, a name, a message. */
const RESULTS = [0x61, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x78];
const ENUMERATED = 0x0a;
const OCTET_STRING = 0x04;
/** Of an extended request: its name, an object identifier in text. */
const REQUEST_NAME = 0x80;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  const length = berLength(bytes, start + 1, end);
  if (bytes[start] !== SEQUENCE || length < 7) return Outcome.no;
  let at = berContent;
  if (at + 3 > end || bytes[at] !== INTEGER || bytes[at + 1] < 1 || bytes[at + 1] > 4) return Outcome.no;
  at += 2 + bytes[at + 1];
  if (at >= end) return Outcome.no;
  const operation = bytes[at];
  if (berLength(bytes, at + 1, end) < 0 || berContent + 3 > end) return Outcome.no;
  const body = berContent;
  if (operation === BIND_REQUEST) {
    const isVersion = bytes[body] === INTEGER && bytes[body + 1] === 1 && (bytes[body + 2] === 2 || bytes[body + 2] === 3);
    finding.sender = Sender.client;
    return isVersion ? Outcome.done : Outcome.no;
  }
  if (RESULTS.includes(operation)) {
    finding.sender = Sender.server;
    return bytes[body] === ENUMERATED && bytes[body + 1] === 1 && bytes[body + 2] < 128 && bytes[body + 3] === OCTET_STRING ? Outcome.done : Outcome.no;
  }
  finding.sender = Sender.client;
  if (operation === EXTENDED_REQUEST) return bytes[body] === REQUEST_NAME ? Outcome.done : Outcome.no;
  if (operation !== SEARCH_REQUEST || bytes[body] !== OCTET_STRING || berLength(bytes, body + 1, end) < 0) return Outcome.no;
  // The base, then how deep, and whether aliases are followed.
  at = body + 2 + bytes[body + 1];
  return at + 6 <= end && bytes[at] === ENUMERATED && bytes[at + 1] === 1 && bytes[at + 2] < 4 && bytes[at + 3] === ENUMERATED ? Outcome.done : Outcome.no;
}

export const ldap: Dissector = { name: 'LDAP', over: 'both', firstBytes: [SEQUENCE], inspect };
