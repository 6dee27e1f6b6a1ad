/** Reads a configuration from YAML (or JSON, which is YAML) and remembers where each value stands. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { ConfigurationSource, Path, Position } from './place.js';
import type { Problem } from './problems.js';
import { ConfigurationError } from './problems.js';
import { explainSyntax } from './yaml-syntax.js';

/** A configuration as read: nothing but its syntax has been looked at. */
export interface LoadedConfiguration {
  readonly document: unknown;
  readonly source: ConfigurationSource;
  /** Paths in the document are relative to it: the directory of the file. */
  readonly baseDirectory: string;
}

/**
 * @param shown how problems name the file.
 * @throws ConfigurationError when the file cannot be read or is not YAML.
 */
export async function readConfiguration(file: string, shown = file): Promise<LoadedConfiguration> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const problem: Problem = {
      code: 'config-unreadable',
      place: '',
      file: shown,
      found: isMissing ? 'no file' : code === 'EISDIR' ? 'a directory' : message,
      expected: 'a readable YAML file',
      message: isMissing ? 'there is no such file' : 'this file cannot be read',
    };
    throw new ConfigurationError([problem], { cause });
  }
  return { ...parseConfiguration(textOf(bytes, shown), shown), baseDirectory: dirname(resolve(file)) };
}

/** One slip makes a parser stumble often: a page of text has hundreds. */
const MAX_SYNTAX_PROBLEMS = 10;

/** What no text file has: a capture or an image named by mistake is one problem, and not one for each of its bytes. */
// oxlint-disable-next-line no-control-regex -- these are the ones
const NO_TEXT = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

function textOf(bytes: Uint8Array, file: string): string {
  let text: string | null = null;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8.
  }
  if (text !== null && !NO_TEXT.test(text)) return text;
  throw new ConfigurationError([{ code: 'yaml-syntax', place: '', file, found: 'bytes that are no text', expected: 'YAML, in UTF-8', message: 'this is not a text file' }]);
}

/**
 * @param file names the text in problems; relative paths in it are relative to the file's directory.
 * @throws ConfigurationError when the text is not YAML.
 */
export function parseConfiguration(text: string, file: string): LoadedConfiguration {
  const lines = new Lines(text);
  const yaml = parseDocument(text, { prettyErrors: false });
  // What begins with '!' is read as nothing, which is nobody's wish.
  const stumbles = [...yaml.errors, ...yaml.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
  // One slip has a parser stumble several times in its line: the first one tells.
  const errors = stumbles.filter(({ code, pos }, at) => code === 'DUPLICATE_KEY' || at === 0 || lines.position(stumbles[at - 1].pos[0]).line !== lines.position(pos[0]).line);
  const problems = errors.slice(0, MAX_SYNTAX_PROBLEMS).map((error): Problem => {
    const { offset, ...mistake } = explainSyntax(error, text, yaml);
    return { code: error.code === 'DUPLICATE_KEY' ? 'duplicate-name' : 'yaml-syntax', place: '', file, ...lines.position(offset), ...mistake };
  });
  const more = errors.length - problems.length;
  if (more > 0) {
    const at = lines.position(errors[MAX_SYNTAX_PROBLEMS].pos[0]);
    problems.push({ code: 'yaml-syntax', place: '', file, ...at, found: `${more} more`, expected: 'YAML', message: 'from here on there is more that is no YAML, most likely because of what is above' });
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  let document: unknown;
  try {
    document = yaml.toJS();
  } catch (cause) {
    const offset = brokenAlias(yaml);
    const problem = offset === null
      ? { found: 'texts that repeat each other by * and &', expected: 'fewer of them', message: cause instanceof Error ? cause.message : String(cause) }
      : { found: `'${text.slice(offset).split(/[\s,\]}]/, 1)[0]}'`, expected: "quotes around a text that begins with '*', or the same name with '&' in front of it", message: "'*' repeats what has a name, and nothing has this one" };
    throw new ConfigurationError([{ code: 'yaml-syntax', place: '', file, ...lines.position(offset ?? 0), ...problem }], { cause });
  }
  return { document, source: new YamlSource(file, text, yaml, lines), baseDirectory: dirname(resolve(file)) };
}

class YamlSource implements ConfigurationSource {
  readonly file: string;
  readonly #text: string;
  readonly #yaml: Document;
  readonly #lines: Lines;

  constructor(file: string, text: string, yaml: Document, lines: Lines) {
    this.file = file;
    this.#text = text;
    this.#yaml = yaml;
    this.#lines = lines;
  }

  position(path: Path, on: 'key' | 'value', within?: Position): Position | null {
    let node: Node | null = this.#yaml.contents;
    let key: Node | null = null;
    for (const step of path) {
      const next = this.#step(node, step);
      if (next === null) return this.#start(key ?? node);
      // An empty value (`rules:` and nothing behind it) has no place of its own: its key does.
      key = next.key;
      node = next.value;
    }
    if (on === 'key' || node === null) return this.#start(key ?? node);
    return this.#within(node, within);
  }

  #step(node: Node | null, step: string | number): { key: Node | null; value: Node | null } | null {
    const inner = isAlias(node) ? (node.resolve(this.#yaml) ?? null) : node;
    if (isMap(inner)) {
      const pair = (inner.items as Pair<Node, Node | null>[]).find((each) => isScalar(each.key) && String(each.key.value) === String(step));
      return pair === undefined ? null : { key: pair.key, value: pair.value };
    }
    if (isSeq(inner) && typeof step === 'number' && step < inner.items.length) return { key: null, value: inner.items[step] as Node };
    return null;
  }

  #start(node: Node | null): Position | null {
    const offset = node?.range?.[0];
    if (offset === undefined) return null;
    return this.#lines.position(offset);
  }

  /** A position in the text of a scalar, as a position in the file; its start where the text is folded. Exact unless it has escapes. */
  #within(node: Node, within?: Position): Position | null {
    const start = this.#start(node);
    if (start === null || within === undefined || !isScalar(node)) return start;
    if (node.type === 'PLAIN' || node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') {
      const quote = node.type === 'PLAIN' ? 0 : 1;
      const isOneLine = node.range != null && this.#lines.position(node.range[1]).line === start.line;
      return within.line === 1 && isOneLine ? { line: start.line, column: start.column + quote + within.column - 1 } : start;
    }
    if (node.type === 'BLOCK_LITERAL') {
      const line = start.line + within.line;
      const indent = /^ */.exec(this.#text.split('\n')[start.line] ?? '')![0].length;
      return { line, column: indent + within.column };
    }
    return start;
  }
}

/** Offset of the first alias without its anchor; null where all have one, and it is their number that is too much. */
function brokenAlias(yaml: Document): number | null {
  let offset: number | null = null;
  visit(yaml, {
    Alias: (_, alias) => {
      if (alias.resolve(yaml) !== undefined) return undefined;
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where lines begin, by the text alone: what a YAML parser counts on the way goes wrong where the text is no YAML. */
class Lines {
  readonly #starts = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  position(offset: number): Position {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#starts[low] + 1 };
  }
}
