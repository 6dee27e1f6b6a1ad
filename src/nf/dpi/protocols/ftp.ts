/** Hot: no allocation. FTP control connection (RFC 959): the greeting, and the commands that begin a session. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { beginnings, indexOfByte, indexOfFolded, isReply, literal, Match, match, matchAnyFolded, REPLY_DIGITS } from '../text.js';

const READY = literal('220');
const FTP_WORD = literal('ftp');
const PORT = 21;
const LINE_FEED = 0x0a;
/** Commands that no mail protocol has, and those that POP3 has too. */
const OWN_COMMANDS = ['feat\r\n', 'syst\r\n', 'pasv\r\n', 'epsv\r\n', 'auth tls\r\n', 'auth ssl\r\n', 'type i\r\n', 'type a\r\n'].map(literal);
const LOGIN = [literal('user '), literal('pass ')];
/** Enough on its own port, where a connection was not seen from its beginning. */
const OTHER_COMMANDS = ['retr ', 'stor ', 'list', 'nlst', 'cwd ', 'port ', 'eprt ', 'pwd\r\n', 'size ', 'mdtm ', 'quit\r\n', 'opts '].map(literal);

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const command = matchAnyFolded(bytes, start, end, OWN_COMMANDS);
  const login = matchAnyFolded(bytes, start, end, LOGIN);
  if (command === Match.yes || (login === Match.yes && facts.hasPort(PORT))) {
    finding.sender = Sender.client;
    return Outcome.named;
  }
  if (facts.hasPort(PORT) && (isReply(bytes, start, end) || matchAnyFolded(bytes, start, end, OTHER_COMMANDS) === Match.yes)) return Outcome.named;
  if (match(bytes, start, end, READY) !== Match.yes) return Outcome.no;
  const lineEnd = indexOfByte(bytes, LINE_FEED, start, end);
  const to = lineEnd < 0 ? end : lineEnd;
  if (indexOfFolded(bytes, FTP_WORD, start, to) < 0 && !facts.hasPort(PORT)) return lineEnd < 0 ? Outcome.more : Outcome.no;
  finding.sender = Sender.server;
  return Outcome.named;
}

export const ftp: Dissector = { name: 'FTP_CONTROL', over: 'tcp', firstBytes: [...beginnings([...OWN_COMMANDS, ...LOGIN, ...OTHER_COMMANDS]), ...REPLY_DIGITS], inspect };
