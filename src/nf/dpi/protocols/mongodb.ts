/** Hot: no allocation. MongoDB's wire protocol: a header of four numbers, the last of which is an operation, and what that operation begins with. */
import { little32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 16;
const MAX_BYTES = 48_000_000;
const Operation = { reply: 1, query: 2004, compressed: 2012, message: 2013 } as const;
/** Of a message's flags: a checksum, more to come, an exhaust; the other low bits must be zero. */
const REQUIRED_ZERO = 0xfffc;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + HEADER_BYTES + 5) return Outcome.no;
  const length = little32(bytes, start);
  const operation = little32(bytes, start + 12);
  if (length < HEADER_BYTES + 5 || length > MAX_BYTES) return Outcome.no;
  const isAnswer = little32(bytes, start + 8) !== 0;
  finding.sender = isAnswer ? Sender.server : Sender.client;
  const body = start + HEADER_BYTES;
  switch (operation) {
    case Operation.message: {
      const isSound = (little32(bytes, body) & REQUIRED_ZERO) === 0 && bytes[body + 4] <= 1;
      return isSound ? Outcome.done : Outcome.no;
    }
    case Operation.query: {
      // Flags, then the collection: `database.name`.
      for (let at = body + 4; at < end && bytes[at] > 0x20 && bytes[at] < 0x7f; at++) if (bytes[at] === 0x2e) return Outcome.done;
      return Outcome.no;
    }
    case Operation.reply:
      return isAnswer && little32(bytes, body) <= 15 && end >= start + 36 ? Outcome.done : Outcome.no;
    case Operation.compressed:
      return little32(bytes, body) === Operation.message && end >= body + 9 && bytes[body + 8] <= 3 ? Outcome.done : Outcome.no;
    default:
      return Outcome.no;
  }
}

export const mongodb: Dissector = { name: 'MongoDB', over: 'tcp', leastBytes: HEADER_BYTES + 5, inspect };
