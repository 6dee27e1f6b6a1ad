/** Hot: no allocation. DNP3 (IEEE 1815, 9.2): the start of a link frame, and the check value of its header. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const START = [0x05, 0x64] as const;
const LEAST_LENGTH = 5;
const CHECKED_BYTES = 8;
/** 0x3d65 with its bits in reverse. */
const POLYNOMIAL = 0xa6bc;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end < start + CHECKED_BYTES + 2 || bytes[start] !== START[0] || bytes[start + 1] !== START[1] || bytes[start + 2] < LEAST_LENGTH) return Outcome.no;
  let check = 0;
  for (let at = start; at < start + CHECKED_BYTES; at++) {
    check ^= bytes[at];
    for (let bit = 0; bit < 8; bit++) check = (check & 1) === 1 ? (check >> 1) ^ POLYNOMIAL : check >> 1;
  }
  check ^= 0xffff;
  return bytes[start + 8] === (check & 0xff) && bytes[start + 9] === check >> 8 ? Outcome.done : Outcome.no;
}

export const dnp3: Dissector = { name: 'DNP3', over: 'both', firstBytes: [START[0]], leastBytes: CHECKED_BYTES + 2, inspect };
