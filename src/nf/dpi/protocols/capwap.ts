/** Hot: no allocation. CAPWAP (RFC 5415, 4.3 to 4.5): a preamble with DTLS behind it, or a header and a control message. */
import { read24, read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const CONTROL_PORT = 5246;
const DATA_PORT = 5247;
const ENCRYPTED = 1;
/** A record of DTLS follows the preamble: its type and the first byte of its version. */
const [FIRST_RECORD, LAST_RECORD, DTLS] = [20, 25, 0xfe];
const LEAST_BYTES = 8;
const WORD_BYTES = 4;
const LAST_MESSAGE = 26;
/** Of data nothing says more than the header: two packets must agree. */
const TOKEN = 0x43415057;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const isControl = facts.hasPort(CONTROL_PORT);
  if (end < start + LEAST_BYTES || (!isControl && !facts.hasPort(DATA_PORT))) return Outcome.no;
  if (bytes[start] === ENCRYPTED) {
    const record = bytes[start + 4];
    return read24(bytes, start + 1) === 0 && record >= FIRST_RECORD && record <= LAST_RECORD && bytes[start + 5] === DTLS ? Outcome.done : Outcome.no;
  }
  if (bytes[start] !== 0) return Outcome.no;
  const at = start + (bytes[start + 1] >> 3) * WORD_BYTES;
  if (at < start + LEAST_BYTES || at + WORD_BYTES > end) return Outcome.no;
  if (!isControl) {
    finding.token = TOKEN;
    return Outcome.maybe;
  }
  const message = read32(bytes, at);
  return message > 0 && message <= LAST_MESSAGE ? Outcome.done : Outcome.no;
}

export const capwap: Dissector = { name: 'CAPWAP', over: 'udp', firstBytes: [0, ENCRYPTED], ports: [CONTROL_PORT, DATA_PORT], leastBytes: LEAST_BYTES, inspect };
