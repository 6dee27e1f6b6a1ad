/** Hot: no allocation. TLS and SSL 3 (RFC 8446, 5246, 6101): ClientHello with its server name, ServerHello, and records. */
import { keepBytes } from '../keep-bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Describer, Dissector, Facts, Finding } from '../dissector.js';
import { Hello, readClientHello } from './client-hello.js';
import { describeClientHello } from './hello-details.js';
import { describeServerFlight } from './server-details.js';
import { afterWarnings, Flight, HANDSHAKE_HEADER_BYTES, HandshakeType, inspectFlight } from './server-hello.js';

const RECORD_HEADER_BYTES = 5;
const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** RFC 8446, 5.2: 2^14 and what encryption may add; TLS 1.2 allows more. */
const MAX_RECORD_BYTES = (1 << 14) + 2048;
/** No ClientHello is larger: what claims to be, is something else. */
const MAX_HELLO_BYTES = 1 << 16;

const describeHello: Describer = (bytes, start, end) => ({ tls: describeClientHello(bytes, start, end, 't') });

/** Where a hello that is spread over several records is put together. As large as all that a flow's budget can show. */
const joined = new Uint8Array(1 << 16);

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const from = afterWarnings(bytes, start, end);
  const outcome = inspectRecords(bytes, from, end, facts, finding);
  const isLess = outcome === Outcome.no || (outcome === Outcome.more && facts.isFinal);
  if (!isLess || from === start) return outcome;
  // The warnings themselves are something to go by.
  finding.reset();
  return inspectRecords(bytes, start, end, facts, finding);
}

function inspectRecords(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const type = bytes[start];
  if ((type & 0x80) !== 0) return inspectSsl2(bytes, start, end, finding);
  if (type < ContentType.changeCipherSpec || type > ContentType.applicationData) return Outcome.no;
  if (end > start + 1 && bytes[start + 1] !== 3) return Outcome.no;
  if (end > start + 2 && bytes[start + 2] > 4) return Outcome.no;
  if (end < start + RECORD_HEADER_BYTES) return Outcome.more;
  const recordBytes = (bytes[start + 3] << 8) | bytes[start + 4];
  if (recordBytes === 0 || recordBytes > MAX_RECORD_BYTES) return Outcome.no;
  nameByPort(facts, finding);
  if (type !== ContentType.handshake) return inspectRecord(bytes, start, end, type, recordBytes, facts);

  if (end < start + RECORD_HEADER_BYTES + 1) return Outcome.more;
  const handshake = bytes[start + RECORD_HEADER_BYTES];
  if (handshake !== HandshakeType.clientHello && handshake !== HandshakeType.serverHello) {
    // Certificate, KeyExchange, Finished: the middle of a handshake. Encrypted ones look like noise.
    return fromRecords(followRecords(bytes, start, end), facts);
  }
  if (end < start + RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES + 2) return Outcome.more;
  const at = start + RECORD_HEADER_BYTES;
  const bodyBytes = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  if (bodyBytes > MAX_HELLO_BYTES || bodyBytes < 38 || bytes[at + 4] !== 3) return Outcome.no;
  if (handshake === HandshakeType.serverHello) {
    finding.sender = Sender.server;
    return inspectServerHello(bytes, start, end, facts, finding);
  }
  finding.sender = Sender.client;
  return inspectClientHello(bytes, start, end, bodyBytes, recordBytes, facts, finding);
}

function inspectClientHello(
  bytes: Uint8Array, start: number, end: number, bodyBytes: number, recordBytes: number, facts: Facts, finding: Finding,
): Outcome {
  const isInOne = recordBytes >= HANDSHAKE_HEADER_BYTES + bodyBytes;
  const source = isInOne ? bytes : joined;
  const present = isInOne ? end : joinRecords(bytes, start, end);
  const body = HANDSHAKE_HEADER_BYTES + (isInOne ? start + RECORD_HEADER_BYTES : 0);
  const hello = readClientHello(source, body, Math.min(present, body + bodyBytes), body + bodyBytes, false, finding);
  // The lengths of record and handshake agree: TLS, but damaged, or made to confuse.
  if (hello === Hello.invalid) return recordBytes === bodyBytes + HANDSHAKE_HEADER_BYTES ? Outcome.named : Outcome.no;
  if (hello === Hello.cut) return facts.isFinal ? Outcome.doneHere : Outcome.namedMore;
  finding.tell(describeHello, source, body, body + bodyBytes);
  return Outcome.doneHere;
}

function inspectServerHello(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const present = joinRecords(bytes, start, end);
  const flight = inspectFlight(joined, 0, present, joinedEnd < end && bytes[joinedEnd] !== ContentType.handshake);
  finding.tell(describeServerFlight, joined, 0, present);
  return flight === Flight.whole || facts.isFinal ? Outcome.doneHere : Outcome.namedMore;
}

/** Where the records that were joined end: perhaps after the bytes that were shown. */
let joinedEnd = 0;

/** Puts the payload of consecutive handshake records into `joined`. Returns how many bytes that were. */
function joinRecords(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  let at = start;
  while (at + RECORD_HEADER_BYTES <= end && bytes[at] === ContentType.handshake) {
    const next = at + RECORD_HEADER_BYTES + ((bytes[at + 3] << 8) | bytes[at + 4]);
    const to = Math.min(next, end);
    const count = Math.min(to - at - RECORD_HEADER_BYTES, joined.length - length);
    keepBytes(bytes, at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + count, joined, length);
    length += count;
    at = next;
  }
  joinedEnd = at;
  return length;
}

function inspectRecord(bytes: Uint8Array, start: number, end: number, type: number, recordBytes: number, facts: Facts): Outcome {
  if (type === ContentType.alert && recordBytes === 2) {
    if (end < start + RECORD_HEADER_BYTES + 2) return Outcome.more;
    const level = bytes[start + RECORD_HEADER_BYTES];
    return level === 1 || level === 2 ? Outcome.named : Outcome.no;
  }
  if (type === ContentType.changeCipherSpec) {
    if (recordBytes !== 1) return Outcome.no;
    if (end < start + RECORD_HEADER_BYTES + 1) return Outcome.more;
    return bytes[start + RECORD_HEADER_BYTES] === 1 ? Outcome.named : Outcome.no;
  }
  return fromRecords(followRecords(bytes, start, end), facts);
}

/** What comes after the first record. */
const Records = { broken: 0, cut: 1, exact: 2 } as const;

/** Goes from record to record of one version: do they end where the bytes end? */
function followRecords(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at + RECORD_HEADER_BYTES <= end) {
    const isRecord = bytes[at] >= ContentType.changeCipherSpec && bytes[at] <= ContentType.applicationData && bytes[at + 1] === 3;
    if (!isRecord || bytes[at + 2] !== bytes[start + 2]) return Records.broken;
    at += RECORD_HEADER_BYTES + ((bytes[at + 3] << 8) | bytes[at + 4]);
  }
  return at === end ? Records.exact : Records.cut;
}

/** Records that fill a packet exactly are no chance; one that goes on beyond it should be followed by another such packet. */
function fromRecords(records: number, facts: Facts): Outcome {
  if (records === Records.broken) return Outcome.no;
  return records === Records.exact && facts.isWhole ? Outcome.named : Outcome.maybe;
}

/** A ClientHello in the format of SSL 2, as old clients sent it to servers that might know more (RFC 5246, E.2). */
function inspectSsl2(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  if (end < start + 11) return Outcome.no;
  const length = ((bytes[start] & 0x7f) << 8) | bytes[start + 1];
  const isHello = bytes[start + 2] === 1 && bytes[start + 3] === 3 && bytes[start + 4] <= 3;
  // Lengths of the cipher list, the session id and the challenge fill the message.
  let parts = 9;
  for (let at = start + 5; at < start + 11; at += 2) parts += (bytes[at] << 8) | bytes[at + 1];
  if (!isHello || length !== parts) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

/** TLS that carries mail or files has a name of its own: known by the port, or by what went before STARTTLS. */
function nameByPort(facts: Facts, finding: Finding): void {
  const before = facts.name;
  if (facts.hasPort(465) || before === 'SMTP' || before === 'SMTPS') finding.name = 'SMTPS';
  else if (facts.hasPort(993) || before === 'IMAP' || before === 'IMAPS') finding.name = 'IMAPS';
  else if (facts.hasPort(995) || before === 'POP3' || before === 'POPS') finding.name = 'POPS';
  else if (facts.hasPort(990) || before === 'FTP_CONTROL' || before === 'FTPS') finding.name = 'FTPS';
}

export const tls: Dissector = { name: 'TLS', variants: ['SMTPS', 'IMAPS', 'POPS', 'FTPS'], over: 'tcp', firstBytes: [20, 21, 22, 23, ...Array.from({ length: 128 }, (_, k) => 0x80 | k)], inspect };
