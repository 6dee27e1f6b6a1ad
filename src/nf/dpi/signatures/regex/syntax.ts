/**
 * Reads a regular expression in the syntax of PCRE, as far as it can be matched in linear time: what would need
 * backtracking (back references, looking around, atomic groups, recursion) is refused by name. Bytes, not characters.
 */
import { ByteSet, ESCAPED_SETS, NAMED_SETS, NEWLINE } from './byte-set.js';

export const Assertion = { textStart: 0, lineStart: 1, textEnd: 2, textEndOrNewline: 3, lineEnd: 4, wordBorder: 5, noWordBorder: 6 } as const;

export type RegexNode =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly least: number; readonly most: number; readonly greedy: boolean }
  | { readonly kind: 'assertion'; readonly assertion: number };

export interface RegexFlags {
  ignoreCase: boolean;
  /** `.` is every byte. */
  dotAll: boolean;
  multiline: boolean;
  /** Blanks and comments in the expression are skipped. */
  extended: boolean;
  /** Quantifiers are lazy unless a `?` follows. */
  ungreedy: boolean;
  /** `$` is the very end only. */
  dollarEndOnly: boolean;
}

export const NO_FLAGS: RegexFlags = { ignoreCase: false, dotAll: false, multiline: false, extended: false, ungreedy: false, dollarEndOnly: false };

/** What is wrong with an expression, and where in it, from 0. */
export class RegexError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Most repetitions that can be counted. The program's own limit stops what is nested. */
const MAX_COUNT = 1000;
/** Groups in groups. */
const MAX_DEPTH = 100;

const ESCAPED_BYTES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, e: 0x1b, a: 0x07 };
const INLINE_FLAGS: Readonly<Record<string, keyof RegexFlags>> = { i: 'ignoreCase', s: 'dotAll', m: 'multiline', x: 'extended', U: 'ungreedy' };

/** @param text one character a byte (Latin-1). @throws RegexError */
export function parseRegex(text: string, flags: RegexFlags): RegexNode {
  return new Reader(text, flags).read();
}

class Reader {
  readonly #text: string;
  #flags: RegexFlags;
  #at = 0;
  #depth = 0;

  constructor(text: string, flags: RegexFlags) {
    this.#text = text;
    this.#flags = { ...flags };
  }

  read(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#text.length) this.#fail("')' without '('");
    return node;
  }

  #fail(message: string, offset = this.#at): never {
    throw new RegexError(message, offset);
  }

  #choice(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      if (this.#flags.extended) this.#skipBlanks();
      const character = this.#text[this.#at];
      if (character === undefined || character === '|' || character === ')') break;
      const from = this.#at;
      const atom = this.#atom();
      if (this.#flags.extended) this.#skipBlanks();
      parts.push(...(atom === null ? [] : [this.#quantified(atom, from)]));
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  #skipBlanks(): void {
    for (;;) {
      while (/^\s$/.test(this.#text[this.#at] ?? '')) this.#at++;
      if (this.#text[this.#at] !== '#') return;
      while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
    }
  }

  #quantified(atom: RegexNode, from: number): RegexNode {
    let node = atom;
    for (;;) {
      const counts = this.#counts();
      if (counts === null) return node;
      if (node.kind === 'assertion') this.#fail('nothing to repeat', from);
      let greedy = !this.#flags.ungreedy;
      if (this.#text[this.#at] === '?') {
        greedy = !greedy;
        this.#at++;
      } else if (this.#text[this.#at] === '+') this.#fail('a possessive quantifier is not supported: it needs backtracking');
      node = { kind: 'repeat', body: node, least: counts[0], most: counts[1], greedy };
    }
  }

  /** The quantifier here, if there is one. */
  #counts(): readonly [number, number] | null {
    const character = this.#text[this.#at];
    if (character === '*' || character === '+' || character === '?') {
      this.#at++;
      return [character === '+' ? 1 : 0, character === '?' ? 1 : Infinity];
    }
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 16));
    if (braces === null) return null;
    const least = Number(braces[1]);
    const most = braces[2] === undefined ? least : braces[3] === '' ? Infinity : Number(braces[3]);
    if (least > MAX_COUNT || (most !== Infinity && most > MAX_COUNT)) this.#fail(`more than ${MAX_COUNT} repetitions`);
    if (most < least) this.#fail('a range of repetitions that is upside down');
    this.#at += braces[0].length;
    return [least, most];
  }

  /** Null when it only changed flags, or was a comment. */
  #atom(): RegexNode | null {
    const from = this.#at;
    const character = this.#text[this.#at++];
    const { multiline, dotAll, dollarEndOnly } = this.#flags;
    switch (character) {
      case '(':
        return this.#group(from);
      case '[':
        return this.#set(this.#class(from));
      case '.':
        return { kind: 'set', set: dotAll ? new ByteSet().complement() : NEWLINE.complement() };
      case '^':
        return { kind: 'assertion', assertion: multiline ? Assertion.lineStart : Assertion.textStart };
      case '$':
        return { kind: 'assertion', assertion: multiline ? Assertion.lineEnd : dollarEndOnly ? Assertion.textEnd : Assertion.textEndOrNewline };
      case '*':
      case '+':
      case '?':
        return this.#fail('nothing to repeat', from);
      case '\\':
        return this.#escape(from);
      default: {
        const byte = character.charCodeAt(0);
        if (byte > 0xff) this.#fail('a character beyond one byte', from);
        return this.#set(ByteSet.of(byte));
      }
    }
  }

  #set(set: ByteSet): RegexNode {
    return { kind: 'set', set: this.#flags.ignoreCase ? set.foldCase() : set };
  }

  #group(from: number): RegexNode | null {
    if (++this.#depth > MAX_DEPTH) this.#fail(`groups more than ${MAX_DEPTH} deep`, from);
    const outer = this.#flags;
    this.#flags = { ...outer };
    if (this.#text[this.#at] === '*') this.#fail('a verb of backtracking is not supported', from);
    if (this.#text[this.#at] === '?') {
      this.#at++;
      const only = this.#groupKind(from);
      if (only !== 'group') {
        this.#depth--;
        if (only === 'comment') this.#flags = outer;
        return null;
      }
    }
    const body = this.#choice();
    if (this.#text[this.#at] !== ')') this.#fail("'(' without ')'", from);
    this.#at++;
    this.#flags = outer;
    this.#depth--;
    return body;
  }

  /** After `(?`: what kind of group it is. `flags` hold until the group around them ends. */
  #groupKind(from: number): 'group' | 'flags' | 'comment' {
    const rest = this.#text.slice(this.#at, this.#at + 64);
    if (rest.startsWith('#')) {
      const end = this.#text.indexOf(')', this.#at);
      if (end < 0) this.#fail("'(' without ')'", from);
      this.#at = end + 1;
      return 'comment';
    }
    if (/^<?[=!]/.test(rest)) this.#fail('looking ahead or behind is not supported: it needs backtracking', from);
    if (rest.startsWith('>')) this.#fail('an atomic group is not supported: it needs backtracking', from);
    if (/^(R|\d|[+-]\d|&|P>)/.test(rest)) this.#fail('recursion is not supported: it needs backtracking', from);
    if (rest.startsWith('P=')) this.#fail('a back reference is not supported: it needs backtracking', from);
    if (rest.startsWith('(')) this.#fail('a condition is not supported: it needs backtracking', from);
    if (rest.startsWith('|')) this.#fail('a group that resets its numbers is not supported', from);
    const named = /^(P?<|')[A-Za-z_]\w*[>']/.exec(rest);
    if (named !== null) {
      if (/^(P?<|')(flow|pkt)_/.test(named[0])) this.#fail('a capture into a variable is not supported', from);
      this.#at += named[0].length;
      return 'group';
    }
    for (let on = true; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '-') on = false;
      else if (character === ':' || character === ')') {
        this.#at++;
        return character === ':' ? 'group' : 'flags';
      } else {
        const flag = INLINE_FLAGS[character ?? ''];
        if (flag === undefined) this.#fail(`'(?${character ?? ''}' is not supported`, from);
        this.#flags[flag] = on;
      }
    }
  }

  #escape(from: number): RegexNode {
    const character = this.#text[this.#at];
    switch (character) {
      case 'b':
      case 'B':
      case 'A':
      case 'z':
      case 'Z': {
        this.#at++;
        const { wordBorder, noWordBorder, textStart, textEnd, textEndOrNewline } = Assertion;
        return { kind: 'assertion', assertion: { b: wordBorder, B: noWordBorder, A: textStart, z: textEnd, Z: textEndOrNewline }[character] };
      }
      case 'R': {
        this.#at++;
        const crlf: RegexNode = { kind: 'sequence', parts: [{ kind: 'set', set: ByteSet.of(0x0d) }, { kind: 'set', set: ByteSet.of(0x0a) }] };
        return { kind: 'choice', parts: [crlf, { kind: 'set', set: ESCAPED_SETS['v'] }] };
      }
      default:
        return this.#set(this.#escapedSet(from, false));
    }
  }

  /** The byte, or the set of bytes, after a backslash. */
  #escapedSet(from: number, inClass: boolean): ByteSet {
    const character = this.#text[this.#at++];
    if (character === undefined) this.#fail('a backslash at the end', from);
    const set = ESCAPED_SETS[character];
    if (set !== undefined) return set;
    const byte = ESCAPED_BYTES[character];
    if (byte !== undefined) return ByteSet.of(byte);
    if (character === 'x') {
      const digits = /^(?:\{([0-9a-fA-F]{1,8})\}|([0-9a-fA-F]{0,2}))/.exec(this.#text.slice(this.#at, this.#at + 10));
      this.#at += digits?.[0].length ?? 0;
      const value = Number.parseInt(digits?.[1] ?? digits?.[2] ?? '', 16) || 0;
      if (value > 0xff) this.#fail('a character beyond one byte', from);
      return ByteSet.of(value);
    }
    if (character === 'c') {
      const control = this.#text[this.#at++] ?? this.#fail('a backslash at the end', from);
      return ByteSet.of(control.toUpperCase().charCodeAt(0) ^ 0x40);
    }
    const octal = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at - 1, this.#at + 2))?.[0];
    if (octal !== undefined && (character === '0' || inClass || octal.length === 3)) {
      this.#at += octal.length - 1;
      return ByteSet.of(Number.parseInt(octal, 8) & 0xff);
    }
    if (character >= '1' && character <= '9') this.#fail('a back reference is not supported: it needs backtracking', from);
    if (character === 'g' || character === 'k') this.#fail('a back reference is not supported: it needs backtracking', from);
    if (inClass && character === 'b') return ByteSet.of(0x08);
    if (/[A-Za-z]/.test(character)) this.#fail(`'\\${character}' is not supported`, from);
    return ByteSet.of(character.charCodeAt(0) & 0xff);
  }

  #class(from: number): ByteSet {
    const set = new ByteSet();
    const negated = this.#text[this.#at] === '^';
    if (negated) this.#at++;
    for (let isFirst = true; ; isFirst = false) {
      const at = this.#at;
      const character = this.#text[at];
      if (character === undefined) this.#fail("'[' without ']'", from);
      if (character === ']' && !isFirst) break;
      const named = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(at, at + 16));
      if (named !== null) {
        const members = NAMED_SETS[named[2]] ?? this.#fail(`'[:${named[2]}:]' is no class`, at);
        set.unite(named[1] === '^' ? members.complement() : members);
        this.#at += named[0].length;
        continue;
      }
      const low = this.#classMember();
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#text[this.#at + 1] !== undefined;
      if (!isRange || typeof low !== 'number') {
        set.unite(typeof low === 'number' ? ByteSet.of(low) : low);
        continue;
      }
      this.#at++;
      const high = this.#classMember();
      if (typeof high !== 'number') set.unite(ByteSet.of(low, 0x2d)).unite(high);
      else if (high < low) this.#fail('a range that is upside down', at);
      else set.unite(ByteSet.range(low, high));
    }
    this.#at++;
    // Before the complement: [^a] under `i` is neither a nor A.
    const folded = this.#flags.ignoreCase ? set.foldCase() : set;
    return negated ? folded.complement() : folded;
  }

  /** One byte as a number, or a set of them. */
  #classMember(): number | ByteSet {
    const from = this.#at;
    const character = this.#text[this.#at++];
    if (character !== '\\') {
      const byte = character.charCodeAt(0);
      return byte > 0xff ? this.#fail('a character beyond one byte', from) : byte;
    }
    const letter = this.#text[this.#at] ?? '';
    const set = this.#escapedSet(from, true);
    if (ESCAPED_SETS[letter] !== undefined) return set;
    for (let byte = 0; byte < 256; byte++) if (set.has(byte)) return byte;
    return set;
  }
}
