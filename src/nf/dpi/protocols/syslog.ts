/** Hot: no allocation. Syslog (RFC 5424, 3164): a priority in angle brackets, then a version or a month. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, matchAny } from '../text.js';

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const MAX_PRIORITY = 191;
const MONTHS = ['Jan ', 'Feb ', 'Mar ', 'Apr ', 'May ', 'Jun ', 'Jul ', 'Aug ', 'Sep ', 'Oct ', 'Nov ', 'Dec '].map(literal);
const VERSION = [literal('1 2'), literal('1 -')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== LESS_THAN) return Outcome.no;
  let priority = 0;
  let at = start + 1;
  for (; at < end && at < start + 4 && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) priority = priority * 10 + bytes[at] - 0x30;
  if (at === start + 1 || at >= end || bytes[at] !== GREATER_THAN || priority > MAX_PRIORITY) return Outcome.no;
  return matchAny(bytes, at + 1, end, MONTHS) === Match.yes || matchAny(bytes, at + 1, end, VERSION) === Match.yes ? Outcome.done : Outcome.no;
}

export const syslog: Dissector = { name: 'Syslog', over: 'both', firstBytes: [LESS_THAN], inspect };
