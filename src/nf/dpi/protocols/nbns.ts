/** Hot: no allocation. NetBIOS (RFC 1001, 1002): name service, datagrams with the sender's name, and session requests. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const NAME_PORT = 137;
const DATAGRAM_PORT = 138;
const SESSION_PORT = 139;
const HEADER_BYTES = 12;
const DATAGRAM_HEADER_BYTES = 14;
/** A name of 16 bytes, the last of which is a type, as 32 letters from A to P (RFC 1001, 14.1). */
const ENCODED_BYTES = 32;
const NAME_BYTES = 15;

function readName(bytes: Uint8Array, at: number, end: number, finding: Finding): void {
  if (at >= end || bytes[at] !== ENCODED_BYTES || at + 1 + ENCODED_BYTES > end) return;
  for (let k = 0; k < NAME_BYTES; k++) {
    const high = bytes[at + 1 + 2 * k] - 0x41;
    const low = bytes[at + 2 + 2 * k] - 0x41;
    if (high < 0 || high > 15 || low < 0 || low > 15) break;
    const byte = (high << 4) | low;
    if (byte === 0) break;
    finding.addNameByte(byte);
  }
  while (finding.hostLength > 0 && finding.host[finding.hostLength - 1] === 0x20) finding.hostLength--;
}

/** A session's packets: type, flags, length; then SMB, or two names in a request. */
function inspectSession(bytes: Uint8Array, start: number, end: number, facts: Facts): Outcome {
  if (!facts.hasPort(SESSION_PORT) || end < start + 4) return Outcome.no;
  const type = bytes[start];
  if (type === 0x81) return end > start + 4 && bytes[start + 4] === ENCODED_BYTES ? Outcome.done : Outcome.no;
  if (type >= 0x82 && type <= 0x85) return bytes[start + 1] === 0 && bytes[start + 2] === 0 && bytes[start + 3] <= 6 ? Outcome.named : Outcome.no;
  const isSmb = type === 0 && end >= start + 8 && (bytes[start + 4] === 0xff || bytes[start + 4] === 0xfe) && bytes[start + 5] === 0x53;
  return isSmb ? Outcome.done : Outcome.no;
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (facts.isStream) return inspectSession(bytes, start, end, facts);
  if (facts.hasPort(NAME_PORT)) {
    if (end < start + HEADER_BYTES) return Outcome.no;
    const opcode = (bytes[start + 2] >> 3) & 0x0f;
    const questions = (bytes[start + 4] << 8) | bytes[start + 5];
    const answers = (bytes[start + 6] << 8) | bytes[start + 7];
    if (opcode > 9 || questions > 16 || answers > 16) return Outcome.no;
    readName(bytes, start + HEADER_BYTES, end, finding);
    return Outcome.done;
  }
  if (!facts.hasPort(DATAGRAM_PORT) || end < start + DATAGRAM_HEADER_BYTES) return Outcome.no;
  if (bytes[start] < 0x10 || bytes[start] > 0x16) return Outcome.no;
  readName(bytes, start + DATAGRAM_HEADER_BYTES, end, finding);
  return Outcome.done;
}

export const nbns: Dissector = { name: 'NetBIOS', over: 'both', ports: [NAME_PORT, DATAGRAM_PORT, SESSION_PORT], inspect };
