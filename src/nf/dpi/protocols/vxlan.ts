/** Hot: no allocation. VXLAN (RFC 7348, 5): its flags, its reserved bytes, and an Ethernet frame inside, on its port. */
import { read16, read24 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 4789;
const HEADER_BYTES = 8;
const ETHERNET_BYTES = 14;
const HAS_NETWORK = 0x08;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || end < start + HEADER_BYTES + ETHERNET_BYTES) return Outcome.no;
  if (bytes[start] !== HAS_NETWORK || read24(bytes, start + 1) !== 0 || bytes[start + 7] !== 0) return Outcome.no;
  const type = read16(bytes, start + HEADER_BYTES + 12);
  const isEthernet = type === 0x0800 || type === 0x86dd || type === 0x0806 || type === 0x8100 || type === 0x88a8 || type < 1501;
  return isEthernet ? Outcome.done : Outcome.no;
}

export const vxlan: Dissector = { name: 'VXLAN', over: 'udp', firstBytes: [HAS_NETWORK], ports: [PORT], inspect };
