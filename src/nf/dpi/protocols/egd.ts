/** Hot: no allocation. Ethernet Global Data (GE): a data message of version 1, on its port. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 18_246;
const DATA = 0x0d;
const HEADER_BYTES = 32;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  return facts.hasPort(PORT) && end >= start + HEADER_BYTES && bytes[start] === DATA && bytes[start + 1] === 1 ? Outcome.done : Outcome.no;
}

export const egd: Dissector = { name: 'EthernetGlobalData', over: 'udp', firstBytes: [DATA], ports: [PORT], inspect };
