/** Hot: no allocation. XMPP (RFC 6120, 4.2): the stream header, with or without an XML declaration before it. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, literal, Match, match } from '../text.js';

const DECLARATION = literal('<?xml ');
const STREAM = literal('<stream:stream');
const TO = literal(' to=');
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const MAX_DECLARATION_BYTES = 128;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  let at = start;
  const declaration = match(bytes, start, end, DECLARATION);
  if (declaration === Match.yes) {
    at = indexOfByte(bytes, LESS_THAN, start + 1, Math.min(end, start + MAX_DECLARATION_BYTES));
    if (at < 0) return end - start < MAX_DECLARATION_BYTES ? Outcome.more : Outcome.no;
  }
  const stream = match(bytes, at, end, STREAM);
  if (stream === Match.no) return declaration === Match.partly ? Outcome.more : Outcome.no;
  if (stream === Match.partly) return Outcome.more;
  const tagEnd = indexOfByte(bytes, GREATER_THAN, at, end);
  for (let k = at; k + TO.length + 1 < tagEnd; k++) {
    if (match(bytes, k, tagEnd, TO) !== Match.yes) continue;
    const from = k + TO.length + 1;
    const to = indexOfByte(bytes, bytes[from - 1], from, tagEnd);
    if (to > from) finding.setAuthority(bytes, from, to);
    break;
  }
  return tagEnd < 0 ? Outcome.namedMore : Outcome.done;
}

export const jabber: Dissector = { name: 'Jabber', over: 'tcp', firstBytes: [LESS_THAN], inspect };
