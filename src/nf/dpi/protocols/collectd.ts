/**
 * Hot: no allocation. collectd's binary protocol: parts that fill the datagram, one of which is the sender's name. On its port (IANA)
 * the name and a part behind it are enough: a receiver takes the parts before a damaged one.
 */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 25_826;
const PART_HEADER_BYTES = 4;
const PART_HOST = 0;
/** Parts 0 to 12 are names, times and values; then messages, signatures and encryption. */
const LAST_DATA_PART = 12;
const FIRST_NOTICE_PART = 0x0100;
const ENCRYPTED_PART = 0x0210;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  let at = start;
  let parts = 0;
  while (at + PART_HEADER_BYTES <= end) {
    const type = (bytes[at] << 8) | bytes[at + 1];
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length <= PART_HEADER_BYTES || type > ENCRYPTED_PART || (type > LAST_DATA_PART && type < FIRST_NOTICE_PART)) break;
    // Strings end in a zero byte, which counts.
    if (type === PART_HOST && at + length <= end) {
      if (!isName(bytes, at + PART_HEADER_BYTES, at + length - 1)) return Outcome.no;
      finding.setHost(bytes, at + PART_HEADER_BYTES, at + length - 1);
    }
    if (at + length > end) break;
    at += length;
    parts++;
  }
  if (at !== end) return parts > 1 && finding.hostLength > 0 && facts.hasPort(PORT) ? Outcome.done : Outcome.no;
  if (finding.hostLength > 0) return Outcome.done;
  // All of it in one encrypted part: nothing more will be seen.
  return bytes[start] === ENCRYPTED_PART >> 8 && bytes[start + 1] === (ENCRYPTED_PART & 0xff) ? Outcome.named : Outcome.maybe;
}

/** Text, and the zero byte. */
function isName(bytes: Uint8Array, from: number, zero: number): boolean {
  for (let at = from; at < zero; at++) if (bytes[at] < 0x20) return false;
  return bytes[zero] === 0;
}

export const collectd: Dissector = { name: 'collectd', over: 'udp', firstBytes: [0, 1, 2], inspect };
