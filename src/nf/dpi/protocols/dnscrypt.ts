/** Hot: no allocation. DNSCrypt (its specification, version 2): the resolver's magic number; a certificate's name is plain DNS. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const RESOLVER_MAGIC = literal('r6fnvWj8');
/** Magic, nonce of 24 bytes, and the code of authenticity. */
const MIN_ANSWER_BYTES = 48;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + MIN_ANSWER_BYTES || match(bytes, start, end, RESOLVER_MAGIC) !== Match.yes) return Outcome.no;
  finding.sender = Sender.server;
  return Outcome.done;
}

export const dnscrypt: Dissector = { name: 'DNScrypt', over: 'udp', firstBytes: [0x72], inspect };
