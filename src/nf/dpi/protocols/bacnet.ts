/** Hot: no allocation. BACnet/IP (ASHRAE 135, annex J): on its port the type, a function, and a length that fills the datagram. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 47_808;
const TYPE = 0x81;
const LAST_FUNCTION = 0x0c;
const HEADER_BYTES = 4;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !facts.hasPort(PORT) || bytes[start] !== TYPE || bytes[start + 1] > LAST_FUNCTION) return Outcome.no;
  return start + read16(bytes, start + 2) === end ? Outcome.done : Outcome.no;
}

export const bacnet: Dissector = { name: 'BACnet', over: 'udp', firstBytes: [TYPE], ports: [PORT], leastBytes: HEADER_BYTES, inspect };
