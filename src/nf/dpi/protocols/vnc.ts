/** Hot: no allocation. VNC (RFC 6143, 7.1.1): the version that either side begins with. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const VERSION = literal('RFB 00');
const VERSION_BYTES = 12;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const version = match(bytes, start, end, VERSION);
  if (version === Match.partly) return Outcome.more;
  return version === Match.yes && end === start + VERSION_BYTES && bytes[start + 7] === 0x2e && bytes[end - 1] === 0x0a ? Outcome.done : Outcome.no;
}

export const vnc: Dissector = { name: 'VNC', over: 'tcp', firstBytes: [0x52], inspect };
