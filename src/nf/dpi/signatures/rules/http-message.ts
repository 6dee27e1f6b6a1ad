/** Hot: no allocation. HTTP/1 messages (RFC 9112) for rules: where they end, and the buffers of their head. */
import { literal } from '../../text.js';
import { bufferNumber } from './buffers.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

const METHOD = bufferNumber('http.method');
const URI = bufferNumber('http.uri');
const URI_RAW = bufferNumber('http.uri.raw');
const HOST = bufferNumber('http.host');
const HOST_RAW = bufferNumber('http.host.raw');
const PROTOCOL = bufferNumber('http.protocol');
const REQUEST_LINE = bufferNumber('http.request_line');
const RESPONSE_LINE = bufferNumber('http.response_line');
const STAT_CODE = bufferNumber('http.stat_code');
const STAT_MSG = bufferNumber('http.stat_msg');
const HEADER = bufferNumber('http.header');
const HEADER_RAW = bufferNumber('http.header.raw');
const COOKIE = bufferNumber('http.cookie');

const FIELDS: readonly { name: Uint8Array; buffer: number }[] = [
  { name: literal('user-agent'), buffer: bufferNumber('http.user_agent') },
  { name: literal('referer'), buffer: bufferNumber('http.referer') },
  { name: literal('accept'), buffer: bufferNumber('http.accept') },
  { name: literal('accept-encoding'), buffer: bufferNumber('http.accept_enc') },
  { name: literal('accept-language'), buffer: bufferNumber('http.accept_lang') },
  { name: literal('content-type'), buffer: bufferNumber('http.content_type') },
  { name: literal('content-length'), buffer: bufferNumber('http.content_len') },
  { name: literal('connection'), buffer: bufferNumber('http.connection') },
  { name: literal('server'), buffer: bufferNumber('http.server') },
  { name: literal('location'), buffer: bufferNumber('http.location') },
];
const HOST_FIELD = literal('host');
const COOKIE_FIELD = literal('cookie');
const SET_COOKIE_FIELD = literal('set-cookie');
const CONTENT_LENGTH = literal('content-length');
const TRANSFER_ENCODING = literal('transfer-encoding');
const CHUNKED = literal('chunked');
const HTTP_SLASH = literal('HTTP/');
const HEAD = literal('HEAD');
const CONNECT = literal('CONNECT');

/** How long a body is. */
export const Body = { none: 0, counted: 1, chunked: 2, untilClose: 3, tunnel: 4 } as const;

/** A count that no body has: what a length that cannot be read stands for. */
const MAX_LENGTH = 0x7fffffff;

/** Where the head of the message at `from` ends, behind its empty line; -1 when that is not there yet. */
export function headEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== LF) continue;
    if (at + 1 < end && bytes[at + 1] === LF) return at + 2;
    if (at + 2 < end && bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** What the latest head said. One object, filled by `readHead`. */
export class HttpHead {
  isMessage = false;
  body: number = Body.none;
  length = 0;
  isHeadRequest = false;
  isConnect = false;
  status = 0;

  /** Reads `bytes[from, to)`, a head with or without its end, and says where its buffers are. */
  read(bytes: Uint8Array, from: number, to: number, isRequest: boolean, ranges: BufferRanges): void {
    this.isMessage = false;
    this.body = Body.none;
    this.length = -1;
    this.isHeadRequest = false;
    this.isConnect = false;
    this.status = 0;
    const lineEnd = endOfLine(bytes, from, to);
    const next = nextLine(bytes, lineEnd, to);
    if (isRequest ? !this.#requestLine(bytes, from, lineEnd, ranges) : !this.#statusLine(bytes, from, lineEnd, ranges)) return;
    this.isMessage = true;
    let isChunked = false;
    let end = next;
    for (let at = next; at < to; ) {
      const fieldEnd = endOfLine(bytes, at, to);
      if (fieldEnd === at) break;
      isChunked = this.#field(bytes, at, fieldEnd, isRequest, ranges) || isChunked;
      at = nextLine(bytes, fieldEnd, to);
      end = at;
    }
    ranges.set(HEADER_RAW, next, end);
    this.#joinFields(bytes, next, end, isRequest, ranges);
    if (isChunked) this.body = Body.chunked;
    else if (this.length >= 0) this.body = Body.counted;
    else this.body = isRequest ? Body.none : Body.untilClose;
    if (!isRequest && (this.status < 200 || this.status === 204 || this.status === 304)) this.body = this.status === 101 ? Body.tunnel : Body.none;
  }

  #requestLine(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): boolean {
    const method = indexOf(bytes, SPACE, from, to);
    if (method < 0 || method === from) return false;
    let targetEnd = to;
    for (let at = to - 1; at > method; at--) {
      if (bytes[at] === SPACE) {
        targetEnd = at;
        break;
      }
    }
    ranges.set(REQUEST_LINE, from, to);
    ranges.set(METHOD, from, method);
    ranges.set(URI_RAW, method + 1, targetEnd);
    if (targetEnd < to) ranges.set(PROTOCOL, targetEnd + 1, to);
    normalizeUri(bytes, method + 1, targetEnd, ranges);
    this.isHeadRequest = equals(bytes, from, method, HEAD);
    this.isConnect = equals(bytes, from, method, CONNECT);
    return true;
  }

  #statusLine(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): boolean {
    const version = indexOf(bytes, SPACE, from, to);
    if (version < 0 || to < from + HTTP_SLASH.length || !equals(bytes, from, from + HTTP_SLASH.length, HTTP_SLASH)) return false;
    const space = indexOf(bytes, SPACE, version + 1, to);
    const codeEnd = space < 0 ? to : space;
    ranges.set(RESPONSE_LINE, from, to);
    ranges.set(PROTOCOL, from, version);
    ranges.set(STAT_CODE, version + 1, codeEnd);
    if (space >= 0) ranges.set(STAT_MSG, space + 1, to);
    this.status = number(bytes, version + 1, codeEnd, 10);
    return true;
  }

  /** Returns true when the field says that the body comes in chunks. */
  #field(bytes: Uint8Array, from: number, to: number, isRequest: boolean, ranges: BufferRanges): boolean {
    const colon = indexOf(bytes, COLON, from, to);
    if (colon < 0) return false;
    let value = colon + 1;
    while (value < to && (bytes[value] === SPACE || bytes[value] === TAB)) value++;
    let end = to;
    while (end > value && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    for (let k = 0; k < FIELDS.length; k++) if (equalsFolded(bytes, from, colon, FIELDS[k].name)) ranges.set(FIELDS[k].buffer, value, end);
    if (equalsFolded(bytes, from, colon, isRequest ? COOKIE_FIELD : SET_COOKIE_FIELD)) ranges.set(COOKIE, value, end);
    if (isRequest && equalsFolded(bytes, from, colon, HOST_FIELD)) setHost(bytes, value, end, ranges);
    if (equalsFolded(bytes, from, colon, CONTENT_LENGTH)) this.length = number(bytes, value, end, 10);
    return equalsFolded(bytes, from, colon, TRANSFER_ENCODING) && end - value >= CHUNKED.length && equalsFolded(bytes, end - CHUNKED.length, end, CHUNKED);
  }

  /** All fields but cookies, each as `Name: value` and a line's end. */
  #joinFields(bytes: Uint8Array, from: number, to: number, isRequest: boolean, ranges: BufferRanges): void {
    ranges.open();
    for (let at = from; at < to; ) {
      const end = endOfLine(bytes, at, to);
      const colon = indexOf(bytes, COLON, at, end);
      if (colon >= 0 && !equalsFolded(bytes, at, colon, isRequest ? COOKIE_FIELD : SET_COOKIE_FIELD)) {
        for (let k = at; k <= colon; k++) ranges.put(bytes[k]);
        ranges.put(SPACE);
        let value = colon + 1;
        while (value < end && (bytes[value] === SPACE || bytes[value] === TAB)) value++;
        for (; value < end; value++) ranges.put(bytes[value]);
        ranges.put(CR);
        ranges.put(LF);
      }
      at = nextLine(bytes, end, to);
    }
    ranges.close(HEADER);
  }
}

/** Escapes undone, of the path backslashes turned and doubled slashes made one; scheme and host left out. */
function normalizeUri(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): void {
  let at = from;
  if (bytes[at] !== SLASH) {
    const scheme = indexOf(bytes, COLON, at, Math.min(to, at + 8));
    if (scheme >= 0 && bytes[scheme + 1] === SLASH && bytes[scheme + 2] === SLASH) {
      const path = indexOf(bytes, SLASH, scheme + 3, to);
      at = path < 0 ? to : path;
    }
  }
  ranges.open();
  let before = 0;
  for (; at < to && bytes[at] !== QUESTION; at++) {
    const escaped = escapedByte(bytes, at, to);
    let byte = bytes[at];
    if (escaped >= 0) {
      byte = escaped;
      at += 2;
    }
    if (byte === BACKSLASH) byte = SLASH;
    if (byte !== SLASH || before !== SLASH) ranges.put(byte);
    before = byte;
  }
  for (; at < to; at++) {
    const escaped = escapedByte(bytes, at, to);
    ranges.put(escaped < 0 ? bytes[at] : escaped);
    if (escaped >= 0) at += 2;
  }
  ranges.close(URI);
}

/** What the escape at `at` stands for (RFC 3986, 2.1), or -1 where none is. */
function escapedByte(bytes: Uint8Array, at: number, to: number): number {
  if (bytes[at] !== PERCENT || at + 2 >= to) return -1;
  const high = number(bytes, at + 1, at + 2, 16);
  const low = number(bytes, at + 2, at + 3, 16);
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

/** `http.host` is in lower case and without port. */
function setHost(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): void {
  if (ranges.has(HOST_RAW)) return;
  ranges.set(HOST_RAW, from, to);
  let end = to;
  for (let at = from; at < to; at++) {
    if (bytes[at] === COLON) {
      end = at;
      break;
    }
  }
  if (bytes[from] === 0x5b) end = to;
  ranges.open();
  for (let at = from; at < end; at++) ranges.put(bytes[at] >= 0x41 && bytes[at] <= 0x5a ? bytes[at] | 0x20 : bytes[at]);
  ranges.close(HOST);
}

function indexOf(bytes: Uint8Array, byte: number, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Where the line at `from` ends, its line feed and carriage return left out. */
function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  const at = indexOf(bytes, LF, from, to);
  const end = at < 0 ? to : at;
  return end > from && bytes[end - 1] === CR ? end - 1 : end;
}

function nextLine(bytes: Uint8Array, end: number, to: number): number {
  let at = end;
  if (at < to && bytes[at] === CR) at++;
  return at < to && bytes[at] === LF ? at + 1 : at;
}

function equals(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  for (let k = 0; k < wanted.length; k++) if (bytes[from + k] !== wanted[k]) return false;
  return true;
}

function equalsFolded(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  for (let k = 0; k < wanted.length; k++) {
    const byte = bytes[from + k];
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== wanted[k]) return false;
  }
  return true;
}

/** A number in `bytes[from, to)` up to the first byte that is no digit; -1 when it begins with none. */
export function number(bytes: Uint8Array, from: number, to: number, base: number): number {
  let value = -1;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] | 0x20;
    const digit = bytes[at] >= 0x30 && bytes[at] <= 0x39 ? bytes[at] - 0x30 : base === 16 && byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
    if (digit < 0) return value;
    value = Math.min(Math.max(value, 0) * base + digit, MAX_LENGTH);
  }
  return value;
}
