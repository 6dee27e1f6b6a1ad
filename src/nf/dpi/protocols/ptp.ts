/** Hot: no allocation. PTP version 2 (IEEE 1588, 13.3): on its ports a known message, the version, and a length that the datagram holds. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const EVENT_PORT = 319;
const GENERAL_PORT = 320;
const VERSION = 2;
const HEADER_BYTES = 34;
/** Sync to delayed answers (0 to 3), and the general messages (8 to 13). */
const MESSAGES = 0b0011_1111_0000_1111;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !(facts.hasPort(EVENT_PORT) || facts.hasPort(GENERAL_PORT))) return Outcome.no;
  const length = read16(bytes, start + 2);
  const isKnown = ((MESSAGES >> (bytes[start] & 0x0f)) & 1) === 1 && (bytes[start + 1] & 0x0f) === VERSION;
  return isKnown && length >= HEADER_BYTES && start + length <= end ? Outcome.done : Outcome.no;
}

export const ptp: Dissector = { name: 'PTPv2', over: 'udp', ports: [EVENT_PORT, GENERAL_PORT], leastBytes: HEADER_BYTES, inspect };
