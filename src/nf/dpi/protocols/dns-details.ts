/** Details of a DNS message (RFC 1035, 4): what is asked, and what is answered. Not hot: once a message, within the budget. */
import type { FlowDetails } from '../../contract.js';
import { formatIpv4, formatIpv6 } from '../../../packet/address.js';
import { read16, read32 } from '../bytes.js';
import { beginText, detailText, gatherDot, gatheredText, gatherFolded, hexText, isTextEmpty } from '../detail-text.js';

const HEADER_BYTES = 12;
const RESPONSE = 0x8000;
/** Records told of one message. */
const MAX_RECORDS = 16;
const MAX_QUESTIONS = 4;
const MAX_NAME_BYTES = 255;
/** A class's upper bit means something else in mDNS (RFC 6762, 5.4 and 10.2). */
const CLASS_MASK = 0x7fff;

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'], [2, 'NS'], [5, 'CNAME'], [6, 'SOA'], [10, 'NULL'], [12, 'PTR'], [13, 'HINFO'], [15, 'MX'], [16, 'TXT'], [25, 'KEY'], [28, 'AAAA'],
  [33, 'SRV'], [35, 'NAPTR'], [39, 'DNAME'], [41, 'OPT'], [43, 'DS'], [46, 'RRSIG'], [47, 'NSEC'], [48, 'DNSKEY'], [50, 'NSEC3'], [52, 'TLSA'],
  [64, 'SVCB'], [65, 'HTTPS'], [99, 'SPF'], [251, 'IXFR'], [252, 'AXFR'], [255, 'ANY'], [257, 'CAA'],
]);
const CODES: readonly string[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET', 'NXRRSET', 'NOTAUTH', 'NOTZONE'];
/** Types whose data is a name. */
const NAMES = new Set(['NS', 'CNAME', 'PTR', 'DNAME', 'SOA']);

interface Record {
  [field: string]: string | number;
}

export function describeMessage(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const id = read16(bytes, start);
  const flags = read16(bytes, start + 2);
  const questions: Record[] = [];
  let at = start + HEADER_BYTES;
  firstName = '';
  for (let k = 0; k < Math.min(read16(bytes, start + 4), MAX_QUESTIONS); k++) {
    const { name, next } = nameAt(bytes, start, at, end);
    if (next < 0 || next + 4 > end) break;
    if (k === 0) firstName = name;
    questions.push({ id, name, type: typeName(read16(bytes, next)) });
    at = next + 4;
  }
  if ((flags & RESPONSE) === 0) return questions.length === 0 ? {} : { dns: { queries: questions } };
  const code = CODES.at(flags & 0x0f) ?? String(flags & 0x0f);
  const responses = questions.length > 0 ? questions.map((question) => ({ ...question, code })) : [{ id, code }];
  // Where not all the questions were read, the answers cannot be found.
  const answers = questions.length === read16(bytes, start + 4) ? answersAt(bytes, start, at, end, read16(bytes, start + 6)) : [];
  return { dns: answers.length === 0 ? { responses } : { responses, answers } };
}

function answersAt(bytes: Uint8Array, message: number, from: number, end: number, count: number): Record[] {
  const answers: Record[] = [];
  let at = from;
  for (let k = 0; k < Math.min(count, MAX_RECORDS); k++) {
    const { name, next } = nameAt(bytes, message, at, end);
    if (next < 0 || next + 10 > end) break;
    const type = typeName(read16(bytes, next));
    const data = next + 10;
    const to = data + read16(bytes, next + 8);
    if (to > end) break;
    const isInternet = (read16(bytes, next + 2) & CLASS_MASK) === 1;
    const ttl = read16(bytes, next + 4) * 65_536 + read16(bytes, next + 6);
    answers.push({ name, type, ttl, data: isInternet ? dataText(bytes, message, type, data, to) : '' });
    at = to;
  }
  return answers;
}

function dataText(bytes: Uint8Array, message: number, type: string, from: number, to: number): string {
  const nameText = (at: number): string => nameAt(bytes, message, at, to).name;
  if (type === 'A') return to - from === 4 ? formatIpv4(read32(bytes, from)) : '';
  if (type === 'AAAA') return to - from === 16 ? ipv6Text(bytes, from) : '';
  if (NAMES.has(type)) return nameText(from);
  if (type === 'MX') return to - from > 2 ? `${read16(bytes, from)} ${nameText(from + 2)}` : '';
  if (type === 'SRV') return to - from > 6 ? `${read16(bytes, from)} ${read16(bytes, from + 2)} ${read16(bytes, from + 4)} ${nameText(from + 6)}` : '';
  if (type !== 'TXT' && type !== 'SPF') return hexText(bytes, from, to);
  const texts: string[] = [];
  for (let at = from; at < to; at += 1 + bytes[at]) texts.push(detailText(bytes, at + 1, Math.min(to, at + 1 + bytes[at])));
  return texts.join('').slice(0, MAX_NAME_BYTES);
}

function ipv6Text(bytes: Uint8Array, at: number): string {
  return formatIpv6(read32(bytes, at), read32(bytes, at + 4), read32(bytes, at + 8), read32(bytes, at + 12));
}

/** Name of the message's first question, or the empty string: most answers point to it. */
let firstName = '';

/** The name at `from`, lower case, labels joined by dots; pointers lead only backwards, so this ends. `next` is -1 when it is invalid. */
function nameAt(bytes: Uint8Array, message: number, from: number, end: number): { name: string; next: number } {
  if (firstName !== '' && from + 2 <= end && bytes[from] === 0xc0 && bytes[from + 1] === HEADER_BYTES) return { name: firstName, next: from + 2 };
  let at = from;
  let next = -1;
  let length = 0;
  beginText();
  while (at < end && length <= MAX_NAME_BYTES) {
    const size = bytes[at];
    if (size === 0) return { name: gatheredText(), next: next < 0 ? at + 1 : next };
    if (size >= 0xc0) {
      const target = message + (((size & 0x3f) << 8) | bytes[at + 1]);
      if (at + 2 > end || target >= at || target < message + HEADER_BYTES) break;
      if (next < 0) next = at + 2;
      at = target;
      length++;
      continue;
    }
    if (size > 63 || at + 1 + size > end) break;
    if (!isTextEmpty()) gatherDot();
    gatherFolded(bytes, at + 1, at + 1 + size);
    length += 1 + size;
    at += 1 + size;
  }
  return { name: gatheredText(), next: -1 };
}

function typeName(type: number): string {
  return TYPES.get(type) ?? `TYPE${type}`;
}
