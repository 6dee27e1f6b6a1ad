/** Hot: no allocation. MGCP (RFC 3435): a command line with the endpoint's host, or a response on its ports. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, indexOfFolded, isReply, literal, Match, matchAny, REPLY_DIGITS } from '../text.js';

const VERBS = ['EPCF ', 'CRCX ', 'MDCX ', 'DLCX ', 'RQNT ', 'NTFY ', 'AUEP ', 'AUCX ', 'RSIP '].map(literal);
const VERSION = literal(' mgcp ');
const GATEWAY_PORT = 2427;
const AGENT_PORT = 2727;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (matchAny(bytes, start, end, VERBS) !== Match.yes) {
    const isOnPort = facts.hasPort(GATEWAY_PORT) || facts.hasPort(AGENT_PORT);
    return isOnPort && isReply(bytes, start, end) ? Outcome.named : Outcome.no;
  }
  const lineFeed = indexOfByte(bytes, 0x0a, start, end);
  const lineEnd = lineFeed < 0 ? end : lineFeed;
  const version = indexOfFolded(bytes, VERSION, start, lineEnd);
  if (version < 0) return Outcome.no;
  const at = indexOfByte(bytes, 0x40, start, version);
  if (at >= 0) finding.setAuthority(bytes, at + 1, version);
  return Outcome.done;
}

export const mgcp: Dissector = { name: 'MGCP', over: 'udp', firstBytes: [...VERBS.map(([first]) => first), ...REPLY_DIGITS], inspect };
