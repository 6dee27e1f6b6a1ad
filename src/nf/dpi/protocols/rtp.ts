/** Hot: no allocation. RTP and RTCP (RFC 3550): RTP has no mark of its own, so two packets must agree on their source. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const VERSION = 2;
const HEADER_BYTES = 12;
const CONTROL_HEADER_BYTES = 8;
const EXTENSION = 0x10;
/** Sources that a mixer may name: the field holds fifteen, but who names so many is rather something else. */
const MAX_SOURCES = 3;
const RTCP_FIRST = 200;
const RTCP_LAST = 207;
/** RFC 3551, 6: payload types. */
const LAST_STATIC_TYPE = 34;
const FIRST_DYNAMIC_TYPE = 96;

/** RTCP: packets of 32-bit words whose lengths fill the datagram. */
function inspectControl(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  let at = start;
  while (at + 4 <= end && bytes[at] >> 6 === VERSION && bytes[at + 1] >= RTCP_FIRST && bytes[at + 1] <= RTCP_LAST) {
    at += 4 + ((bytes[at + 2] << 8) | bytes[at + 3]) * 4;
  }
  if (at !== end) return Outcome.no;
  finding.name = 'RTCP';
  return Outcome.named;
}

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + CONTROL_HEADER_BYTES || bytes[start] >> 6 !== VERSION) return Outcome.no;
  const second = bytes[start + 1];
  if (second >= RTCP_FIRST && second <= RTCP_LAST) return inspectControl(bytes, start, end, finding);
  if (end < start + HEADER_BYTES || (bytes[start] & 0x0f) > MAX_SOURCES) return Outcome.no;
  const type = second & 0x7f;
  if (type > LAST_STATIC_TYPE && type < FIRST_DYNAMIC_TYPE) return Outcome.no;
  let headerEnd = start + HEADER_BYTES + (bytes[start] & 0x0f) * 4;
  if ((bytes[start] & EXTENSION) !== 0) {
    if (headerEnd + 4 > end) return Outcome.no;
    headerEnd += 4 + ((bytes[headerEnd + 2] << 8) | bytes[headerEnd + 3]) * 4;
  }
  if (headerEnd >= end) return Outcome.no;
  const source = (bytes[start + 8] << 24) | (bytes[start + 9] << 16) | (bytes[start + 10] << 8) | bytes[start + 11];
  if (source === 0) return Outcome.no;
  finding.token = source;
  return Outcome.maybe;
}

export const rtp: Dissector = { name: 'RTP', variants: ['RTCP'], over: 'udp', firstBytes: Array.from({ length: 64 }, (_, k) => 0x80 | k), inspect };
