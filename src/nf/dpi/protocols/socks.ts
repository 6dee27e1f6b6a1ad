/** Hot: no allocation. SOCKS 5 (RFC 1928) and 4: the methods a client offers and the one that is chosen, or a whole request. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { isPrintable } from '../text.js';

/** The two sides of the greeting agree by this. */
const TOKEN = 5;
/** Methods in use: none, GSSAPI, password, and those that IANA lists. */
const MAX_METHOD = 9;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const length = end - start;
  const version = bytes[start];
  if (version === 5) {
    if (length === 2 && !facts.fromClient) {
      finding.token = TOKEN;
      return bytes[start + 1] <= MAX_METHOD || bytes[start + 1] === 0xff ? Outcome.maybe : Outcome.no;
    }
    if (length < 3 || bytes[start + 1] === 0 || length !== 2 + bytes[start + 1]) return Outcome.no;
    for (let at = start + 2; at < end; at++) if (bytes[at] > MAX_METHOD && bytes[at] < 0x80) return Outcome.no;
    finding.token = TOKEN;
    return Outcome.maybe;
  }
  if (version !== 4 || length < 9 || bytes[end - 1] !== 0 || bytes[start + 1] < 1 || bytes[start + 1] > 2) return Outcome.no;
  for (let at = start + 8; at < end - 1; at++) if (bytes[at] !== 0 && !isPrintable(bytes[at])) return Outcome.no;
  return facts.isFirst ? Outcome.done : Outcome.no;
}

export const socks: Dissector = { name: 'SOCKS', over: 'tcp', firstBytes: [4, 5], inspect };
