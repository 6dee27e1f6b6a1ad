/** Hot: no allocation. SSDP (UPnP Device Architecture 2.0, 1): searches, notices and answers in the form of HTTP over UDP. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { findHeader, indexOfByte, literal, Match, match, matchAny, valueEnd } from '../text.js';

const PORT = 1900;
const REQUESTS = [literal('M-SEARCH * HTTP/1.'), literal('NOTIFY * HTTP/1.')];
const STATUS = literal('HTTP/1.1 200 ');
const HOST = literal('host:');
/** An answer names what was searched for, and itself; it may come from any port (1.3.3). */
const TARGET = literal('st:');
const SERVICE_NAME = literal('usn:');
const [LEFT_BRACKET, RIGHT_BRACKET] = [0x5b, 0x5d];

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const isAnswer = match(bytes, start, end, STATUS) === Match.yes && (facts.hasPort(PORT) || isOfSearch(bytes, start, end));
  if (!isAnswer && matchAny(bytes, start, end, REQUESTS) !== Match.yes) return Outcome.no;
  const lineEnd = indexOfByte(bytes, 0x0a, start, end);
  if (lineEnd < 0) return Outcome.named;
  const host = findHeader(bytes, lineEnd + 1, end, HOST);
  if (host >= 0) setHost(bytes, host, valueEnd(bytes, host, end), finding);
  return Outcome.done;
}

function isOfSearch(bytes: Uint8Array, start: number, end: number): boolean {
  const from = indexOfByte(bytes, 0x0a, start, end) + 1;
  return from > 0 && findHeader(bytes, from, end, TARGET) >= 0 && findHeader(bytes, from, end, SERVICE_NAME) >= 0;
}

/** With its port, so an IPv6 address keeps its brackets. */
function setHost(bytes: Uint8Array, from: number, to: number, finding: Finding): void {
  finding.setHost(bytes, from, to);
  const close = bytes[from] === LEFT_BRACKET ? indexOfByte(bytes, RIGHT_BRACKET, from, Math.min(to, from + finding.hostLength)) : -1;
  if (close < 0) return;
  finding.host[0] = LEFT_BRACKET;
  finding.host[close - from] = RIGHT_BRACKET;
}

export const ssdp: Dissector = { name: 'SSDP', over: 'udp', firstBytes: [0x48, 0x4d, 0x4e], inspect };
