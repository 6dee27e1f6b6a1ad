/** Hot: no allocation. Redis (RESP): a command as an array of bulk strings. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const STAR = 0x2a;
const MAX_DIGITS = 7;
const BULK = literal('\r\n$');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  // *3\r\n$3\r\nSET\r\n …
  if (bytes[start] !== STAR) return Outcome.no;
  let at = start + 1;
  while (at < end && at - start <= MAX_DIGITS && bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  if (at === start + 1) return at === end ? Outcome.more : Outcome.no;
  const rest = match(bytes, at, end, BULK);
  if (rest === Match.no) return Outcome.no;
  if (rest === Match.partly) return Outcome.more;
  at += BULK.length;
  if (at < end && (bytes[at] < 0x30 || bytes[at] > 0x39)) return Outcome.no;
  return at < end ? Outcome.done : Outcome.more;
}

export const redis: Dissector = { name: 'Redis', over: 'tcp', firstBytes: [STAR], inspect };
