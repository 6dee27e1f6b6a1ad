/** Hot: no allocation. The bytes of an HTTP/1 message (RFC 9112): where heads and lines end, names and numbers in them. */
import { indexOfByte } from '../../text.js';

const LF = 0x0a;
const CR = 0x0d;

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

/** Where the line at `from` ends, its line feed and carriage return left out. */
export function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  const at = indexOfByte(bytes, LF, from, to);
  const end = at < 0 ? to : at;
  return end > from && bytes[end - 1] === CR ? end - 1 : end;
}

/** Where the next line begins, behind one that ends at `end`. */
export function nextLine(bytes: Uint8Array, end: number, to: number): number {
  let at = end;
  if (at < to && bytes[at] === CR) at++;
  return at < to && bytes[at] === LF ? at + 1 : at;
}

/** Whether `bytes[from, to)` are the literal. */
export function equals(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  for (let k = 0; k < wanted.length; k++) if (bytes[from + k] !== wanted[k]) return false;
  return true;
}

/** The same, where the literal is in lower case and the bytes may be in either. */
export function equalsFolded(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
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
