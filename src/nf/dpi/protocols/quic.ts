/**
 * QUIC (RFC 9000, 9369, drafts from 23 on, Google's versions): long headers; the server name of the ClientHello in
 * Initial packets, whose CRYPTO frames may come in any order and over several packets. Not hot: it decrypts, but only
 * the first packets of a flow.
 */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { StreamBuffers } from '../stream-buffers.js';
import { literal, Match, match } from '../text.js';
import { Hello, readClientHello } from './client-hello.js';
import { describeGoogleHello, describeHello, versionToTell } from './quic-details.js';
import { openInitial, QUIC_V1, QUIC_V2 } from './quic-keys.js';

const LONG_HEADER = 0x80;
const FIXED_BIT = 0x40;
const TYPE_MASK = 0x30;
const MAX_ID_BYTES = 20;
/** Flags, version, and the lengths of two ids. */
const LEAST_BYTES = 7;
const VERSION_NEGOTIATION = 0;
const HANDSHAKE_HEADER_BYTES = 4;
const CLIENT_HELLO = 1;
const Frame = { padding: 0, ping: 1, ack: 2, ackEcn: 3, crypto: 6, googleCrypto: 8 } as const;

/** ClientHellos that can be in pieces at a time, and the largest: post-quantum ones have about 1.8 KiB. */
const PIECED_HELLOS = 32;
const MAX_HELLO_BYTES = 8192;
const pieced = new StreamBuffers(PIECED_HELLOS, MAX_HELLO_BYTES);
/** The pool's clock: the oldest pieces make room for new ones. */
let turn = 0;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const first = bytes[start];
  if (end < start + LEAST_BYTES) return Outcome.no;
  if ((first & LONG_HEADER) === 0) return inspectPublicHeader(bytes, start, end, facts, finding);
  const version = word(bytes, start + 1);
  if (version === VERSION_NEGOTIATION) return inspectNegotiation(bytes, start, end, finding);
  if (!isVersion(version)) return Outcome.no;
  versionToTell(version);
  const google = (version >>> 24) === 0x51;
  if (google && version < 0x51303530) return inspectGoogle(bytes, start, end, finding);

  const idStart = start + 6;
  const idBytes = bytes[start + 5];
  const sourceAt = idStart + idBytes;
  if (idBytes > MAX_ID_BYTES || sourceAt >= end || bytes[sourceAt] > MAX_ID_BYTES) return Outcome.no;
  const afterIds = sourceAt + 1 + bytes[sourceAt];
  if (afterIds >= end || ((first & FIXED_BIT) === 0 && version !== QUIC_V1)) return Outcome.no;
  const type = (first & TYPE_MASK) >> 4;
  if (type !== (version === QUIC_V2 ? 1 : 0)) return Outcome.named; // Handshake, 0-RTT, Retry

  const token = readInteger(bytes, afterIds, end);
  if (token < 0) return Outcome.no;
  const lengthAt = integerEnd + token;
  const length = lengthAt < end ? readInteger(bytes, lengthAt, end) : -1;
  if (length < 0) return Outcome.no;
  const numberAt = integerEnd;
  if (numberAt + length > end) return facts.isWhole ? Outcome.no : Outcome.named;
  const frames = openInitial(bytes, start, version, idStart, idBytes, numberAt, numberAt + length);
  // A server's Initial has other keys, and so has a client's after a Retry that was not seen.
  if (frames === null) return Outcome.named;
  finding.sender = Sender.client;
  return readFrames(frames, hashOf(bytes, idStart, idBytes), finding);
}

/** Collects the CRYPTO frames and reads the ClientHello once its beginning is whole up to the server name. */
function readFrames(frames: Uint8Array, owner: number, finding: Finding): Outcome {
  const buffer = bufferOf(owner);
  turn++;
  for (let at = 0; at < frames.length; ) {
    const type = frames[at++];
    if (type === Frame.padding || type === Frame.ping) continue;
    if (type === Frame.ack || type === Frame.ackEcn) {
      at = skipAck(frames, at, type === Frame.ackEcn);
      if (at < 0) break;
      continue;
    }
    if (type !== Frame.crypto && type !== Frame.googleCrypto) break;
    const offset = readInteger(frames, at, frames.length);
    const length = offset < 0 ? -1 : readInteger(frames, integerEnd, frames.length);
    if (length < 0 || integerEnd + length > frames.length) break;
    if (offset < MAX_HELLO_BYTES) pieced.place(buffer, offset, frames, integerEnd, length, turn);
    at = integerEnd + length;
  }
  const start = pieced.start(buffer);
  const end = start + pieced.contiguous(buffer);
  const outcome = readHello(pieced.bytes, start, end, finding);
  if (outcome !== Outcome.named) pieced.release(buffer);
  return outcome === Outcome.no ? Outcome.named : outcome;
}

function readHello(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  if (match(bytes, start, end, CHLO) === Match.yes) return readGoogleHello(bytes, start, end, finding);
  if (end < start + HANDSHAKE_HEADER_BYTES) return Outcome.named;
  if (bytes[start] !== CLIENT_HELLO) return Outcome.no;
  const body = start + HANDSHAKE_HEADER_BYTES;
  const bodyEnd = body + ((bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]);
  const hello = readClientHello(bytes, body, Math.min(end, bodyEnd), bodyEnd, false, finding);
  if (hello !== Hello.whole) return hello === Hello.cut ? Outcome.named : Outcome.no;
  finding.tell(describeHello, bytes, body, bodyEnd);
  return Outcome.done;
}

/** The buffer in which the hello of this connection is put together. */
function bufferOf(owner: number): number {
  for (let buffer = 0; buffer < PIECED_HELLOS; buffer++) if (pieced.isOwnedBy(buffer, owner, 0)) return buffer;
  let buffer = pieced.take(owner, 0, turn);
  if (buffer < 0) {
    pieced.releaseIdle(turn, PIECED_HELLOS / 2);
    buffer = pieced.take(owner, 0, turn);
  }
  if (buffer < 0) {
    pieced.release(turn % PIECED_HELLOS);
    buffer = pieced.take(owner, 0, turn);
  }
  return buffer;
}

function skipAck(frames: Uint8Array, from: number, hasEcn: boolean): number {
  let at = from;
  let ranges = 0;
  // Largest, delay, number of ranges, first range; then two integers a range; then three counts with ECN.
  for (let k = 0; k < 4 + 2 * ranges + (hasEcn ? 3 : 0); k++) {
    const value = readInteger(frames, at, frames.length);
    if (value < 0) return -1;
    if (k === 2) ranges = value;
    at = integerEnd;
  }
  return at;
}

let integerEnd = 0;

/** A variable-length integer (RFC 9000, 16), or -1 when it does not fit the bytes. `integerEnd` is the byte after it. */
function readInteger(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const size = 1 << (bytes[at] >> 6);
  if (at + size > end) return -1;
  let value = bytes[at] & 0x3f;
  for (let k = 1; k < size; k++) value = value * 256 + bytes[at + k];
  integerEnd = at + size;
  return value;
}

function isVersion(version: number): boolean {
  const draft = version - 0xff000000;
  const isGreased = (version & 0x0f0f0f0f) === 0x0a0a0a0a;
  const isMvfst = (version & 0xfffffff0) >>> 0 === 0xfaceb000;
  return version === QUIC_V1 || version === QUIC_V2 || (draft >= 18 && draft <= 34) || isGreased || isMvfst || isGoogleVersion(version);
}

/** Q or T, then three digits, in ASCII: Q024 … T051. */
function isGoogleVersion(version: number): boolean {
  const letter = version >>> 24;
  const tens = (version >>> 8) & 0xff;
  const ones = version & 0xff;
  return (letter === 0x51 || letter === 0x54) && ((version >>> 16) & 0xff) === 0x30 && tens >= 0x32 && tens <= 0x35 && ones >= 0x30 && ones <= 0x39;
}

/** Version Negotiation (RFC 9000, 17.2.1): two connection ids, then versions, of which one must be known. */
function inspectNegotiation(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  const sourceAt = start + 6 + bytes[start + 5];
  if (bytes[start + 5] > MAX_ID_BYTES || sourceAt >= end || bytes[sourceAt] > MAX_ID_BYTES) return Outcome.no;
  const versions = sourceAt + 1 + bytes[sourceAt];
  if (versions >= end || (end - versions) % 4 !== 0) return Outcome.no;
  for (let at = versions; at + 4 <= end; at += 4) {
    if (isVersion(word(bytes, at))) {
      finding.sender = Sender.server;
      return Outcome.named;
    }
  }
  return Outcome.no;
}

const CHLO = literal('CHLO');
const SNI = literal('SNI\0');
const REJ = literal('REJ\0');
/** Before Q046 a public header: flags with version and 8-byte id, the id, the version. */
const PUBLIC_VERSION = 0x01;
const PUBLIC_ID_8 = 0x08;
/** A CHLO begins within so many bytes: header, packet number, hash, stream frame. */
const CHLO_WITHIN = 64;
const TAG_BYTES = 8;
/** Flags, an id of 8 bytes, a number of one byte, a hash of 12. */
const ANSWER_FROM = 22;
const MAX_ANSWER_TAGS = 32;

function inspectPublicHeader(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if ((bytes[start] & PUBLIC_VERSION) === 0) return inspectGoogleAnswer(bytes, start, end, facts, finding);
  if ((bytes[start] & PUBLIC_ID_8) === 0 || end < start + 14 || !isGoogleVersion(word(bytes, start + 9))) return Outcome.no;
  versionToTell(word(bytes, start + 9));
  return inspectGoogle(bytes, start, end, finding);
}

/** A server's first packets have no version: behind number, hash and frames in the clear, the message by which it refuses a first hello. */
function inspectGoogleAnswer(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if ((bytes[start] & PUBLIC_ID_8) === 0 || (!facts.hasPort(443) && !facts.hasPort(80))) return Outcome.no;
  for (let at = start + ANSWER_FROM; at + 8 <= Math.min(end, start + CHLO_WITHIN); at++) {
    if (bytes[at] !== REJ[0] || match(bytes, at, end, REJ) !== Match.yes) continue;
    // Tags, of which there are some, and two bytes of zero.
    if (bytes[at + 4] === 0 || bytes[at + 4] > MAX_ANSWER_TAGS || bytes[at + 5] !== 0 || bytes[at + 6] !== 0 || bytes[at + 7] !== 0) continue;
    finding.sender = Sender.server;
    return Outcome.named;
  }
  return Outcome.no;
}

/** Google's versions up to Q046 carry their CHLO in the clear. */
function inspectGoogle(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  for (let at = start; at < Math.min(end, start + CHLO_WITHIN); at++) {
    if (match(bytes, at, end, CHLO) === Match.yes) {
      finding.sender = Sender.client;
      return readGoogleHello(bytes, at, end, finding);
    }
  }
  return Outcome.named;
}

/** Tags of four bytes with the little-endian offset at which their value ends; the values follow. */
function readGoogleHello(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  if (end < start + 8) return Outcome.named;
  const count = bytes[start + 4] | (bytes[start + 5] << 8);
  const values = start + 8 + count * TAG_BYTES;
  let from = 0;
  for (let k = 0, at = start + 8; k < count && at + TAG_BYTES <= end; k++, at += TAG_BYTES) {
    const to = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16);
    if (match(bytes, at, end, SNI) === Match.yes) {
      if (to <= from || values + to > end || bytes[at + 7] !== 0) return Outcome.named;
      finding.setHost(bytes, values + from, values + to);
      finding.tell(describeGoogleHello, bytes, start, end);
      return Outcome.done;
    }
    from = to;
  }
  return Outcome.named;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** FNV-1a of a connection id. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash >>> 0;
}

/** A long header, or a public one with an id. */
const FIRST_BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => (byte & (LONG_HEADER | PUBLIC_ID_8)) !== 0);

export const quic: Dissector = { name: 'QUIC', over: 'udp', firstBytes: FIRST_BYTES, leastBytes: LEAST_BYTES, inspect };
