/** Hot: no allocation. KCP (its reference implementation): segments of one conversation that fill the datagram. */
import { little16, little32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const SEGMENT_BYTES = 24;
/** Push, acknowledge, ask for the window, tell it. */
const FIRST_COMMAND = 81;
const LAST_COMMAND = 84;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + SEGMENT_BYTES) return Outcome.no;
  const conversation = little32(bytes, start);
  let at = start;
  let carried = 0;
  while (at + SEGMENT_BYTES <= end) {
    const command = bytes[at + 4];
    if (command < FIRST_COMMAND || command > LAST_COMMAND || little32(bytes, at) !== conversation || little16(bytes, at + 6) > 0x7fff) return Outcome.no;
    const length = little32(bytes, at + 20);
    if (length > 0 && command !== FIRST_COMMAND) return Outcome.no;
    at += SEGMENT_BYTES + length;
    carried += length;
  }
  finding.token = conversation;
  if (at !== end || conversation === 0) return Outcome.no;
  // A length of four bytes that fits is no chance; without data a second datagram must agree.
  return carried > 0 ? Outcome.done : Outcome.maybe;
}

export const kcp: Dissector = { name: 'KCP', over: 'udp', leastBytes: SEGMENT_BYTES, inspect };
