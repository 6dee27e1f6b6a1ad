/** Hot: no allocation. BitTorrent: the peer handshake (BEP 3), the distributed hash table (BEP 5), uTP's first packet (BEP 29). */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match, matchAny } from '../text.js';

const HANDSHAKE = literal('\x13BitTorrent protocol');
/** A query, an answer or an error, as bencoded dictionaries begin: their keys are sorted. */
const DHT = [literal('d1:ad2:id20:'), literal('d1:rd2:id20:'), literal('d1:eli20'), literal('d2:ip'), literal('d1:ad3:bs')];
const LETTER_D = 0x64;
const LETTER_E = 0x65;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  const handshake = match(bytes, start, end, HANDSHAKE);
  if (handshake === Match.yes) return Outcome.done;
  if (facts.isStream) return handshake === Match.partly ? Outcome.more : Outcome.no;
  if (bytes[start] === LETTER_D && bytes[end - 1] === LETTER_E && matchAny(bytes, start, end, DHT) === Match.yes) return Outcome.done;
  return Outcome.no;
}

export const bittorrent: Dissector = { name: 'BitTorrent', over: 'both', inspect };
