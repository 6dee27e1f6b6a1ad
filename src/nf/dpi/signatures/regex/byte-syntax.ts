/** The parts of a regular expression that stand for one byte of a set: what follows a backslash, and classes in brackets. */
import { ByteSet, ESCAPED_SETS, NAMED_SETS } from './byte-set.js';
import type { Cursor } from './cursor.js';

const ESCAPED_BYTES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, e: 0x1b, a: 0x07 };

/** The byte, or the set of bytes, after a backslash. */
export function escapedSet(cursor: Cursor, from: number, inClass: boolean): ByteSet {
  const character = cursor.take();
  if (character === undefined) cursor.fail('a backslash at the end', from);
  const set = ESCAPED_SETS[character];
  if (set !== undefined) return set;
  const byte = ESCAPED_BYTES[character];
  if (byte !== undefined) return ByteSet.of(byte);
  if (character === 'x') {
    const digits = /^(?:\{([0-9a-fA-F]{1,8})\}|([0-9a-fA-F]{0,2}))/.exec(cursor.rest(10));
    cursor.at += digits?.[0].length ?? 0;
    const value = Number.parseInt(digits?.[1] ?? digits?.[2] ?? '', 16) || 0;
    if (value > 0xff) cursor.fail('a character beyond one byte', from);
    return ByteSet.of(value);
  }
  if (character === 'c') {
    const control = cursor.take() ?? cursor.fail('a backslash at the end', from);
    return ByteSet.of(control.toUpperCase().charCodeAt(0) ^ 0x40);
  }
  const octal = /^[0-7]{1,3}/.exec(cursor.text.slice(cursor.at - 1, cursor.at + 2))?.[0];
  if (octal !== undefined && (character === '0' || inClass || octal.length === 3)) {
    cursor.at += octal.length - 1;
    return ByteSet.of(Number.parseInt(octal, 8) & 0xff);
  }
  if (character >= '1' && character <= '9') cursor.fail('a back reference is not supported: it needs backtracking', from);
  if (character === 'g' || character === 'k') cursor.fail('a back reference is not supported: it needs backtracking', from);
  if (inClass && character === 'b') return ByteSet.of(0x08);
  if (/[A-Za-z]/.test(character)) cursor.fail(`'\\${character}' is not supported`, from);
  return ByteSet.of(character.charCodeAt(0) & 0xff);
}

/** The bytes that a class stands for, behind its `[`, up to behind its `]`. */
export function byteClass(cursor: Cursor, from: number, ignoreCase: boolean): ByteSet {
  const set = new ByteSet();
  const negated = cursor.peek() === '^';
  if (negated) cursor.at++;
  for (let isFirst = true; ; isFirst = false) {
    const at = cursor.at;
    const character = cursor.text[at];
    if (character === undefined) cursor.fail("'[' without ']'", from);
    if (character === ']' && !isFirst) break;
    const named = /^\[:(\^?)(\w+):\]/.exec(cursor.text.slice(at, at + 16));
    if (named !== null) {
      const members = NAMED_SETS[named[2]] ?? cursor.fail(`'[:${named[2]}:]' is no class`, at);
      set.unite(named[1] === '^' ? members.complement() : members);
      cursor.at += named[0].length;
      continue;
    }
    const low = classMember(cursor);
    const isRange = cursor.peek() === '-' && cursor.text[cursor.at + 1] !== ']' && cursor.text[cursor.at + 1] !== undefined;
    if (!isRange || typeof low !== 'number') {
      set.unite(typeof low === 'number' ? ByteSet.of(low) : low);
      continue;
    }
    cursor.at++;
    const high = classMember(cursor);
    if (typeof high !== 'number') set.unite(ByteSet.of(low, 0x2d)).unite(high);
    else if (high < low) cursor.fail('a range that is upside down', at);
    else set.unite(ByteSet.range(low, high));
  }
  cursor.at++;
  // Before the complement: [^a] under `i` is neither a nor A.
  const folded = ignoreCase ? set.foldCase() : set;
  return negated ? folded.complement() : folded;
}

/** One byte as a number, or a set of them. */
function classMember(cursor: Cursor): number | ByteSet {
  const from = cursor.at;
  const character = cursor.take()!;
  if (character !== '\\') {
    const byte = character.charCodeAt(0);
    return byte > 0xff ? cursor.fail('a character beyond one byte', from) : byte;
  }
  const letter = cursor.peek() ?? '';
  const set = escapedSet(cursor, from, true);
  if (ESCAPED_SETS[letter] !== undefined) return set;
  for (let byte = 0; byte < 256; byte++) if (set.has(byte)) return byte;
  return set;
}
