/** Hot: no allocation. SMTP (RFC 5321): the greeting with the server's name, and the commands that begin a session. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { beginnings, indexOfByte, indexOfFolded, isReply, literal, Match, match, matchAnyFolded, REPLY_DIGITS } from '../text.js';

const READY = literal('220');
const SMTP_WORD = literal('smtp');
const FTP_WORD = literal('ftp');
const COMMANDS = [literal('ehlo '), literal('helo '), literal('mail from:'), literal('rcpt to:')];
const LINE_FEED = 0x0a;
const DOT = 0x2e;

const isMailPort = (facts: Facts): boolean => facts.hasPort(25) || facts.hasPort(587) || facts.hasPort(2525);

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const command = matchAnyFolded(bytes, start, end, COMMANDS);
  if (command === Match.yes) {
    finding.sender = Sender.client;
    return Outcome.named;
  }
  const greeting = match(bytes, start, end, READY);
  if (greeting === Match.no && isMailPort(facts) && isReply(bytes, start, end)) return Outcome.named;
  if (greeting === Match.no) return command === Match.partly && facts.isFirst ? Outcome.more : Outcome.no;
  const lineEnd = indexOfByte(bytes, LINE_FEED, start, end);
  if (lineEnd < 0) return Outcome.more;
  // FTP greets with the same number: the word tells them apart, else the port has to.
  const says = indexOfFolded(bytes, SMTP_WORD, start, lineEnd) >= 0;
  if (!says && (indexOfFolded(bytes, FTP_WORD, start, lineEnd) >= 0 || !isMailPort(facts))) return Outcome.no;
  finding.sender = Sender.server;
  const from = start + READY.length + 1;
  let to = from;
  while (to < lineEnd && bytes[to] !== 0x20 && bytes[to] !== 0x0d) to++;
  if (indexOfByte(bytes, DOT, from, to) >= 0) finding.setHost(bytes, from, to);
  return Outcome.named;
}

export const smtp: Dissector = { name: 'SMTP', over: 'tcp', firstBytes: [...beginnings(COMMANDS), ...REPLY_DIGITS], inspect };
