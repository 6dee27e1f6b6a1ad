/** Hot: no allocation. KNXnet/IP (ISO 22510): a header of fixed size and version, a known service, and lengths that fill the packet. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 6;
const VERSION = 0x10;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  let at = start;
  while (at + HEADER_BYTES <= end) {
    // Core, device management, tunnelling, routing, remote logging and configuration, object server, security.
    const isHeader = bytes[at] === HEADER_BYTES && bytes[at + 1] === VERSION && bytes[at + 2] >= 2 && bytes[at + 2] <= 9;
    const length = read16(bytes, at + 4);
    if (!isHeader || length < HEADER_BYTES) return Outcome.no;
    at += length;
  }
  return at === end ? Outcome.done : Outcome.no;
}

export const knx: Dissector = { name: 'KNXnet_IP', over: 'both', firstBytes: [HEADER_BYTES], inspect };
