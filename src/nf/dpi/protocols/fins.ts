/** Hot: no allocation. FINS (Omron W342): on its port the fields of a header, over TCP behind a mark and a length. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const PORT = 9600;
const MARK = literal('FINS');
const MARK_BYTES = 8;
const HEADER_BYTES = 12;
/** Command or answer, with or without one wanted; a gateway is always used. */
const KINDS = [0x80, 0x81, 0xc0, 0xc1];
const MAX_GATEWAYS = 7;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !facts.hasPort(PORT)) return Outcome.no;
  if (facts.isStream) {
    return match(bytes, start, end, MARK) === Match.yes && start + MARK_BYTES + read32(bytes, start + 4) === end ? Outcome.done : Outcome.no;
  }
  return KINDS.includes(bytes[start]) && bytes[start + 1] === 0 && bytes[start + 2] <= MAX_GATEWAYS ? Outcome.done : Outcome.no;
}

export const fins: Dissector = { name: 'FINS', over: 'both', firstBytes: [...KINDS, MARK[0]], ports: [PORT], leastBytes: HEADER_BYTES, inspect };
