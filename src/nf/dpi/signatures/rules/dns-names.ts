/** Hot: no allocation. The names that a DNS query asks for (RFC 1035, 4.1), for rules. */
import { bufferNumber } from './buffers.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const HEADER_BYTES = 12;
const QUERY = bufferNumber('dns.query');
const DOT = 0x2e;
/** Names of one message: servers answer one. */
export const MAX_QUESTIONS = 8;

/** Questions of the message at `bytes[from, to)`, 0 when it is no query. */
export function questionsOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < HEADER_BYTES || (bytes[from + 2] & 0x80) !== 0) return 0;
  return Math.min((bytes[from + 4] << 8) | bytes[from + 5], MAX_QUESTIONS);
}

export function firstQuestion(from: number): number {
  return from + HEADER_BYTES;
}

/**
 * Puts the name at `at` into the buffer `dns.query`, labels joined by dots.
 * @returns where the next question begins, or -1 when there is none to read.
 */
export function readQuestion(bytes: Uint8Array, at: number, to: number, ranges: BufferRanges): number {
  ranges.open();
  let isFirst = true;
  let next = at;
  for (;;) {
    if (next >= to) return -1;
    const label = bytes[next];
    if (label === 0) break;
    // Questions are not compressed: nothing stands before them.
    if (label > 63 || next + 1 + label > to) return -1;
    if (!isFirst) ranges.put(DOT);
    isFirst = false;
    for (let k = 1; k <= label; k++) ranges.put(bytes[next + k]);
    next += 1 + label;
  }
  ranges.close(QUERY);
  return next + 5;
}
