/** Hot: no allocation. WS-Discovery (OASIS): an envelope of SOAP that names the discovery's schema, on its port. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfFolded, literal } from '../text.js';

const PORT = 3702;
const LESS_THAN = 0x3c;
const ENVELOPE = literal('envelope');
const WITHIN = 400;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || bytes[start] !== LESS_THAN) return Outcome.no;
  return indexOfFolded(bytes, ENVELOPE, start, Math.min(end, start + WITHIN)) >= 0 ? Outcome.done : Outcome.no;
}

export const wsd: Dissector = { name: 'WSD', over: 'udp', firstBytes: [LESS_THAN], ports: [PORT], inspect };
