/** Hot: no allocation. Check Point's CPHA: its magic number, on its port. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 8116;
const MAGIC = 0x1a90;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  return facts.hasPort(PORT) && end >= start + 20 && read16(bytes, start) === MAGIC ? Outcome.done : Outcome.no;
}

export const cpha: Dissector = { name: 'CPHA', over: 'udp', firstBytes: [0x1a], ports: [PORT], inspect };
