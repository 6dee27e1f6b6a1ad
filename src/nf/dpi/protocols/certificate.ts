/** Reads an X.509 certificate (RFC 5280, 4.1) for its names and dates, as far as it is present. Not hot: once a flow. */
import type { DetailValue } from '../../contract.js';
import { detailText, hexText } from '../detail-text.js';

const Tag = { integer: 0x02, octets: 0x04, identifier: 0x06, sequence: 0x30, set: 0x31, version: 0xa0, extensions: 0xa3, utcTime: 0x17 } as const;
/** In a subject's alternative names: a DNS name, an address (RFC 5280, 4.2.1.6). */
const DNS_NAME = 0x82;
const ADDRESS = 0x87;
const ALTERNATIVE_NAMES = '551d11';
const MAX_NAMES = 32;
const MAX_RELATIVE_NAMES = 16;

/** What stands before the equals sign, by object identifier (RFC 4514, 3, and the field's habit). */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'], ['550406', 'C'], ['550407', 'L'], ['550408', 'ST'], ['55040a', 'O'], ['55040b', 'OU'], ['550405', 'serialNumber'],
  ['2a864886f70d010901', 'emailAddress'], ['0992268993f22c640119', 'DC'],
]);

/** One value in DER: its tag and where its content lies. `next` is where the value after it begins. */
interface Value {
  tag: number;
  from: number;
  to: number;
  next: number;
}

/** The value at `at`, or null when its header does not fit before `end`. Its content may end after `end`: it is cut there. */
function valueAt(bytes: Uint8Array, at: number, end: number): Value | null {
  if (at + 2 > end) return null;
  let length = bytes[at + 1];
  let from = at + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 3 || from + size > end) return null;
    length = 0;
    for (let k = 0; k < size; k++) length = length * 256 + bytes[from + k];
    from += size;
  }
  return { tag: bytes[at], from, to: Math.min(from + length, end), next: from + length };
}

/** Details of the certificate in `bytes[start, end)`. Of a cut one, what comes before the cut. */
export function describeCertificate(bytes: Uint8Array, start: number, end: number): Record<string, DetailValue> {
  const details: Record<string, DetailValue> = {};
  const certificate = valueAt(bytes, start, end);
  const signed = certificate?.tag === Tag.sequence ? valueAt(bytes, certificate.from, certificate.to) : null;
  if (signed?.tag !== Tag.sequence) return details;
  let value = valueAt(bytes, signed.from, signed.to);
  const follow = (): Value | null => (value = value === null ? null : valueAt(bytes, value.next, signed.to));
  if (value?.tag === Tag.version) follow();
  if (value?.tag === Tag.integer && value.next === value.to) details.certificateSerial = hexText(bytes, value.from, value.to);
  follow(); // the algorithm
  const issuer = follow();
  if (issuer !== null && issuer.next === issuer.to) details.certificateIssuer = nameText(bytes, issuer);
  const validity = follow();
  const notBefore = validity === null ? null : valueAt(bytes, validity.from, validity.to);
  const notAfter = notBefore === null || validity === null ? null : valueAt(bytes, notBefore.next, validity.to);
  if (notBefore !== null) details.notBefore = timeText(bytes, notBefore);
  if (notAfter !== null) details.notAfter = timeText(bytes, notAfter);
  const subject = follow();
  if (subject !== null && subject.next === subject.to) details.certificateSubject = nameText(bytes, subject);
  follow(); // the key
  for (let more = follow(); more !== null; more = follow()) {
    if (more.tag !== Tag.extensions) continue;
    const names = alternativeNames(bytes, more);
    if (names.length > 0) details.certificateNames = names;
  }
  return details;
}

/** `C=US, O=Example, CN=www.example.com`, in the order of the certificate. */
function nameText(bytes: Uint8Array, name: Value): string {
  const parts: string[] = [];
  for (let set = valueAt(bytes, name.from, name.to); set !== null && parts.length < MAX_RELATIVE_NAMES; set = valueAt(bytes, set.next, name.to)) {
    const pair = valueAt(bytes, set.from, set.to);
    const type = pair === null ? null : valueAt(bytes, pair.from, pair.to);
    const text = type === null || pair === null ? null : valueAt(bytes, type.next, pair.to);
    if (set.tag !== Tag.set || type?.tag !== Tag.identifier || text === null) break;
    const identifier = hexText(bytes, type.from, type.to);
    parts.push(`${ATTRIBUTES.get(identifier) ?? identifier}=${detailText(bytes, text.from, text.to)}`);
  }
  return parts.join(', ');
}

/** UTCTime has two digits for the year: 50 to 99 are of the last century (RFC 5280, 4.1.2.5.1). */
function timeText(bytes: Uint8Array, time: Value): string {
  const text = detailText(bytes, time.from, time.to);
  const full = time.tag === Tag.utcTime ? `${text.slice(0, 2) >= '50' ? '19' : '20'}${text}` : text;
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  return digits === null ? text : `${digits[1]}-${digits[2]}-${digits[3]}T${digits[4]}:${digits[5]}:${digits[6]}Z`;
}

function alternativeNames(bytes: Uint8Array, extensions: Value): string[] {
  const names: string[] = [];
  const all = valueAt(bytes, extensions.from, extensions.to);
  for (let one = all === null ? null : valueAt(bytes, all.from, all.to); one !== null && all !== null; one = valueAt(bytes, one.next, all.to)) {
    const type = valueAt(bytes, one.from, one.to);
    if (type?.tag !== Tag.identifier || hexText(bytes, type.from, type.to) !== ALTERNATIVE_NAMES) continue;
    let octets = valueAt(bytes, type.next, one.to);
    if (octets !== null && octets.tag !== Tag.octets) octets = valueAt(bytes, octets.next, one.to); // after `critical`
    const list = octets === null ? null : valueAt(bytes, octets.from, octets.to);
    for (let name = list === null ? null : valueAt(bytes, list.from, list.to); name !== null && list !== null; name = valueAt(bytes, name.next, list.to)) {
      if (names.length >= MAX_NAMES) return names;
      if (name.next !== name.to) break;
      if (name.tag === DNS_NAME) names.push(detailText(bytes, name.from, name.to).toLowerCase());
      else if (name.tag === ADDRESS && name.to - name.from === 4) names.push([...bytes.subarray(name.from, name.to)].join('.'));
    }
  }
  return names;
}
