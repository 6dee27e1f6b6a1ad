/** Hot: no allocation. Git (gitprotocol-pack): a request in the line of a length in hexadecimal, with its host. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, literal, Match, match, matchAny } from '../text.js';

const LENGTH_BYTES = 4;
const SERVICES = [literal('git-upload-pack /'), literal('git-receive-pack /'), literal('git-upload-archive /')];
const HOST = literal('host=');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + LENGTH_BYTES + 1) return Outcome.no;
  for (let at = start; at < start + LENGTH_BYTES; at++) {
    const byte = bytes[at];
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return Outcome.no;
  }
  const service = matchAny(bytes, start + LENGTH_BYTES, end, SERVICES);
  if (service !== Match.yes) return service === Match.partly ? Outcome.more : Outcome.no;
  finding.sender = Sender.client;
  const zero = indexOfByte(bytes, 0, start, end);
  if (zero >= 0 && match(bytes, zero + 1, end, HOST) === Match.yes) {
    const from = zero + 1 + HOST.length;
    const to = indexOfByte(bytes, 0, from, end);
    if (to > from) finding.setAuthority(bytes, from, to);
  }
  return Outcome.done;
}

export const git: Dissector = { name: 'Git', over: 'tcp', firstBytes: [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66], inspect };
