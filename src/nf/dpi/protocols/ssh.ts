/** Hot: no allocation. SSH (RFC 4253, 4.2): the identification string that either side begins with. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const BANNER = literal('SSH-');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const banner = match(bytes, start, end, BANNER);
  if (banner === Match.no) return Outcome.no;
  if (banner === Match.partly || end < start + 6) return Outcome.more;
  // Versions 1.3, 1.5, 1.99 and 2.0 have been seen in the wild.
  const isVersion = (bytes[start + 4] === 0x31 || bytes[start + 4] === 0x32) && bytes[start + 5] === 0x2e;
  return isVersion ? Outcome.done : Outcome.no;
}

export const ssh: Dissector = { name: 'SSH', over: 'tcp', inspect };
