/**
 * Reads a regular expression in the syntax of PCRE, as far as it can be matched in linear time: what would need
 * backtracking (back references, looking around, atomic groups, recursion) is refused by name. Bytes, not characters.
 */
import { ByteSet, ESCAPED_SETS, NEWLINE } from './byte-set.js';
import { byteClass, escapedSet } from './byte-syntax.js';
import { Cursor } from './cursor.js';
import { Assertion, type RegexFlags, type RegexNode } from './syntax-tree.js';

/** Most repetitions that can be counted. The program's own limit stops what is nested. */
const MAX_COUNT = 1000;
/** Groups in groups. */
const MAX_DEPTH = 100;

const INLINE_FLAGS: Readonly<Record<string, keyof RegexFlags>> = { i: 'ignoreCase', s: 'dotAll', m: 'multiline', x: 'extended', U: 'ungreedy' };

/** @param text one character a byte (Latin-1). @throws RegexError */
export function parseRegex(text: string, flags: RegexFlags): RegexNode {
  return new Reader(text, flags).read();
}

class Reader {
  readonly #cursor: Cursor;
  #flags: RegexFlags;
  #depth = 0;

  constructor(text: string, flags: RegexFlags) {
    this.#cursor = new Cursor(text);
    this.#flags = { ...flags };
  }

  read(): RegexNode {
    const node = this.#choice();
    if (this.#cursor.peek() !== undefined) this.#cursor.fail("')' without '('");
    return node;
  }

  #choice(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#cursor.peek() === '|') {
      this.#cursor.at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      if (this.#flags.extended) this.#cursor.skipBlanks();
      const character = this.#cursor.peek();
      if (character === undefined || character === '|' || character === ')') break;
      const from = this.#cursor.at;
      const atom = this.#atom();
      if (this.#flags.extended) this.#cursor.skipBlanks();
      parts.push(...(atom === null ? [] : [this.#quantified(atom, from)]));
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  #quantified(atom: RegexNode, from: number): RegexNode {
    let node = atom;
    for (;;) {
      const counts = this.#counts();
      if (counts === null) return node;
      if (node.kind === 'assertion') this.#cursor.fail('nothing to repeat', from);
      let greedy = !this.#flags.ungreedy;
      if (this.#cursor.peek() === '?') {
        greedy = !greedy;
        this.#cursor.at++;
      } else if (this.#cursor.peek() === '+') this.#cursor.fail('a possessive quantifier is not supported: it needs backtracking');
      node = { kind: 'repeat', body: node, least: counts[0], most: counts[1], greedy };
    }
  }

  /** The quantifier here, if there is one. */
  #counts(): readonly [number, number] | null {
    const character = this.#cursor.peek();
    if (character === '*' || character === '+' || character === '?') {
      this.#cursor.at++;
      return [character === '+' ? 1 : 0, character === '?' ? 1 : Infinity];
    }
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.#cursor.rest(16));
    if (braces === null) return null;
    const least = Number(braces[1]);
    const most = braces[2] === undefined ? least : braces[3] === '' ? Infinity : Number(braces[3]);
    if (least > MAX_COUNT || (most !== Infinity && most > MAX_COUNT)) this.#cursor.fail(`more than ${MAX_COUNT} repetitions`);
    if (most < least) this.#cursor.fail('a range of repetitions that is upside down');
    this.#cursor.at += braces[0].length;
    return [least, most];
  }

  /** Null when it only changed flags, or was a comment. */
  #atom(): RegexNode | null {
    const from = this.#cursor.at;
    const character = this.#cursor.take()!;
    const { multiline, dotAll, dollarEndOnly } = this.#flags;
    switch (character) {
      case '(':
        return this.#group(from);
      case '[':
        return this.#set(byteClass(this.#cursor, from, this.#flags.ignoreCase));
      case '.':
        return { kind: 'set', set: dotAll ? new ByteSet().complement() : NEWLINE.complement() };
      case '^':
        return { kind: 'assertion', assertion: multiline ? Assertion.lineStart : Assertion.textStart };
      case '$':
        return { kind: 'assertion', assertion: multiline ? Assertion.lineEnd : dollarEndOnly ? Assertion.textEnd : Assertion.textEndOrNewline };
      case '*':
      case '+':
      case '?':
        return this.#cursor.fail('nothing to repeat', from);
      case '\\':
        return this.#escape(from);
      default: {
        const byte = character.charCodeAt(0);
        if (byte > 0xff) this.#cursor.fail('a character beyond one byte', from);
        return this.#set(ByteSet.of(byte));
      }
    }
  }

  #set(set: ByteSet): RegexNode {
    return { kind: 'set', set: this.#flags.ignoreCase ? set.foldCase() : set };
  }

  #group(from: number): RegexNode | null {
    if (++this.#depth > MAX_DEPTH) this.#cursor.fail(`groups more than ${MAX_DEPTH} deep`, from);
    const outer = this.#flags;
    this.#flags = { ...outer };
    if (this.#cursor.peek() === '*') this.#cursor.fail('a verb of backtracking is not supported', from);
    if (this.#cursor.peek() === '?') {
      this.#cursor.at++;
      const only = this.#groupKind(from);
      if (only !== 'group') {
        this.#depth--;
        if (only === 'comment') this.#flags = outer;
        return null;
      }
    }
    const body = this.#choice();
    if (this.#cursor.peek() !== ')') this.#cursor.fail("'(' without ')'", from);
    this.#cursor.at++;
    this.#flags = outer;
    this.#depth--;
    return body;
  }

  /** After `(?`: what kind of group it is. `flags` hold until the group around them ends. */
  #groupKind(from: number): 'group' | 'flags' | 'comment' {
    const rest = this.#cursor.rest(64);
    if (rest.startsWith('#')) {
      const end = this.#cursor.text.indexOf(')', this.#cursor.at);
      if (end < 0) this.#cursor.fail("'(' without ')'", from);
      this.#cursor.at = end + 1;
      return 'comment';
    }
    if (/^<?[=!]/.test(rest)) this.#cursor.fail('looking ahead or behind is not supported: it needs backtracking', from);
    if (rest.startsWith('>')) this.#cursor.fail('an atomic group is not supported: it needs backtracking', from);
    if (/^(R|\d|[+-]\d|&|P>)/.test(rest)) this.#cursor.fail('recursion is not supported: it needs backtracking', from);
    if (rest.startsWith('P=')) this.#cursor.fail('a back reference is not supported: it needs backtracking', from);
    if (rest.startsWith('(')) this.#cursor.fail('a condition is not supported: it needs backtracking', from);
    if (rest.startsWith('|')) this.#cursor.fail('a group that resets its numbers is not supported', from);
    const named = /^(P?<|')[A-Za-z_]\w*[>']/.exec(rest);
    if (named !== null) {
      if (/^(P?<|')(flow|pkt)_/.test(named[0])) this.#cursor.fail('a capture into a variable is not supported', from);
      this.#cursor.at += named[0].length;
      return 'group';
    }
    for (let on = true; ; this.#cursor.at++) {
      const character = this.#cursor.peek();
      if (character === '-') on = false;
      else if (character === ':' || character === ')') {
        this.#cursor.at++;
        return character === ':' ? 'group' : 'flags';
      } else {
        const flag = INLINE_FLAGS[character ?? ''];
        if (flag === undefined) this.#cursor.fail(`'(?${character ?? ''}' is not supported`, from);
        this.#flags[flag] = on;
      }
    }
  }

  #escape(from: number): RegexNode {
    const character = this.#cursor.peek();
    switch (character) {
      case 'b':
      case 'B':
      case 'A':
      case 'z':
      case 'Z': {
        this.#cursor.at++;
        const { wordBorder, noWordBorder, textStart, textEnd, textEndOrNewline } = Assertion;
        return { kind: 'assertion', assertion: { b: wordBorder, B: noWordBorder, A: textStart, z: textEnd, Z: textEndOrNewline }[character] };
      }
      case 'R': {
        this.#cursor.at++;
        const crlf: RegexNode = { kind: 'sequence', parts: [{ kind: 'set', set: ByteSet.of(0x0d) }, { kind: 'set', set: ByteSet.of(0x0a) }] };
        return { kind: 'choice', parts: [crlf, { kind: 'set', set: ESCAPED_SETS['v'] }] };
      }
      default:
        return this.#set(escapedSet(this.#cursor, from, false));
    }
  }
}
