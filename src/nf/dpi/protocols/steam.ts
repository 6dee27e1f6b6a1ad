/** Hot: no allocation. Steam: clients that find each other in a network, and questions to game servers (Valve's server queries). */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const WHOLE = 0xffffffff;
const DISCOVERY = 0x214c5fa0;
const QUERY = literal('TSource Engine Query\0');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end < start + 8 || read32(bytes, start) !== WHOLE) return Outcome.no;
  return read32(bytes, start + 4) === DISCOVERY || match(bytes, start + 4, end, QUERY) === Match.yes ? Outcome.done : Outcome.no;
}

export const steam: Dissector = { name: 'Steam', over: 'udp', firstBytes: [0xff], inspect };
