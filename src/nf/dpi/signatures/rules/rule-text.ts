/**
 * Takes the text of a rule file apart: rules, the words of their headers, their options, each with its place. A line that
 * ends in a backslash goes on in the next; a line that begins with # is a comment.
 */

/** A piece of the text. `at` is its offset in the file. */
export interface Word {
  text: string;
  at: number;
}

export interface RuleOption {
  name: Word;
  /** Null for a keyword alone. Blanks around it are cut off. */
  value: Word | null;
}

export interface RawRule {
  at: number;
  header: Word[];
  options: RuleOption[];
}

export interface TextProblem {
  message: string;
  at: number;
}

/** Longest rule: far longer than any that people write. */
const MAX_RULE_CHARACTERS = 65_536;

/** Takes each rule of a file apart and hands it over, or says what is wrong with its form. */
export function readRules(text: string, rule: (raw: RawRule) => void, problem: (problem: TextProblem) => void): void {
  for (let from = 0; from < text.length; ) {
    let to = lineEnd(text, from);
    while (to < text.length && /\\\r?$/.test(text.slice(Math.max(from, to - 2), to))) to = lineEnd(text, to + 1);
    const joined = text.slice(from, to).replaceAll(/\\(\r?)\n/g, (all) => ' '.repeat(all.length)).replace(/\r$/, ' ');
    const start = joined.search(/\S/);
    if (joined.length > MAX_RULE_CHARACTERS) problem({ message: `the rule has ${joined.length} characters, expected at most ${MAX_RULE_CHARACTERS}`, at: from });
    else if (start >= 0 && joined[start] !== '#') readRule(joined, from, start, rule, problem);
    from = to + 1;
  }
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

function readRule(text: string, offset: number, start: number, rule: (raw: RawRule) => void, problem: (problem: TextProblem) => void): void {
  const open = text.indexOf('(');
  const close = text.trimEnd().length - 1;
  if (open < 0) {
    problem({ message: "expected '(' and options after the header", at: offset + start });
    return;
  }
  if (text[close] !== ')' || close <= open) {
    problem({ message: "expected ')' at the end of the rule", at: offset + close });
    return;
  }
  const options: RuleOption[] = [];
  for (let at = open + 1; at < close; ) {
    const end = optionEnd(text, at, close);
    const option = readOption(text, offset, at, end);
    if (end === close && option !== null) problem({ message: `expected ';' after '${option.name.text}'`, at: option.name.at });
    if (option !== null) options.push(option);
    at = end + 1;
  }
  rule({ at: offset + start, header: headerWords(text.slice(start, open), offset + start), options });
}

/** Where the option ends: a semicolon that no backslash stands before. */
function optionEnd(text: string, from: number, close: number): number {
  for (let at = from; at < close; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ';') return at;
  }
  return close;
}

function readOption(text: string, offset: number, from: number, end: number): RuleOption | null {
  const colon = text.slice(from, end).indexOf(':');
  const name = trimmed(text, offset, from, colon < 0 ? end : from + colon);
  if (name.text === '' && colon < 0) return null;
  return { name, value: colon < 0 ? null : trimmed(text, offset, from + colon + 1, end) };
}

function trimmed(text: string, offset: number, from: number, end: number): Word {
  const piece = text.slice(from, end);
  const blanks = piece.search(/\S/);
  return { text: piece.trim(), at: offset + from + Math.max(blanks, 0) };
}

/** Words between blanks; a list in brackets is one word. */
function headerWords(text: string, offset: number): Word[] {
  const words: Word[] = [];
  let depth = 0;
  let from = -1;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    const isBlank = character === undefined || (/\s/.test(character) && depth === 0);
    if (character === '[') depth++;
    else if (character === ']') depth--;
    if (isBlank && from >= 0) {
      words.push({ text: text.slice(from, at), at: offset + from });
      from = -1;
    } else if (!isBlank && from < 0) from = at;
  }
  if (from >= 0) words.push({ text: text.slice(from), at: offset + from });
  return words;
}
