/** Hot: no allocation. IRC (RFC 2812, 3.1 and 5.1): a client that gives its name and user, or a server that greets. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, isBlankLine, literal, Match, match, matchAny } from '../text.js';

const NICK = literal('NICK ');
const USER = literal('USER ');
const CAPABILITIES = [literal('CAP LS\r'), literal('CAP LS 302')];
const GREETINGS = [literal('NOTICE * :'), literal('NOTICE AUTH :'), literal('NOTICE Auth :'), literal('001 '), literal('020 ')];
const COLON = 0x3a;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (bytes[start] === COLON) {
    const space = indexOfByte(bytes, SPACE, start, end);
    if (space <= start + 1 || matchAny(bytes, space + 1, end, GREETINGS) !== Match.yes) return Outcome.no;
    finding.sender = Sender.server;
    finding.setHost(bytes, start + 1, space);
    return Outcome.done;
  }
  if (matchAny(bytes, start, end, GREETINGS) === Match.yes && bytes[start] === NICK[0]) return Outcome.done;
  if (matchAny(bytes, start, end, CAPABILITIES) === Match.yes) return Outcome.done;
  const nick = match(bytes, start, end, NICK);
  if (nick !== Match.yes) return nick === Match.partly ? Outcome.more : Outcome.no;
  const lineFeed = indexOfByte(bytes, LINE_FEED, start, end);
  if (lineFeed < 0 || lineFeed + 1 === end) return Outcome.more;
  if (isBlankLine(bytes, start, lineFeed)) return Outcome.no;
  finding.sender = Sender.client;
  const user = match(bytes, lineFeed + 1, end, USER);
  return user === Match.yes ? Outcome.done : user === Match.partly ? Outcome.more : Outcome.no;
}

export const irc: Dissector = { name: 'IRC', over: 'tcp', firstBytes: [COLON, NICK[0], 0x43], inspect };
