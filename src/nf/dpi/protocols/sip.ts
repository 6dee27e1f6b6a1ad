/** Hot: no allocation. SIP (RFC 3261): a request line, or a status line. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, indexOfFolded, literal, Match, match, matchAny, matchAnyFolded } from '../text.js';

const STATUS = literal('SIP/2.0 ');
const VERSION = literal(' sip/2.0');
const METHODS = [
  'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'INFO', 'REFER', 'MESSAGE', 'UPDATE',
].map((method) => literal(`${method} `));
const SCHEMES = [literal('sip:'), literal('sips:'), literal('tel:')];

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  const status = match(bytes, start, end, STATUS);
  if (status === Match.yes) return Outcome.done;
  const method = matchAny(bytes, start, end, METHODS);
  if (method !== Match.yes) return (method === Match.partly || status === Match.partly) && facts.isStream ? Outcome.more : Outcome.no;
  const target = indexOfByte(bytes, 0x20, start, end) + 1;
  const scheme = matchAnyFolded(bytes, target, end, SCHEMES);
  if (scheme === Match.partly && facts.isStream) return Outcome.more;
  if (scheme !== Match.yes) {
    // Damaged or strange targets: the end of the line is as telling.
    const lineEnd = indexOfByte(bytes, 0x0a, target, end);
    if (lineEnd < 0 || indexOfFolded(bytes, VERSION, target, lineEnd) < 0) return Outcome.no;
  }
  return Outcome.done;
}

export const sip: Dissector = { name: 'SIP', over: 'both', firstBytes: [0x53, ...METHODS.map(([first]) => first)], inspect };
