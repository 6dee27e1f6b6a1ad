/** Hot: no allocation. tinc (its manual, 7): the line by which either end of a meta connection says who it is. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, isAlphanumeric } from '../text.js';

const ID = 0x30;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const MAX_NAME_BYTES = 64;

/** `0 name 17`, and from 1.1 on a minor version behind a dot. */
function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== ID || end < start + 7 || bytes[start + 1] !== SPACE) return Outcome.no;
  let at = start + 2;
  while (at < end && at < start + MAX_NAME_BYTES && (isAlphanumeric(bytes[at]) || bytes[at] === 0x5f)) at++;
  if (at === start + 2 || at >= end || bytes[at] !== SPACE) return Outcome.no;
  if (bytes[at + 1] !== 0x31 || at + 4 > end || bytes[at + 2] !== 0x37) return Outcome.no;
  const lineEnd = indexOfByte(bytes, LINE_FEED, at, end);
  return lineEnd > 0 && (lineEnd === at + 3 || bytes[at + 3] === 0x2e) ? Outcome.done : Outcome.no;
}

export const tinc: Dissector = { name: 'TINC', over: 'tcp', firstBytes: [ID], inspect };
