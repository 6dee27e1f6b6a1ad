/** Hot: no allocation. ANSI C12.22, of meters: an ACSE unit whose first element is a called title, on its port. */
import { berContent, berLength } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 1153;
const UNIT = 0x60;
/** Context, called title, calling title, numbers of the call. */
const FIRST_ELEMENT = 0xa1;
const LAST_ELEMENT = 0xa8;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (bytes[start] !== UNIT || !facts.hasPort(PORT) || berLength(bytes, start + 1, end) < 4) return Outcome.no;
  const element = bytes[berContent];
  return berContent < end && element >= FIRST_ELEMENT && element <= LAST_ELEMENT ? Outcome.done : Outcome.no;
}

export const c1222: Dissector = { name: 'ANSI_C1222', over: 'both', firstBytes: [UNIT], ports: [PORT], inspect };
