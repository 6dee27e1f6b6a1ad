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
const UDP_DATA = 0x08;
const UDP_HEADER_BYTES = 8;
/** Numbers of the packet and of its data, in front of it. */
const UDP_SOURCE_BYTES = 8;
const TLS_RECORD_BYTES = 5;
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
  if (end < start + UDP_SYN_BYTES) return Outcome.no;
  if ((bytes[start + 7] & UDP_SYN) === 0) return inspectData(bytes, start, end);
  const isAnswer = (bytes[start + 7] & UDP_ACK) !== 0;
  if (!isAnswer && read32(bytes, start) !== 0xffffffff) return Outcome.no;
  for (let at = start + 12; at < start + UDP_SYN_BYTES; at += 2) {
    const size = read16(bytes, at);
    if (size < UDP_MIN_PACKET || size > UDP_MAX_PACKET) return Outcome.no;
  }
  finding.sender = isAnswer ? Sender.server : Sender.client;
  return Outcome.done;
}

/** Data (MS-RDPEUDP, 2.2.3) behind what it acknowledges: records of TLS that fill the datagram. */
function inspectData(bytes: Uint8Array, start: number, end: number): Outcome {
  if (bytes[start + 6] !== 0 || bytes[start + 7] !== (UDP_ACK | UDP_DATA)) return Outcome.no;
  // A vector of what has come, in front of it its length, up to a border of four bytes.
  const vector = 2 + read16(bytes, start + UDP_HEADER_BYTES);
  let at = start + UDP_HEADER_BYTES + ((vector + 3) & ~3) + UDP_SOURCE_BYTES;
  const first = at;
  while (at + TLS_RECORD_BYTES <= end && bytes[at] >= 20 && bytes[at] <= 23 && bytes[at + 1] === 3 && bytes[at + 2] <= 4) at += TLS_RECORD_BYTES + read16(bytes, at + 3);
  return at === end && at > first ? Outcome.done : Outcome.no;
}

export const rdp: Dissector = { name: 'RDP', over: 'both', overTcp: { firstBytes: [TPKT_VERSION] }, leastBytes: 11, inspect };
