/** Hot: no allocation. BitTorrent: the peer handshake (BEP 3), the distributed hash table (BEP 5), uTP (BEP 29), local discovery (BEP 14). */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match, matchAny } from '../text.js';

const HANDSHAKE = literal('\x13BitTorrent protocol');
/** A query, an answer or an error, as bencoded dictionaries begin: their keys are sorted. */
const DHT = [literal('d1:ad2:id20:'), literal('d1:rd2:id20:'), literal('d1:eli20'), literal('d2:ip'), literal('d1:ad3:bs')];
const LOCAL_DISCOVERY = literal('BT-SEARCH * HTTP/1.1\r\n');
const TRANSPORT_BYTES = 20;
const WINDOW_AT = 12;
const LAST_TYPE = 4;
const LETTER_D = 0x64;
const LETTER_E = 0x65;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const handshake = match(bytes, start, end, HANDSHAKE);
  if (handshake === Match.yes) return Outcome.done;
  if (facts.isStream) return handshake === Match.partly ? Outcome.more : Outcome.no;
  if (bytes[start] === LETTER_D) return bytes[end - 1] === LETTER_E && matchAny(bytes, start, end, DHT) === Match.yes ? Outcome.done : Outcome.no;
  if (bytes[start] === LOCAL_DISCOVERY[0]) return match(bytes, start, end, LOCAL_DISCOVERY) === Match.yes ? Outcome.done : Outcome.no;
  return inspectTransport(bytes, start, end, finding);
}

/** uTP: type and version 1, no extension, and the number of a connection, in which two packets of a direction must agree. */
function inspectTransport(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  const type = bytes[start] >> 4;
  if (end < start + TRANSPORT_BYTES || (bytes[start] & 0x0f) !== 1 || type > LAST_TYPE || bytes[start + 1] !== 0) return Outcome.no;
  // A window of 16 MiB is more than anyone offers.
  if (bytes[start + WINDOW_AT] !== 0) return Outcome.no;
  // Only data has something after the header.
  if (type !== 0 && end !== start + TRANSPORT_BYTES) return Outcome.no;
  finding.token = 1 + ((bytes[start + 2] << 8) | bytes[start + 3]);
  return Outcome.maybe;
}

export const bittorrent: Dissector = { name: 'BitTorrent', over: 'both', firstBytes: [HANDSHAKE[0], LETTER_D, LOCAL_DISCOVERY[0], 0x01, 0x11, 0x21, 0x31, 0x41], inspect };
