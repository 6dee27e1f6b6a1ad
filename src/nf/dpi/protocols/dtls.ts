/**
 * Hot: no allocation. DTLS 1.0 to 1.3 (RFC 6347, 9147), and what OpenSSL spoke before 0.9.8f and some VPNs still do: records, and the
 * server name of a ClientHello.
 */
import { Outcome, Sender } from '../dissector.js';
import type { Describer, Dissector, Facts, Finding } from '../dissector.js';
import { Hello, readClientHello } from './client-hello.js';
import { describeClientHello } from './hello-details.js';

const RECORD_HEADER_BYTES = 13;
const HANDSHAKE_HEADER_BYTES = 12;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MAX_RECORD_BYTES = (1 << 14) + 2048;

const describeHello: Describer = (bytes, start, end) => ({ tls: describeClientHello(bytes, start, end, 'd') });

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (end < start + RECORD_HEADER_BYTES + 1) return Outcome.no;
  const type = bytes[start];
  const minor = bytes[start + 2];
  const isDraft = bytes[start + 1] === 0x01 && minor === 0x00;
  if (type < 20 || type > 25 || (!isDraft && (bytes[start + 1] !== 0xfe || (minor !== 0xff && minor !== 0xfd && minor !== 0xfc)))) return Outcome.no;
  const recordBytes = (bytes[start + 11] << 8) | bytes[start + 12];
  if (recordBytes === 0 || recordBytes > MAX_RECORD_BYTES) return Outcome.no;
  if (facts.isWhole && start + RECORD_HEADER_BYTES + recordBytes > end) return Outcome.no;
  // 1.0 is a number that other bytes may be too: there the records fill the datagram.
  if (isDraft && facts.isWhole && !recordsFill(bytes, start, end)) return Outcome.no;
  const at = start + RECORD_HEADER_BYTES;
  if (type !== HANDSHAKE || bytes[at] !== CLIENT_HELLO || end < at + HANDSHAKE_HEADER_BYTES + 2) return Outcome.named;
  finding.sender = Sender.client;
  const fragmentOffset = (bytes[at + 6] << 16) | (bytes[at + 7] << 8) | bytes[at + 8];
  const body = at + HANDSHAKE_HEADER_BYTES;
  const bodyBytes = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  const fragmentBytes = (bytes[at + 9] << 16) | (bytes[at + 10] << 8) | bytes[at + 11];
  if (fragmentOffset === 0) {
    const hello = readClientHello(bytes, body, Math.min(end, body + fragmentBytes), body + bodyBytes, true, finding);
    if (hello === Hello.whole) finding.tell(describeHello, bytes, body, body + bodyBytes);
  }
  return finding.hostLength > 0 ? Outcome.done : Outcome.named;
}

function recordsFill(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + RECORD_HEADER_BYTES <= end && bytes[at] >= 20 && bytes[at] <= 25 && bytes[at + 1] === 0x01 && bytes[at + 2] === 0x00) {
    at += RECORD_HEADER_BYTES + ((bytes[at + 11] << 8) | bytes[at + 12]);
  }
  return at === end;
}

export const dtls: Dissector = { name: 'DTLS', over: 'udp', firstBytes: [20, 21, 22, 23, 24, 25], inspect };
