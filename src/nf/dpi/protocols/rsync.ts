/** Hot: no allocation. rsync: the greeting with which daemon and client begin. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const GREETING = literal('@RSYNCD: ');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const greeting = match(bytes, start, end, GREETING);
  return greeting === Match.yes ? Outcome.done : greeting === Match.partly ? Outcome.more : Outcome.no;
}

export const rsync: Dissector = { name: 'RSYNC', over: 'tcp', firstBytes: [GREETING[0]], inspect };
