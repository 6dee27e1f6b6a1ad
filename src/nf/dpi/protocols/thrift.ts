/** Hot: no allocation. Apache Thrift: a message of the strict binary protocol, framed or not, or of the compact one, with its method's name. */
import { read16, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { isAlphanumeric } from '../text.js';

const STRICT = 0x8001;
const COMPACT = 0x82;
const COMPACT_VERSION = 1;
const MAX_NAME_BYTES = 128;
/** Call, reply, exception, one-way. */
const LAST_TYPE = 4;

function isName(bytes: Uint8Array, from: number, length: number, end: number): boolean {
  if (length < 1 || length > MAX_NAME_BYTES || from + length > end) return false;
  for (let at = from; at < from + length; at++) if (!isAlphanumeric(bytes[at]) && bytes[at] !== 0x5f && bytes[at] !== 0x3a && bytes[at] !== 0x2e) return false;
  return true;
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + 8) return Outcome.no;
  if (bytes[start] === COMPACT) {
    // Type in the upper three bits; a number and a length of variable size.
    const type = bytes[start + 1] >> 5;
    if ((bytes[start + 1] & 0x1f) !== COMPACT_VERSION || type < 1 || type > LAST_TYPE) return Outcome.no;
    let at = start + 2;
    while (at < end && at < start + 7 && (bytes[at] & 0x80) !== 0) at++;
    return at + 2 < end && isName(bytes, at + 2, bytes[at + 1], end) ? Outcome.done : Outcome.no;
  }
  const isFramed = facts.isStream && read32(bytes, start) === end - start - 4;
  const at = isFramed ? start + 4 : start;
  if (end < at + 8 || read16(bytes, at) !== STRICT || bytes[at + 2] !== 0 || bytes[at + 3] < 1 || bytes[at + 3] > LAST_TYPE) return Outcome.no;
  return isName(bytes, at + 8, read32(bytes, at + 4), end) ? Outcome.done : Outcome.no;
}

export const thrift: Dissector = { name: 'Thrift', over: 'both', firstBytes: [0, 0x80, COMPACT], inspect };
