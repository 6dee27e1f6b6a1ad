/** Hot: no allocation. Megaco, H.248 in text (RFC 3525, annex B): its name or its mark, a version, and who sends. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, matchAny } from '../text.js';

const MARKS = [literal('!/'), literal('MEGACO/'), literal('Megaco/')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end < start + 8 || matchAny(bytes, start, end, MARKS) !== Match.yes) return Outcome.no;
  const at = start + (bytes[start] === 0x21 ? 2 : 7);
  if (bytes[at] < 0x31 || bytes[at] > 0x39 || at + 2 > end || (bytes[at + 1] !== 0x20 && bytes[at + 1] !== 0x0d && bytes[at + 1] !== 0x0a)) return Outcome.no;
  // `[address]`, `<name>`, or a device's name.
  return at + 2 < end && bytes[at + 2] > 0x20 && bytes[at + 2] < 0x7f ? Outcome.done : Outcome.no;
}

export const megaco: Dissector = { name: 'Megaco', over: 'both', firstBytes: [0x21, 0x4d], inspect };
