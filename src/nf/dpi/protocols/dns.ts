/** Hot: no allocation. DNS (RFC 1035), and its kin mDNS (RFC 6762) and LLMNR (RFC 4795), over UDP and TCP. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { describeMessage } from './dns-details.js';

const HEADER_BYTES = 12;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const PORT = 53;
const MDNS_PORT = 5353;
const LLMNR_PORT = 5355;
/** Most records a section may claim without the port speaking for it: larger counts are noise. */
const MAX_RECORDS = 256;
const RESPONSE = 0x80;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (!facts.isStream) return inspectMessage(bytes, start, end, end, facts, finding);
  if (end < start + 2) return Outcome.no;
  const messageEnd = start + 2 + ((bytes[start] << 8) | bytes[start + 1]);
  if (messageEnd < start + 2 + HEADER_BYTES + 5) return Outcome.no;
  // Only on its own port is a length alone reason enough to wait for what follows it.
  if (end < start + 2 + HEADER_BYTES) return facts.hasPort(PORT) ? Outcome.more : Outcome.no;
  return inspectMessage(bytes, start + 2, Math.min(end, messageEnd), messageEnd, facts, finding);
}

function inspectMessage(bytes: Uint8Array, start: number, end: number, messageEnd: number, facts: Facts, finding: Finding): Outcome {
  if (end < start + HEADER_BYTES) return Outcome.no;
  const isOnPort = facts.hasPort(PORT) || facts.hasPort(MDNS_PORT) || facts.hasPort(LLMNR_PORT);
  const opcode = (bytes[start + 2] >> 3) & 0x0f;
  const isResponse = (bytes[start + 2] & RESPONSE) !== 0;
  const questions = (bytes[start + 4] << 8) | bytes[start + 5];
  const answers = (bytes[start + 6] << 8) | bytes[start + 7];
  const authorities = (bytes[start + 8] << 8) | bytes[start + 9];
  const additional = (bytes[start + 10] << 8) | bytes[start + 11];
  const isDamaged = opcode > 6 || answers > MAX_RECORDS || authorities > MAX_RECORDS || additional > MAX_RECORDS;
  // A query has a question and no answers; elsewhere than on its port, one question and nothing unusual.
  if (questions > (isOnPort || isDamaged ? MAX_RECORDS : 1) || (questions === 0 && answers === 0 && authorities === 0 && !isOnPort)) return Outcome.no;
  if (!isOnPort && (isDamaged || opcode !== 0 || questions !== 1 || (bytes[start + 3] & 0x40) !== 0 || (!isResponse && answers !== 0))) return Outcome.no;

  const isForPeople = facts.hasPort(MDNS_PORT);
  const nameEnd = readName(bytes, start, start + HEADER_BYTES, end, isForPeople, finding);
  if (nameEnd === NAME_CUT && facts.isStream && end < messageEnd && !facts.isFinal) return Outcome.more;
  if (nameEnd < 0 && !isOnPort) return Outcome.no;
  // On its port a header out of order passes when a whole question follows it, a cut one when the header is in order.
  if ((!isOnPort || isDamaged) && !isKnownClass(bytes, nameEnd, end)) return Outcome.no;
  if (nameEnd === NAME_INVALID && questions + answers === 0) return Outcome.no;
  if (isForPeople) finding.name = 'MDNS';
  else if (facts.hasPort(LLMNR_PORT)) finding.name = 'LLMNR';
  if (nameEnd > 0) finding.tell(describeMessage, bytes, start, end);
  finding.sender = isForPeople ? Sender.unknown : isResponse ? Sender.server : Sender.client;
  // A resolver may ask for many names from one port: the first that is answered is the flow's.
  finding.renewsHost = !isForPeople;
  finding.settlesHost = isResponse;
  if (isOnPort) return Outcome.named;
  // Elsewhere a second message must agree: the answer has the number of its question.
  finding.token = (bytes[start] << 8) | bytes[start + 1];
  return Outcome.maybe;
}

const NAME_CUT = -1;
const NAME_INVALID = -2;

/**
 * Reads the name at `from` into `finding`, labels joined by dots; follows compression only backwards (RFC 1035, 4.1.4),
 * so it ends. Returns where the name ends, or NAME_CUT, or NAME_INVALID.
 */
function readName(bytes: Uint8Array, message: number, from: number, end: number, isForPeople: boolean, finding: Finding): number {
  let at = from;
  let nameEnd = -1;
  let length = 0;
  for (;;) {
    if (at >= end) return nameEnd >= 0 ? nameEnd : NAME_CUT;
    const label = bytes[at];
    if (label === 0) return nameEnd >= 0 ? nameEnd : at + 1;
    if (label >= 0xc0) {
      if (at + 1 >= end) return NAME_CUT;
      const target = message + (((label & 0x3f) << 8) | bytes[at + 1]);
      if (target >= at || target < message + HEADER_BYTES) return NAME_INVALID;
      if (nameEnd < 0) nameEnd = at + 2;
      at = target;
      end = Math.min(end, nameEnd);
      if (++length > MAX_NAME_BYTES) return NAME_INVALID;
      continue;
    }
    if (label > MAX_LABEL_BYTES) return NAME_INVALID;
    length += label + 1;
    if (length > MAX_NAME_BYTES) return NAME_INVALID;
    if (at + 1 + label > end) return nameEnd >= 0 ? nameEnd : NAME_CUT;
    if (finding.hostLength > 0) finding.addHostByte(0x2e);
    for (let k = 1; k <= label; k++) {
      if (isForPeople) finding.addNameByte(bytes[at + k]);
      else finding.addHostByte(bytes[at + k]);
    }
    at += 1 + label;
  }
}

/** Type and class follow a question whose name ends at `at` (or is NAME_CUT or NAME_INVALID): IN, CH, HS, NONE or ANY. */
function isKnownClass(bytes: Uint8Array, at: number, end: number): boolean {
  if (at < 0 || at + 4 > end || (bytes[at] === 0 && bytes[at + 1] === 0)) return false;
  const dnsClass = ((bytes[at + 2] & 0x7f) << 8) | bytes[at + 3];
  return (dnsClass >= 1 && dnsClass <= 4) || dnsClass === 254 || dnsClass === 255;
}

export const dns: Dissector = { name: 'DNS', variants: ['MDNS', 'LLMNR'], over: 'both', inspect };
