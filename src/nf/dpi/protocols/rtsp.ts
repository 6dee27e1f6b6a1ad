/** Hot: no allocation. RTSP (RFC 7826, 2326): a request line with an rtsp target, or a status line. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, literal, Match, match, matchAny, matchAnyFolded } from '../text.js';

const STATUS = literal('RTSP/1.0 ');
const METHODS = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'ANNOUNCE', 'RECORD', 'GET_PARAMETER', 'SET_PARAMETER']
  .map((method) => literal(`${method} `));
const SCHEMES = [literal('rtsp://'), literal('rtsps://'), literal('rtspu://')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  const status = match(bytes, start, end, STATUS);
  if (status === Match.yes) {
    finding.sender = Sender.server;
    return Outcome.named;
  }
  const method = matchAny(bytes, start, end, METHODS);
  if (method !== Match.yes) return method === Match.partly || status === Match.partly ? Outcome.more : Outcome.no;
  const target = indexOfByte(bytes, 0x20, start, end) + 1;
  const scheme = matchAnyFolded(bytes, target, end, SCHEMES);
  if (scheme === Match.partly) return Outcome.more;
  if (scheme !== Match.yes) return Outcome.no;
  finding.sender = Sender.client;
  const authority = indexOfByte(bytes, 0x2f, target, end) + 2;
  let to = authority;
  while (to < end && bytes[to] !== 0x2f && bytes[to] !== 0x20) to++;
  if (to === end) return Outcome.namedMore;
  finding.setAuthority(bytes, authority, to);
  return Outcome.done;
}

export const rtsp: Dissector = { name: 'RTSP', over: 'tcp', firstBytes: [0x52, ...METHODS.map(([first]) => first)], inspect };
