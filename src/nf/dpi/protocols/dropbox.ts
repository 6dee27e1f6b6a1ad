/** Hot: no allocation. Dropbox: the announcement by which clients find each other in a network, an object in JSON. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfFolded, literal } from '../text.js';

const PORT = 17_500;
const HOST_NUMBER = literal('"host_int"');
const BRACE = 0x7b;
const WITHIN = 200;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || bytes[start] !== BRACE) return Outcome.no;
  return indexOfFolded(bytes, HOST_NUMBER, start, Math.min(end, start + WITHIN)) >= 0 ? Outcome.done : Outcome.no;
}

export const dropbox: Dissector = { name: 'Dropbox', over: 'udp', firstBytes: [BRACE], ports: [PORT], inspect };
