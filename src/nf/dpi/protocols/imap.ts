/** Hot: no allocation. IMAP (RFC 9051): the greeting, and a tagged command. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { ALPHANUMERICS, indexOfByte, indexOfFolded, isAlphanumeric, literal, Match, matchAny, matchAnyFolded } from '../text.js';

const PORT = 143;
const LINE_FEED = 0x0a;
const MAX_TAG_BYTES = 16;
const IMAP_WORD = literal('imap');
const GREETINGS = [literal('* OK '), literal('* PREAUTH '), literal('* BYE ')];
const COMMANDS = ['capability\r\n', 'starttls\r\n', 'login ', 'authenticate ', 'select ', 'examine ', 'id (', 'namespace\r\n'].map(literal);

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const greeting = matchAny(bytes, start, end, GREETINGS);
  if (greeting === Match.yes) {
    const lineEnd = indexOfByte(bytes, LINE_FEED, start, end);
    const to = lineEnd < 0 ? end : lineEnd;
    if (!facts.hasPort(PORT) && indexOfFolded(bytes, IMAP_WORD, start, to) < 0) return lineEnd < 0 ? Outcome.more : Outcome.no;
    finding.sender = Sender.server;
    return Outcome.named;
  }
  // A tag of letters and digits, a blank, and a command.
  let at = start;
  while (at < end && at - start < MAX_TAG_BYTES && isAlphanumeric(bytes[at])) at++;
  if (at === start || at >= end || bytes[at] !== 0x20) return Outcome.no;
  if (matchAnyFolded(bytes, at + 1, end, COMMANDS) !== Match.yes) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.named;
}

export const imap: Dissector = { name: 'IMAP', over: 'tcp', firstBytes: [0x2a, ...ALPHANUMERICS], inspect };
