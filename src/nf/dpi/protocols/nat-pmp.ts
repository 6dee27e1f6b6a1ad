/** Hot: no allocation. NAT-PMP (RFC 6886): version 0, and lengths that fit the operation, on its ports. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const SERVER_PORT = 5351;
const CLIENT_PORT = 5350;
const RESPONSE = 128;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if ((!facts.hasPort(SERVER_PORT) && !facts.hasPort(CLIENT_PORT)) || end < start + 2 || bytes[start] !== 0) return Outcome.no;
  const operation = bytes[start + 1] & ~RESPONSE;
  const isResponse = bytes[start + 1] >= RESPONSE;
  const length = end - start;
  if (operation === 0) return length === (isResponse ? 12 : 2) ? Outcome.done : Outcome.no; // the external address
  if (operation > 2) return Outcome.no;
  return length === (isResponse ? 16 : 12) ? Outcome.done : Outcome.no; // a mapping, UDP or TCP
}

export const natPmp: Dissector = { name: 'NAT-PMP', over: 'udp', firstBytes: [0], ports: [SERVER_PORT, CLIENT_PORT], inspect };
