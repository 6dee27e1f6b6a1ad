/** What stands between quotes in a rule: text, bytes, expressions. */
import type { Report } from './header.js';
import { parseRegex } from '../regex/syntax.js';
import { NO_FLAGS, RegexError, type RegexFlags } from '../regex/syntax-tree.js';
import { compileRegex } from '../regex/program.js';
import type { PatternItem } from './rule.js';
import type { Word } from './rule-text.js';

const MAX_CONTENT_BYTES = 255;

interface Quoted {
  text: string;
  /** Offset of its first character. */
  at: number;
  negated: boolean;
}

/** What is between the quotes, still escaped, or null. */
function unquoted({ text, at }: Word, mayNegate: boolean, report: Report): Quoted | null {
  const parts = /^(!?)(\s*)"(.*)"$/s.exec(text);
  if (parts === null || (parts[1] !== '' && !mayNegate)) {
    report(/^!?\s*"/.test(text) ? `expected '"' at the end of the value; a ';' in it has to be written as '\\;'` : `expected a value in double quotes, found '${text.slice(0, 40)}'`, at);
    return null;
  }
  return { text: parts[3], at: at + parts[1].length + parts[2].length + 1, negated: parts[1] === '!' };
}

/** A text, as `msg` has it: `\;` `\"` `\\` and `\:` stand for themselves. */
export function readText(word: Word, report: Report): string {
  return (unquoted(word, false, report)?.text ?? '').replaceAll(/\\([;:"\\])/g, '$1');
}

/** Bytes: characters, and pairs of hexadecimal digits between bars. */
export function readContent(word: Word, report: Report): { bytes: Uint8Array; negated: boolean } | null {
  const quoted = unquoted(word, true, report);
  if (quoted === null) return null;
  const bytes: number[] = [];
  const { text } = quoted;
  for (let at = 0; at < text.length; at++) {
    const place = quoted.at + at;
    if (text[at] === '|') {
      const close = text.indexOf('|', at + 1);
      const digits = text.slice(at + 1, close < 0 ? undefined : close).replaceAll(/\s+/g, '');
      if (close < 0 || !/^([0-9a-fA-F]{2})+$/.test(digits)) {
        report(close < 0 ? "'|' without a second '|'" : `expected pairs of hexadecimal digits between bars, found '${digits.slice(0, 40)}'`, place);
        return null;
      }
      bytes.push(...Buffer.from(digits, 'hex'));
      at = close;
    } else if (text[at] === '\\') {
      at++;
      if (!/^[;:"\\|]$/.test(text[at] ?? '')) {
        report(`expected one of ; : " \\ after a backslash, found '${text[at] ?? ''}'`, place);
        return null;
      }
      bytes.push(text.charCodeAt(at));
    } else bytes.push(...Buffer.from(text[at], 'utf8'));
  }
  if (bytes.length === 0 || bytes.length > MAX_CONTENT_BYTES) {
    report(`expected 1 to ${MAX_CONTENT_BYTES} bytes, found ${bytes.length}`, word.at);
    return null;
  }
  return { bytes: Uint8Array.from(bytes), negated: quoted.negated };
}

const FLAG_LETTERS: Readonly<Record<string, keyof RegexFlags>> = {
  i: 'ignoreCase', s: 'dotAll', m: 'multiline', x: 'extended', G: 'ungreedy', E: 'dollarEndOnly',
};

/** `"/expression/flags"`. */
export function readPattern(word: Word, report: Report): PatternItem | null {
  const quoted = unquoted(word, true, report);
  if (quoted === null) return null;
  const { text } = quoted;
  const slash = text.lastIndexOf('/');
  if (!text.startsWith('/') || slash === 0) {
    report(`expected "/expression/flags", found '${text.slice(0, 40)}'`, quoted.at);
    return null;
  }
  const flags = { ...NO_FLAGS };
  let relative = false;
  let isAnchored = false;
  for (let at = slash + 1; at < text.length; at++) {
    const letter = text[at];
    const flag = FLAG_LETTERS[letter];
    if (flag !== undefined) flags[flag] = true;
    else if (letter === 'R') relative = true;
    else if (letter === 'A') isAnchored = true;
    else if (letter !== 'O') {
      report(`the flag '${letter}' of pcre is not supported, expected i, s, m, x, A, E, G, R or O`, quoted.at + at);
      return null;
    }
  }
  // A semicolon, a colon and a quote are escaped for the rule's sake; in an expression such a backslash means nothing.
  const body = Buffer.from(text.slice(1, slash), 'utf8').toString('latin1');
  const pattern = isAnchored ? `\\A(?:${body})` : body;
  try {
    compileRegex(parseRegex(pattern, flags));
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    report(error.message, quoted.at + 1 + Math.max(0, error.offset - (pattern.length - body.length)));
    return null;
  }
  return { kind: 'pcre', pattern, flags, negated: quoted.negated, relative };
}
