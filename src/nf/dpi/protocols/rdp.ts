/** Hot: no allocation. RDP (MS-RDPBCGR, 2.2.1): the X.224 connection request and its confirmation. */
import { read16, read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const TPKT_VERSION = 3;
const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const PORT = 3389;
const UDP_SYN = 0x01;
const UDP_ACK = 0x04;
const UDP_SYN_BYTES = 16;
const UDP_MIN_PACKET = 1132;
const UDP_MAX_PACKET = 1232;
const COOKIE = literal('Cookie: mstshash=');

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (!facts.isStream) return inspectDatagram(bytes, start, end, finding);
  if (bytes[start] !== TPKT_VERSION || end < start + 11 || bytes[start + 1] !== 0) return Outcome.no;
  const length = (bytes[start + 2] << 8) | bytes[start + 3];
  const code = bytes[start + 5];
  if (bytes[start + 4] + 5 !== length || (code !== CONNECTION_REQUEST && code !== CONNECTION_CONFIRM)) return Outcome.no;
  const at = start + 11;
  const isNegotiation = at + 8 <= end && bytes[at] >= 1 && bytes[at] <= 3 && bytes[at + 2] === 8 && bytes[at + 3] === 0;
  const isCookie = code === CONNECTION_REQUEST && match(bytes, at, end, COOKIE) === Match.yes;
  if (!isNegotiation && !isCookie && !(length === 11 && facts.hasPort(PORT))) return Outcome.no;
  finding.sender = code === CONNECTION_REQUEST ? Sender.client : Sender.server;
  return Outcome.done;
}

/** Over UDP (MS-RDPEUDP, 2.2.2): a SYN acknowledges nothing or the other's, and says how large packets may be. */
function inspectDatagram(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  if (end < start + UDP_SYN_BYTES || (bytes[start + 7] & UDP_SYN) === 0) return Outcome.no;
  const isAnswer = (bytes[start + 7] & UDP_ACK) !== 0;
  if (!isAnswer && read32(bytes, start) !== 0xffffffff) return Outcome.no;
  for (let at = start + 12; at < start + UDP_SYN_BYTES; at += 2) {
    const size = read16(bytes, at);
    if (size < UDP_MIN_PACKET || size > UDP_MAX_PACKET) return Outcome.no;
  }
  finding.sender = isAnswer ? Sender.server : Sender.client;
  return Outcome.done;
}

export const rdp: Dissector = { name: 'RDP', over: 'both', inspect };
