/** Hot: no allocation. Telnet (RFC 854, 855): negotiations, each of a mark, a verb and an option, at the beginning of a direction. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const COMMAND = 0xff;
const SUBNEGOTIATION = 0xfa;
const WILL = 0xfb;
const DONT = 0xfe;
/** Options in use are few; the largest is the extended list's. */
const LAST_OPTION = 49;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== COMMAND || end < start + 3 || !facts.isFirst) return Outcome.no;
  let at = start;
  let count = 0;
  while (at + 3 <= end && bytes[at] === COMMAND && bytes[at + 1] >= WILL && bytes[at + 1] <= DONT && bytes[at + 2] <= LAST_OPTION) {
    at += 3;
    count++;
  }
  if (count === 0 || (at < end && bytes[at] === COMMAND && at + 1 < end && bytes[at + 1] < SUBNEGOTIATION)) return Outcome.no;
  return count > 1 || facts.hasPort(23) ? Outcome.done : Outcome.maybe;
}

export const telnet: Dissector = { name: 'Telnet', over: 'tcp', firstBytes: [COMMAND], inspect };
