/** Hot: no allocation. Syslog (RFC 5424, 3164): a priority in angle brackets, then a version, a month or a date; on its port any text. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { isPrintable, literal, Match, matchAny } from '../text.js';

const PORT = 514;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const MAX_PRIORITY = 191;
const MONTHS = ['Jan ', 'Feb ', 'Mar ', 'Apr ', 'May ', 'Jun ', 'Jul ', 'Aug ', 'Sep ', 'Oct ', 'Nov ', 'Dec '].map(literal);
const VERSION = [literal('1 2'), literal('1 -')];
/** What has to be text where only the port speaks for it: RFC 3164, 4.3.3, takes anything. */
const TEXT_BYTES = 8;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== LESS_THAN) return Outcome.no;
  let priority = 0;
  let at = start + 1;
  for (; at < end && at < start + 4 && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) priority = priority * 10 + bytes[at] - 0x30;
  if (at === start + 1 || at >= end || bytes[at] !== GREATER_THAN || priority > MAX_PRIORITY) return Outcome.no;
  at++;
  const isStamped = matchAny(bytes, at, end, MONTHS) === Match.yes || matchAny(bytes, at, end, VERSION) === Match.yes || isDate(bytes, at, end);
  return isStamped || (facts.hasPort(PORT) && isText(bytes, at, end)) ? Outcome.done : Outcome.no;
}

/** `2026-11-26T`: a time as in RFC 5424, without the version before it, as daemons send it on. */
function isDate(bytes: Uint8Array, at: number, end: number): boolean {
  if (end < at + 11 || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d || bytes[at + 10] !== 0x54) return false;
  for (let k = 0; k < 10; k++) if (k !== 4 && k !== 7 && (bytes[at + k] < 0x30 || bytes[at + k] > 0x39)) return false;
  return true;
}

function isText(bytes: Uint8Array, at: number, end: number): boolean {
  if (end < at + TEXT_BYTES) return false;
  for (let k = 0; k < TEXT_BYTES; k++) if (!isPrintable(bytes[at + k])) return false;
  return true;
}

export const syslog: Dissector = { name: 'Syslog', over: 'both', firstBytes: [LESS_THAN], inspect };
