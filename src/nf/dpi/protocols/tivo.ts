/** Hot: no allocation. TiVo's discovery: the first line of its beacon. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const BEACON = literal('TiVoConnect=');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const beacon = match(bytes, start, end, BEACON);
  return beacon === Match.yes ? Outcome.done : Outcome.no;
}

export const tivo: Dissector = { name: 'TiVoConnect', over: 'both', firstBytes: [0x54], inspect };
