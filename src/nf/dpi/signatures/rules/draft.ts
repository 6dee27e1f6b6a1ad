/** A rule while its options are read, and the few forms that values have. */
import type { BufferName } from './buffers.js';
import type { Report } from './header.js';
import type { BufferPart, ContentItem, NumberTest, Rule, RuleItem } from './rule.js';
import type { RuleOption, Word } from './rule-text.js';

export class Draft {
  readonly rule: Rule;
  readonly report: Report;
  /** Buffer that the contents to come belong to. */
  buffer: BufferName = 'payload';
  /** The item that modifiers mean, and the content among them. */
  #last: { part: BufferPart; item: RuleItem } | null = null;
  /** Keywords that stand once in a rule and have. */
  readonly #seen = new Set<string>();
  classificationAt = -1;

  constructor(rule: Rule, report: Report) {
    this.rule = rule;
    this.report = report;
  }

  add(item: RuleItem): void {
    const part = this.#part(this.buffer);
    part.items.push(item);
    this.#last = { part, item };
  }

  /** The content before, which a modifier is about. */
  content(name: Word): ContentItem | null {
    if (this.#last?.item.kind === 'content') return this.#last.item;
    this.report(`'${name.text}' has to stand behind a content`, name.at);
    return null;
  }

  /** The content before moves into another buffer: the modifiers of old. */
  move(name: Word, to: BufferName): void {
    const item = this.content(name);
    if (item === null || this.#last === null) return;
    this.#last.part.items.pop();
    if (this.#last.part.items.length === 0) this.rule.parts.splice(this.rule.parts.indexOf(this.#last.part), 1);
    const part = this.#part(to);
    part.items.push(item);
    this.#last = { part, item };
  }

  /** True the first time; the second time it is a mistake. */
  once({ name }: RuleOption): boolean {
    if (this.#seen.has(name.text)) {
      this.report(`'${name.text}' stands twice`, name.at);
      return false;
    }
    this.#seen.add(name.text);
    return true;
  }

  has(name: string): boolean {
    return this.#seen.has(name);
  }

  #part(buffer: BufferName): BufferPart {
    const found = this.rule.parts.find((part) => part.buffer === buffer);
    if (found !== undefined) return found;
    const part: BufferPart = { buffer, items: [] };
    this.rule.parts.push(part);
    return part;
  }
}

/** The value of a keyword that needs one. */
export function valueOf({ name, value }: RuleOption, report: Report): Word | null {
  if (value !== null && value.text !== '') return value;
  report(`'${name.text}' needs a value`, name.at);
  return null;
}

/** A keyword that takes none. */
export function noValue({ name, value }: RuleOption, report: Report): void {
  if (value !== null) report(`'${name.text}' takes no value`, value.at);
}

export function wholeNumber(option: RuleOption, least: number, most: number, report: Report): number {
  const value = valueOf(option, report);
  if (value === null) return least;
  if (/^-?\d{1,10}$/.test(value.text) && Number(value.text) >= least && Number(value.text) <= most) return Number(value.text);
  report(`'${option.name.text}' expects a whole number from ${least} to ${most}, found '${value.text.slice(0, 40)}'`, value.at);
  return least;
}

/** `5`, `>5`, `<5`, `>=5`, `<=5`, `!5`, `5<>9` (between, both left out) and `5-9` (both included). */
export function numberTest(option: RuleOption, most: number, report: Report): NumberTest | null {
  const value = valueOf(option, report);
  if (value === null) return null;
  const parts = /^(!|[<>]=?)?\s*(\d{1,10})(?:\s*(<>|-)\s*(\d{1,10}))?$/.exec(value.text);
  const from = Number(parts?.[2] ?? 0);
  const to = parts?.[4] === undefined ? from : Number(parts[4]);
  if (parts === null || from > most || to > most || to < from || (parts[1] !== undefined && parts[4] !== undefined)) {
    report(`'${option.name.text}' expects a number up to ${most}, or one with <, >, <=, >=, ! or <>, found '${value.text.slice(0, 40)}'`, value.at);
    return null;
  }
  if (parts[3] === '<>') return { least: from + 1, most: to - 1, negated: false };
  switch (parts[1]) {
    case '>':
      return { least: from + 1, most, negated: false };
    case '>=':
      return { least: from, most, negated: false };
    case '<':
      return { least: 0, most: from - 1, negated: false };
    case '<=':
      return { least: 0, most: from, negated: false };
    default:
      return { least: from, most: to, negated: parts[1] === '!' };
  }
}
