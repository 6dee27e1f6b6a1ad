/** Hot: no allocation. The head of an HTTP/1 message (RFC 9112) for rules: its buffers, and how long the body is that follows. */
import { indexOfByte, literal } from '../../text.js';
import { bufferNumber } from './buffers.js';
import { endOfLine, equals, equalsFolded, nextLine, number } from './http-bytes.js';
import { normalizeUri, setHost } from './http-normal.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

const METHOD = bufferNumber('http.method');
const URI_RAW = bufferNumber('http.uri.raw');
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

/** What the latest head said. One object, filled by `read`. */
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
    const method = indexOfByte(bytes, SPACE, from, to);
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
    const version = indexOfByte(bytes, SPACE, from, to);
    if (version < 0 || to < from + HTTP_SLASH.length || !equals(bytes, from, from + HTTP_SLASH.length, HTTP_SLASH)) return false;
    const space = indexOfByte(bytes, SPACE, version + 1, to);
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
    const colon = indexOfByte(bytes, COLON, from, to);
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
      const colon = indexOfByte(bytes, COLON, at, end);
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
