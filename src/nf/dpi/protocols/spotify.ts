/** Hot: no allocation. Spotify: the announcement by which clients find each other in a network. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const MARK = literal('SpotUdp');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  return match(bytes, start, end, MARK) === Match.yes ? Outcome.done : Outcome.no;
}

export const spotify: Dissector = { name: 'Spotify', over: 'udp', firstBytes: [0x53], inspect };
