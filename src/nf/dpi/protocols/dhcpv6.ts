/** Hot: no allocation. DHCPv6 (RFC 8415): the message type and well-formed options, between its ports. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const CLIENT_PORT = 546;
const SERVER_PORT = 547;
const RELAY_FORWARD = 12;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(CLIENT_PORT) && !facts.hasPort(SERVER_PORT)) return Outcome.no;
  if (end < start + 4 || bytes[start] < 1 || bytes[start] > 13) return Outcome.no;
  let at = start + (bytes[start] >= RELAY_FORWARD ? 34 : 4);
  if (at + 4 > end) return Outcome.no;
  while (at + 4 <= end) at += 4 + ((bytes[at + 2] << 8) | bytes[at + 3]);
  return at === end ? Outcome.done : Outcome.no;
}

export const dhcpv6: Dissector = { name: 'DHCPV6', over: 'udp', firstBytes: Array.from({ length: 13 }, (_, k) => k + 1), ports: [CLIENT_PORT, SERVER_PORT], inspect };
