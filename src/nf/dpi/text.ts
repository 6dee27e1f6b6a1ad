/** Hot: no allocation. Looking for text in bytes, for the protocols that are lines of text. */

/** What `match` says. */
export const Match = { no: 0, partly: 1, yes: 2 } as const;

/** Bytes of a Latin-1 text, for `match`: made once, when a module loads. */
export function literal(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** First bytes of lower-case literals in either case, for `firstBytes`. */
export function beginnings(folded: readonly Uint8Array[]): readonly number[] {
  return folded.flatMap(([first]) => (isLetter(first) ? [first | 0x20, first & ~0x20] : [first]));
}

/** Whether `bytes[at, end)` begins with the literal: `partly` when the bytes end within it and agree so far. */
export function match(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): number {
  const present = Math.min(wanted.length, end - at);
  for (let k = 0; k < present; k++) if (bytes[at + k] !== wanted[k]) return Match.no;
  return present === wanted.length ? Match.yes : Match.partly;
}

/** As `match`, where the literal is in lower case and the bytes may be in either. */
function matchFolded(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): number {
  const present = Math.min(wanted.length, end - at);
  for (let k = 0; k < present; k++) {
    const byte = bytes[at + k];
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== wanted[k]) return Match.no;
  }
  return present === wanted.length ? Match.yes : Match.partly;
}

/** The best `match` of any literal of a list. */
export function matchAny(bytes: Uint8Array, at: number, end: number, wanted: readonly Uint8Array[]): number {
  let best: number = Match.no;
  for (let k = 0; k < wanted.length; k++) {
    const found = match(bytes, at, end, wanted[k]);
    if (found > best) best = found;
  }
  return best;
}

/** The best `matchFolded` of any literal of a list. */
export function matchAnyFolded(bytes: Uint8Array, at: number, end: number, wanted: readonly Uint8Array[]): number {
  let best: number = Match.no;
  for (let k = 0; k < wanted.length; k++) {
    const found = matchFolded(bytes, at, end, wanted[k]);
    if (found > best) best = found;
  }
  return best;
}

/** Position of a byte in `bytes[from, to)`, or -1. */
export function indexOfByte(bytes: Uint8Array, byte: number, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return at;
  return -1;
}

/** Position of a lower-case literal in `bytes[from, to)`, in either case, or -1. */
export function indexOfFolded(bytes: Uint8Array, wanted: Uint8Array, from: number, to: number): number {
  for (let at = from; at + wanted.length <= to; at++) if (matchFolded(bytes, at, to, wanted) === Match.yes) return at;
  return -1;
}

/** True for the bytes of a line of text: printable ASCII and tab. */
export function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09;
}

/** What `isReply` may begin with. */
export const REPLY_DIGITS: readonly number[] = [0x31, 0x32, 0x33, 0x34, 0x35];

/** A reply as FTP and SMTP have them: three digits, and a blank or a dash (RFC 959, 4.2). */
export function isReply(bytes: Uint8Array, start: number, end: number): boolean {
  if (end < start + 4 || bytes[start] < 0x31 || bytes[start] > 0x35) return false;
  const isNumber = bytes[start + 1] >= 0x30 && bytes[start + 1] <= 0x35 && bytes[start + 2] >= 0x30 && bytes[start + 2] <= 0x39;
  return isNumber && (bytes[start + 3] === 0x20 || bytes[start + 3] === 0x2d);
}

export function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

export function isAlphanumeric(byte: number): boolean {
  return isLetter(byte) || (byte >= 0x30 && byte <= 0x39);
}

/** All of them. */
export const ALPHANUMERICS: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte).filter(isAlphanumeric);

/** Whether the line `bytes[at, lineFeed)` is the empty one that ends headers. */
export function isBlankLine(bytes: Uint8Array, at: number, lineFeed: number): boolean {
  return lineFeed === at || (lineFeed === at + 1 && bytes[at] === 0x0d);
}

/**
 * Where the value begins in the line `bytes[at, lineFeed)` if that is the header field of this name, after blanks; else -1.
 * @param name lower case, with its colon.
 */
export function headerValue(bytes: Uint8Array, at: number, lineFeed: number, name: Uint8Array): number {
  // Most lines are told apart by their first letter.
  if ((bytes[at] | 0x20) !== name[0] || matchFolded(bytes, at, lineFeed, name) !== Match.yes) return -1;
  let value = at + name.length;
  while (value < lineFeed && (bytes[value] === 0x20 || bytes[value] === 0x09)) value++;
  return value;
}

/** Of the last `findHeader`: whether it came to the empty line that ends headers. */
export let headersAreWhole = false;

/**
 * Finds a header field in lines of text that begin at `from`, as HTTP and SIP have them; `headersAreWhole` says then whether
 * all of them are there.
 * @param name lower case, with its colon.
 * @returns position after the colon and blanks, or -1. A field counts when its line is whole.
 */
export function findHeader(bytes: Uint8Array, from: number, end: number, name: Uint8Array): number {
  let found = -1;
  headersAreWhole = false;
  for (let at = from; at < end; ) {
    const lineFeed = indexOfByte(bytes, 0x0a, at, end);
    if (lineFeed < 0) return found;
    headersAreWhole = isBlankLine(bytes, at, lineFeed);
    if (headersAreWhole) return found;
    if (found < 0) found = headerValue(bytes, at, lineFeed, name);
    at = lineFeed + 1;
  }
  return found;
}

/** Whether the lines of `bytes[from, end)` come to the empty line that ends headers. */
export function hasHeadersEnd(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; ) {
    const lineFeed = indexOfByte(bytes, 0x0a, at, end);
    if (lineFeed < 0) return false;
    if (isBlankLine(bytes, at, lineFeed)) return true;
    at = lineFeed + 1;
  }
  return false;
}

/** Where the value that begins at `from` ends: before the line's end and the blanks in front of it. */
export function valueEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = from;
  while (to < end && bytes[to] !== 0x0a && bytes[to] !== 0x0d) to++;
  while (to > from && (bytes[to - 1] === 0x20 || bytes[to - 1] === 0x09)) to--;
  return to;
}
