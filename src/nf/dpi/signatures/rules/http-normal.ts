/** Hot: no allocation. What rules see of an HTTP request in one form, however it was written: its target and its host. */
import { indexOfByte } from '../../text.js';
import { bufferNumber } from './buffers.js';
import { number } from './http-bytes.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const COLON = 0x3a;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

const URI = bufferNumber('http.uri');
const HOST = bufferNumber('http.host');
const HOST_RAW = bufferNumber('http.host.raw');

/** Escapes undone, of the path backslashes turned and doubled slashes made one; scheme and host left out. */
export function normalizeUri(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): void {
  let at = from;
  if (bytes[at] !== SLASH) {
    const scheme = indexOfByte(bytes, COLON, at, Math.min(to, at + 8));
    if (scheme >= 0 && bytes[scheme + 1] === SLASH && bytes[scheme + 2] === SLASH) {
      const path = indexOfByte(bytes, SLASH, scheme + 3, to);
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
export function setHost(bytes: Uint8Array, from: number, to: number, ranges: BufferRanges): void {
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
