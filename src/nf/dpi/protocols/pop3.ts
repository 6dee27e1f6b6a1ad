/** Hot: no allocation. POP3 (RFC 1939, 2595): the greeting with the server's name, and commands. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { beginnings, indexOfByte, indexOfFolded, literal, Match, matchAny, matchAnyFolded } from '../text.js';

const PORT = 110;
const LINE_FEED = 0x0a;
const POP_WORD = literal('pop');
const REPLIES = [literal('+OK '), literal('+OK\r\n'), literal('-ERR')];
const OWN_COMMANDS = [literal('capa\r\n'), literal('stls\r\n'), literal('apop '), literal('uidl\r\n')];
const LOGIN = [literal('user '), literal('pass '), literal('auth')];

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const command = matchAnyFolded(bytes, start, end, OWN_COMMANDS);
  if (command === Match.yes || (facts.hasPort(PORT) && matchAnyFolded(bytes, start, end, LOGIN) === Match.yes)) {
    finding.sender = Sender.client;
    return Outcome.named;
  }
  const reply = matchAny(bytes, start, end, REPLIES);
  if (reply !== Match.yes) return Outcome.no;
  const lineEnd = indexOfByte(bytes, LINE_FEED, start, end);
  if (lineEnd < 0) return Outcome.more;
  if (!facts.hasPort(PORT) && indexOfFolded(bytes, POP_WORD, start, lineEnd) < 0) return Outcome.no;
  finding.sender = Sender.server;
  // The greeting may have a timestamp in the form of a message id, <number@host> (RFC 1939, 7).
  const open = indexOfByte(bytes, 0x3c, start, lineEnd);
  const close = open < 0 ? -1 : indexOfByte(bytes, 0x3e, open, lineEnd);
  const at = close < 0 ? -1 : indexOfByte(bytes, 0x40, open, close);
  if (at >= 0) finding.setHost(bytes, at + 1, close);
  return Outcome.named;
}

export const pop3: Dissector = { name: 'POP3', over: 'tcp', firstBytes: [...beginnings([...OWN_COMMANDS, ...LOGIN]), ...REPLIES.map(([first]) => first)], inspect };
