/**
 * Hot: no allocation. Gnutella 0.6: the connection's first lines; over UDP messages as long as they say, with the marks that modern
 * clients set in their number, or pieces of them with a mark and numbers of their own.
 */
import { little32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, matchAny } from '../text.js';

const LINES = [literal('GNUTELLA CONNECT/'), literal('GNUTELLA/0.6 ')];
/** Of a piece: mark, flags, message, which piece it is, of how many; an acknowledgement has none. */
const PIECES = [literal('GND'), literal('GTA')];
const [PIECE_BYTES, PIECE_AT, COUNT_AT] = [8, 6, 7];
const HEADER_BYTES = 23;
const [TYPE_AT, TTL_AT, HOPS_AT, LENGTH_AT] = [16, 17, 18, 19];
/** Of the message's number: byte 8 says that the client is a modern one. */
const MODERN_AT = 8;
/** The hash table's messages have a version where others count hops, and a number without marks. */
const HASH_TABLE = 0x44;
const MAX_HOPS = 15;
/** Ping, pong, bye, route table, push, query and hit. */
const TYPES = [0x00, 0x01, 0x02, 0x30, 0x40, 0x80, 0x81];

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (facts.isStream) return matchAny(bytes, start, end, LINES) === Match.yes ? Outcome.done : Outcome.no;
  if (end >= start + PIECE_BYTES && bytes[start] === PIECES[0][0] && matchAny(bytes, start, end, PIECES) === Match.yes) {
    const piece = bytes[start + PIECE_AT];
    const count = bytes[start + COUNT_AT];
    return piece > 0 && (piece <= count || count === 0) ? Outcome.done : Outcome.no;
  }
  if (end < start + HEADER_BYTES || little32(bytes, start + LENGTH_AT) !== end - start - HEADER_BYTES) return Outcome.no;
  if (bytes[start + TYPE_AT] === HASH_TABLE) return bytes[start + TTL_AT] === 0 && bytes[start + HOPS_AT] === 0 ? Outcome.done : Outcome.no;
  const isMarked = bytes[start + MODERN_AT] === 0xff;
  const isRouted = bytes[start + TTL_AT] + bytes[start + HOPS_AT] <= MAX_HOPS;
  return isMarked && isRouted && TYPES.includes(bytes[start + TYPE_AT]) ? Outcome.done : Outcome.no;
}

export const gnutella: Dissector = { name: 'Gnutella', over: 'both', overTcp: { firstBytes: [LINES[0][0]] }, leastBytes: PIECE_BYTES, inspect };
