/** Hot: no allocation. NetFlow 5, 7 and 9 (RFC 3954, 5), IPFIX (RFC 7011, 3): records or sets that fill the datagram. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const IPFIX = 10;
const LEAST_BYTES = 20;
const [HEADER_BYTES_5, RECORD_BYTES_5, RECORD_BYTES_7, MAX_RECORDS] = [24, 48, 52, 30];
const [HEADER_BYTES_9, HEADER_BYTES_IPFIX] = [20, 16];
const SET_HEADER_BYTES = 4;
/** Sets below are templates. */
const FIRST_DATA_SET = 256;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end < start + LEAST_BYTES) return Outcome.no;
  const version = read16(bytes, start);
  const count = read16(bytes, start + 2);
  if (version === 5 || version === 7) {
    const isFull = count > 0 && count <= MAX_RECORDS && end - start === HEADER_BYTES_5 + count * (version === 5 ? RECORD_BYTES_5 : RECORD_BYTES_7);
    return isFull ? Outcome.done : Outcome.no;
  }
  if (version === 9) return count > 0 && setsFill(bytes, start + HEADER_BYTES_9, end, 1) ? Outcome.done : Outcome.no;
  return version === IPFIX && start + count === end && setsFill(bytes, start + HEADER_BYTES_IPFIX, end, 3) ? Outcome.done : Outcome.no;
}

/** Of templates and data, one at least. */
function setsFill(bytes: Uint8Array, from: number, end: number, lastTemplate: number): boolean {
  let at = from;
  while (at + SET_HEADER_BYTES <= end) {
    const id = read16(bytes, at);
    const length = read16(bytes, at + 2);
    if (length <= SET_HEADER_BYTES || (id > lastTemplate && id < FIRST_DATA_SET)) return false;
    at += length;
  }
  return at === end && at > from;
}

export const netflow: Dissector = { name: 'NetFlow', over: 'udp', firstBytes: [0], leastBytes: LEAST_BYTES, inspect };
