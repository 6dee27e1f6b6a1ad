/** Hot: no allocation. Spotify: the announcement by which clients find each other in a network; a client's first message to a server. */
import { read16, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const MARK = literal('SpotUdp');
/** Of a hello: its version, its length with this header, and field 10 (bytes, what was built) that begins with field 10 (a number). */
const HELLO_VERSION = 4;
const HELLO_BYTES = 9;
const BUILD_FIELD = 0x52;
const PRODUCT_FIELD = 0x50;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (facts.isStream) return isHello(bytes, start, end) ? Outcome.done : Outcome.no;
  return match(bytes, start, end, MARK) === Match.yes ? Outcome.done : Outcome.no;
}

function isHello(bytes: Uint8Array, start: number, end: number): boolean {
  if (end < start + HELLO_BYTES || read16(bytes, start) !== HELLO_VERSION || read32(bytes, start + 2) !== end - start) return false;
  return bytes[start + 6] === BUILD_FIELD && bytes[start + 8] === PRODUCT_FIELD;
}

export const spotify: Dissector = { name: 'Spotify', over: 'both', overTcp: { firstBytes: [HELLO_VERSION >> 8] }, overUdp: { firstBytes: [MARK[0]] }, inspect };
