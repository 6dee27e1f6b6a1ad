/** Hot: no allocation. Modbus over TCP (its messaging guide, 3.1.3): headers of protocol 0 whose lengths fill the segment, and a function. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 502;
const HEADER_BYTES = 7;
const LENGTH_END = 6;
/** Unit, function and data. */
const MAX_LENGTH = 254;
const EXCEPTION = 0x80;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT)) return Outcome.no;
  let at = start;
  while (at + HEADER_BYTES < end) {
    const length = read16(bytes, at + 4);
    if (read16(bytes, at + 2) !== 0 || length < 2 || length > MAX_LENGTH || (bytes[at + HEADER_BYTES] & ~EXCEPTION) === 0) return Outcome.no;
    at += LENGTH_END + length;
  }
  return at === end ? Outcome.done : Outcome.no;
}

export const modbus: Dissector = { name: 'Modbus', over: 'tcp', ports: [PORT], leastBytes: HEADER_BYTES + 1, inspect };
