/** Hot: no allocation. HSRP (RFC 2281, and Cisco's version 2): hellos between routers, on its ports. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 1985;
const IPV6_PORT = 2029;
const BYTES_1 = 20;
const LAST_STATE_1 = 16;
/** Version 2: a type and a length before the group's state. */
const GROUP_STATE = 1;
const GROUP_STATE_BYTES = 40;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if ((!facts.hasPort(PORT) && !facts.hasPort(IPV6_PORT)) || end < start + BYTES_1) return Outcome.no;
  if (bytes[start] === GROUP_STATE && bytes[start + 1] === GROUP_STATE_BYTES) return bytes[start + 2] === 2 && bytes[start + 3] < 4 ? Outcome.done : Outcome.no;
  if (bytes[start] !== 0) return Outcome.no;
  // Version, what it is for, state, times, priority, group, a reserved byte.
  const isState = bytes[start + 1] <= 2 && bytes[start + 2] <= LAST_STATE_1 && bytes[start + 7] === 0;
  return isState || read32(bytes, start) === 3 ? Outcome.done : Outcome.no;
}

export const hsrp: Dissector = { name: 'HSRP', over: 'udp', firstBytes: [0, GROUP_STATE], ports: [PORT, IPV6_PORT], inspect };
