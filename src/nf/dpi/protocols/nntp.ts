/** Hot: no allocation. NNTP (RFC 3977, 4643): the greeting on its port, and commands that no other protocol has. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { beginnings, literal, Match, match, matchAny, matchAnyFolded } from '../text.js';

const PORT = 119;
const GREETINGS = [literal('200 '), literal('201 ')];
const COMMANDS = ['mode reader\r\n', 'authinfo user ', 'list active', 'group ', 'xover ', 'over ', 'newgroups '].map(literal);
const UPPER_MODE = literal('MODE READER');

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (facts.hasPort(PORT) && matchAny(bytes, start, end, GREETINGS) === Match.yes) {
    finding.sender = Sender.server;
    return Outcome.done;
  }
  const isOwn = match(bytes, start, end, UPPER_MODE) === Match.yes;
  if (!isOwn && !(facts.hasPort(PORT) && matchAnyFolded(bytes, start, end, COMMANDS) === Match.yes)) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const nntp: Dissector = { name: 'Usenet', over: 'tcp', firstBytes: [0x32, ...beginnings([...COMMANDS, UPPER_MODE])], inspect };
