/** Hot: no allocation. IEC 60870-5-104: units of a start byte and a length that fill the segment. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const START = 0x68;
const MIN_LENGTH = 4;
const MAX_LENGTH = 253;
const PORT = 2404;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  let at = start;
  while (at + 2 <= end && bytes[at] === START && bytes[at + 1] >= MIN_LENGTH && bytes[at + 1] <= MAX_LENGTH) at += 2 + bytes[at + 1];
  if (at !== end) return Outcome.no;
  return facts.hasPort(PORT) ? Outcome.named : Outcome.maybe;
}

export const iec60870: Dissector = { name: 'IEC60870', over: 'tcp', firstBytes: [START], inspect };
