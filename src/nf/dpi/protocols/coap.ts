/** Hot: no allocation. CoAP (RFC 7252, 3): version 1, a code, and options that lead to the end or to the payload. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 5683;
const HEADER_BYTES = 4;
const MAX_TOKEN_BYTES = 8;
const PAYLOAD = 0xff;
/** Of an option's delta and length: one more byte, two more bytes, no option. */
const [ONE_MORE, TWO_MORE, RESERVED] = [13, 14, 15];
/** Classes of codes: requests, answers, mistakes of the client, of the server. */
const CLASSES = 0b110101;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || !facts.hasPort(PORT) || bytes[start] >> 6 !== 1) return Outcome.no;
  const tokenBytes = bytes[start] & 0x0f;
  const code = bytes[start + 1];
  if (tokenBytes > MAX_TOKEN_BYTES || ((CLASSES >> (code >> 5)) & 1) === 0) return Outcome.no;
  // 0.00 is the empty message: a ping, an acknowledgement, a reset.
  if (code === 0) return end === start + HEADER_BYTES && tokenBytes === 0 ? Outcome.done : Outcome.no;
  return hasOptions(bytes, start + HEADER_BYTES + tokenBytes, end) ? Outcome.done : Outcome.no;
}

function hasOptions(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    if (bytes[at] === PAYLOAD) return at + 1 < end;
    const delta = bytes[at] >> 4;
    let length = bytes[at] & 0x0f;
    if (delta === RESERVED || length === RESERVED) return false;
    at += 1 + (delta === ONE_MORE ? 1 : delta === TWO_MORE ? 2 : 0);
    if (length >= ONE_MORE) {
      const size = length - ONE_MORE + 1;
      if (at + size > end) return false;
      length = size === 1 ? bytes[at] + 13 : ((bytes[at] << 8) | bytes[at + 1]) + 269;
      at += size;
    }
    at += length;
  }
  return at === end;
}

export const coap: Dissector = { name: 'COAP', over: 'udp', firstBytes: Array.from({ length: 64 }, (_, k) => 0x40 | k), ports: [PORT], leastBytes: HEADER_BYTES, inspect };
