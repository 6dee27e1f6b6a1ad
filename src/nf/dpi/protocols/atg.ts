/** Hot: no allocation. Veeder-Root's tank gauges: a start of heading, a command letter, a function and a tank in digits. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const START_OF_HEADING = 0x01;
const PORT = 10_001;

/** `I20100`: inquire, in capitals or not; `S`: set. */
function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== START_OF_HEADING || end < start + 7 || !facts.hasPort(PORT)) return Outcome.no;
  const letter = bytes[start + 1] & ~0x20;
  if (letter !== 0x49 && letter !== 0x53) return Outcome.no;
  for (let at = start + 2; at < start + 7; at++) if (bytes[at] < 0x30 || bytes[at] > 0x39) return Outcome.no;
  return Outcome.done;
}

export const atg: Dissector = { name: 'ATG', over: 'tcp', firstBytes: [START_OF_HEADING], ports: [PORT], inspect };
