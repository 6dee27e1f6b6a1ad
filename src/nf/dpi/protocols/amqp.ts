/** Hot: no allocation. AMQP 0-9-1 and 1.0: the protocol header, or a method frame. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const HEADER = literal('AMQP');
const FRAME_END = 0xce;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const header = match(bytes, start, end, HEADER);
  if (header !== Match.no) return header === Match.yes ? Outcome.done : Outcome.more;
  // A frame: type, channel, size, payload, and an end mark.
  if (bytes[start] < 1 || bytes[start] > 8 || end < start + 8 || bytes[start + 3] !== 0) return Outcome.no;
  const frameEnd = start + 7 + ((bytes[start + 3] << 24) | (bytes[start + 4] << 16) | (bytes[start + 5] << 8) | bytes[start + 6]);
  return frameEnd < end && frameEnd > start && bytes[frameEnd] === FRAME_END ? Outcome.maybe : Outcome.no;
}

export const amqp: Dissector = { name: 'AMQP', over: 'tcp', firstBytes: [0x41, 1, 2, 3, 4, 5, 6, 7, 8], inspect };
