/** Hot: no allocation. WireGuard (its paper, 5.4): messages of fixed types and lengths. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const INITIATION = 1;
const RESPONSE = 2;
const COOKIE = 3;
const DATA = 4;
const INITIATION_BYTES = 148;
const RESPONSE_BYTES = 92;
const COOKIE_BYTES = 64;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + 32 || bytes[start + 1] !== 0 || bytes[start + 2] !== 0 || bytes[start + 3] !== 0) return Outcome.no;
  const length = end - start;
  const type = bytes[start];
  if (type === INITIATION && length === INITIATION_BYTES) return Outcome.done;
  if (type === RESPONSE && length === RESPONSE_BYTES) return Outcome.done;
  if (type === COOKIE && length === COOKIE_BYTES) return Outcome.named;
  if (type !== DATA || length % 16 !== 0) return Outcome.no;
  // Data carries a receiver index and a counter: the receiver stays the same.
  finding.token = (bytes[start + 4] << 24) | (bytes[start + 5] << 16) | (bytes[start + 6] << 8) | bytes[start + 7];
  return finding.token === 0 ? Outcome.no : Outcome.maybe;
}

export const wireguard: Dissector = { name: 'WireGuard', over: 'udp', firstBytes: [1, 2, 3, 4], inspect };
