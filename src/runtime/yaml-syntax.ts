/** Mistakes of syntax in a YAML file, in the words of whoever wrote it: what stands there, and what belongs there. */
import { isScalar, visit, type Document, type YAMLParseError, type YAMLWarning } from 'yaml';

export interface SyntaxMistake {
  /** Where it is seen best. */
  readonly offset: number;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

/** What the parser says, what that means, and what belongs there instead. `$1` is what the first bracket of the pattern found. */
const EXPLAINED: readonly (readonly [RegExp, string, string])[] = [
  [/^Tabs are not allowed/, 'a tab indents this line', 'spaces'],
  [/^Nested mappings are not allowed/, "there is a second ': ' in one line", "quotes around the value if it is a text with ': ' in it, else a line of its own for each key"],
  [/^Block collections are not allowed within/, 'between { } or [ ] two entries are not divided', "',' between two entries"],
  [/^Missing , (?:or : )?between/, 'between { } or [ ] two entries are not divided', "',' between two entries"],
  [/^All (?:mapping|sequence) items must start/, 'this line is not indented like the entries above it', 'the indentation of the entries that it belongs to'],
  [/^A block sequence may not be used/, 'this line is not indented like the entries above it', 'the indentation of the entries that it belongs to'],
  [/^Implicit map keys need to be followed/, "there is no ': ' in this line", "'key: value', with a space behind the colon"],
  [/^Plain value cannot start with reserved character (.)/, "a text may not begin with '$1'", 'quotes around the text'],
  [/^(?:Alias|Anchor) /, "'*' and '&' mean something else in YAML where a text begins with them", 'quotes around the text'],
  [/^Unresolved tag/, "'!' means something else in YAML where a text begins with it", 'quotes around the text'],
  [/^Unexpected flow-(?:map|seq)-end token/, 'this closes nothing that is open', 'as many closing brackets as opening ones'],
  [/^Unexpected .* at node end/, 'something is left over in this line', "',' in front of it, or the next entry on a line of its own"],
  [/^Unexpected , in/, 'there is no entry beside this comma', "an entry between two ','"],
  [/^Map keys must be unique/, 'this key is there twice', 'every key once'],
  [/^Source contains multiple documents/, "'---' begins a second document", 'one document in the file'],
  [/^Invalid escape sequence (.*)/, "'$1' means nothing between double quotes", 'single quotes around the text, or two backslashes for one'],
  [/^Block scalar header/, "there is text in the line of '|' or '>'", 'the text in the lines below'],
  [/^Comments must be separated/, "there is no space in front of '#'", 'a space in front of a comment, quotes around a text'],
  [/directives-end/, "a line may not begin with '%'", 'quotes around the text'],
];

const ANY_ENTRY = "an entry such as 'key: value' or '- item'";

export function explainSyntax(error: YAMLParseError | YAMLWarning, text: string, yaml: Document): SyntaxMistake {
  const { message } = error;
  const [offset] = error.pos;
  const found = foundAt(text, offset);
  const [, kind] = /^Flow (map|sequence) in block collection must be/.exec(message) ?? [];
  if (kind !== undefined) {
    const [open, close] = kind === 'map' ? ['{', '}'] : ['[', ']'];
    const line = lineOfOpening(text, offset);
    return { offset, found, expected: `'${close}', or more indentation`, message: line === null ? `a '${open}' is not closed` : `the '${open}' in line ${line} is not closed` };
  }
  const [, quote] = /^Missing closing (["'])quote/.exec(message) ?? [];
  if (quote !== undefined) {
    const opening = lastQuote(yaml) ?? offset;
    return { offset: opening, found: foundAt(text, opening), expected: `${quote} at its end`, message: 'the text that begins here has no closing quote' };
  }
  if (/^Implicit keys need to be on a single line/.test(message)) {
    const isTight = /^\s*[^\s'":]+:\S/.test(lineAt(text, offset));
    return isTight
      ? { offset, found, expected: "'key: value', with a space behind the colon", message: 'there is no space behind the colon' }
      : { offset, found, expected: "'key: value' in one line", message: 'a text goes on where a key belongs' };
  }
  for (const [pattern, meaning, expected] of EXPLAINED) {
    const match = pattern.exec(message);
    if (match !== null) return { offset, found, expected, message: meaning.replace('$1', () => match[1] ?? '') };
  }
  return { offset, found, expected: ANY_ENTRY, message: message.charAt(0).toLowerCase() + message.slice(1) };
}

const SHOWN_CHARACTERS = 80;

/** What stands at a place, to the end of its line. */
function foundAt(text: string, offset: number): string {
  const rest = lineFrom(text, offset);
  if (rest.startsWith('\t')) return `a tab in front of '${rest.trim().slice(0, SHOWN_CHARACTERS)}'`;
  if (rest.trim() !== '') return `'${rest.replaceAll('\t', ' ').trim().slice(0, SHOWN_CHARACTERS)}'`;
  return text.slice(offset).trim() === '' ? 'the end of the file' : `the end of the line '${lineAt(text, offset).trim().slice(0, SHOWN_CHARACTERS)}'`;
}

function lineFrom(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(offset, end < 0 ? undefined : end);
}

function lineAt(text: string, offset: number): string {
  return lineFrom(text, text.lastIndexOf('\n', offset - 1) + 1);
}

/** Line of the innermost bracket that is open at a place, texts in quotes and comments left out. */
function lineOfOpening(text: string, end: number): number | null {
  const open: number[] = [];
  let line = 1;
  for (const [token] of text.slice(0, end).matchAll(/(?<=^|[\s,[{:-])(?:"(?:\\[^]|[^"\\])*"|'(?:''|[^'])*')|(?<=^|\s)#.*|[[\]{}\n]/gm)) {
    if (token === '{' || token === '[') open.push(line);
    else if (token === '}' || token === ']') open.pop();
    else line += token.split('\n').length - 1;
  }
  return open.at(-1) ?? null;
}

/** Where the last text in quotes begins: the parser took the rest of the file for it. */
function lastQuote(yaml: Document): number | null {
  let offset: number | null = null;
  const look = (_: unknown, node: unknown): void => {
    if (isScalar(node) && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') && node.range != null) offset = Math.max(offset ?? 0, node.range[0]);
  };
  visit(yaml, { Scalar: look });
  return offset;
}
