/** Hot: no allocation. CNP/IP (EN 14908-4): a length that fills the datagram, version 1, a kind of packet, on its ports. */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const DEVICE_PORT = 1628;
const SERVER_PORT = 1629;
const VERSION = 1;
const HEADER_BYTES = 20;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(DEVICE_PORT) && !facts.hasPort(SERVER_PORT)) return Outcome.no;
  return end >= start + HEADER_BYTES && read16(bytes, start) === end - start && bytes[start + 2] === VERSION ? Outcome.done : Outcome.no;
}

export const cnpIp: Dissector = { name: 'CNP-IP', over: 'udp', ports: [DEVICE_PORT, SERVER_PORT], leastBytes: HEADER_BYTES, inspect };
