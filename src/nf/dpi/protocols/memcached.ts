/** Hot: no allocation. Memcached: lines of its text protocol, or a header of its binary one; over UDP behind a header of its own. */
import { read16, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, isPrintable, literal, Match, matchAny } from '../text.js';

const PORT = 11_211;
const UDP_HEADER_BYTES = 8;
const BINARY_HEADER_BYTES = 24;
const REQUEST = 0x80;
const ANSWER = 0x81;
const LAST_OPERATION = 0x3f;
const LINE_FEED = 0x0a;
/** Requests and answers that no other protocol of lines has. */
const OWN_WORDS = ['gets ', 'gat ', 'gats ', 'incr ', 'decr ', 'touch ', 'flush_all', 'VALUE ', 'STORED\r\n', 'NOT_STORED\r\n', 'NOT_FOUND\r\n'].map(literal);
const OTHER_WORDS = ['get ', 'set ', 'add ', 'replace ', 'append ', 'prepend ', 'cas ', 'delete ', 'stats', 'version\r\n', 'END\r\n', 'STAT ', 'VERSION '].map(literal);
/** 1 for the bytes that a line may begin with: few other streams get further. */
const BEGINS_LINE = new Uint8Array(256);
const STREAM_FIRST_BYTES = [REQUEST, ANSWER];
for (const [first] of [...OWN_WORDS, ...OTHER_WORDS]) {
  BEGINS_LINE[first] = 1;
  STREAM_FIRST_BYTES.push(first);
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  let at = start;
  if (!facts.isStream) {
    // A request id, the number of this datagram and of all, and two reserved bytes.
    if (!facts.hasPort(PORT) || end <= start + UDP_HEADER_BYTES || read16(bytes, start + 4) === 0 || read16(bytes, start + 6) !== 0) return Outcome.no;
    if (read16(bytes, start + 2) >= read16(bytes, start + 4)) return Outcome.no;
    at += UDP_HEADER_BYTES;
  }
  const first = bytes[at];
  if (first === REQUEST || first === ANSWER) {
    if (end < at + BINARY_HEADER_BYTES || bytes[at + 1] > LAST_OPERATION || bytes[at + 5] !== 0) return Outcome.no;
    const body = read32(bytes, at + 8);
    return body === end - at - BINARY_HEADER_BYTES && read16(bytes, at + 2) + bytes[at + 4] <= body && facts.hasPort(PORT) ? Outcome.done : Outcome.no;
  }
  if (BEGINS_LINE[first] === 0) return Outcome.no;
  const isOwn = matchAny(bytes, at, end, OWN_WORDS) === Match.yes;
  if (!isOwn && matchAny(bytes, at, end, OTHER_WORDS) !== Match.yes) return Outcome.no;
  const lineFeed = indexOfByte(bytes, LINE_FEED, at, end);
  if (lineFeed < 1 || bytes[lineFeed - 1] !== 0x0d) return Outcome.no;
  for (let k = at; k < lineFeed - 1; k++) if (!isPrintable(bytes[k])) return Outcome.no;
  if (facts.hasPort(PORT)) return Outcome.done;
  return isOwn ? Outcome.maybe : Outcome.no;
}

export const memcached: Dissector = { name: 'Memcached', over: 'both', overTcp: { firstBytes: STREAM_FIRST_BYTES }, overUdp: { ports: [PORT] }, inspect };
