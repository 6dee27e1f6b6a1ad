/** Hot: no allocation. DHCP (RFC 2131, 2132): the magic cookie, and the client's host name. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

/** After the fixed fields, 236 bytes, and the cookie. */
const OPTIONS_AT = 240;
const OPTION_PAD = 0;
const OPTION_HOST_NAME = 12;
const OPTION_END = 255;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + OPTIONS_AT || bytes[start] < 1 || bytes[start] > 2) return Outcome.no;
  const cookie = start + OPTIONS_AT - 4;
  if (bytes[cookie] !== 0x63 || bytes[cookie + 1] !== 0x82 || bytes[cookie + 2] !== 0x53 || bytes[cookie + 3] !== 0x63) return Outcome.no;
  finding.sender = bytes[start] === 1 ? Sender.client : Sender.server;
  for (let at = start + OPTIONS_AT; at < end && bytes[at] !== OPTION_END; ) {
    if (bytes[at] === OPTION_PAD) {
      at++;
      continue;
    }
    if (at + 2 > end) break;
    const next = at + 2 + bytes[at + 1];
    if (next > end) break;
    if (bytes[at] === OPTION_HOST_NAME) {
      let to = next;
      while (to > at + 2 && bytes[to - 1] === 0) to--;
      finding.setHost(bytes, at + 2, to);
      return Outcome.done;
    }
    at = next;
  }
  return Outcome.named;
}

export const dhcp: Dissector = { name: 'DHCP', over: 'udp', firstBytes: [1, 2], inspect };
