/** Hot: no allocation. Citrix ICA, and CGP that carries it: what either side begins with. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const ICA = literal('\x7f\x7fICA\0');
const CGP = literal('\x1aCGP/01');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const ica = match(bytes, start, end, ICA);
  const cgp = match(bytes, start, end, CGP);
  return ica === Match.yes || cgp === Match.yes ? Outcome.done : Outcome.no;
}

export const citrix: Dissector = { name: 'Citrix', over: 'tcp', firstBytes: [0x7f, 0x1a], inspect };
