/** Hot: no allocation. SSDP (UPnP Device Architecture 2.0, 1): searches, notices and answers in the form of HTTP over UDP. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { findHeader, indexOfByte, literal, Match, match, matchAny, valueEnd } from '../text.js';

const PORT = 1900;
const REQUESTS = [literal('M-SEARCH * HTTP/1.'), literal('NOTIFY * HTTP/1.')];
const STATUS = literal('HTTP/1.1 200 ');
const HOST = literal('host:');

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const isAnswer = match(bytes, start, end, STATUS) === Match.yes && facts.hasPort(PORT);
  if (!isAnswer && matchAny(bytes, start, end, REQUESTS) !== Match.yes) return Outcome.no;
  const lineEnd = indexOfByte(bytes, 0x0a, start, end);
  if (lineEnd < 0) return Outcome.named;
  const host = findHeader(bytes, lineEnd + 1, end, HOST);
  if (host >= 0) finding.setHost(bytes, host, valueEnd(bytes, host, end));
  return Outcome.done;
}

export const ssdp: Dissector = { name: 'SSDP', over: 'udp', firstBytes: [0x48, 0x4d, 0x4e], inspect };
