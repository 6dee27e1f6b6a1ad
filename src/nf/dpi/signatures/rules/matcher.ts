/**
 * Hot: no allocation. Whether the items of a rule match one buffer: contents with their places, expressions, sizes.
 *
 * As Suricata does, a content before a relative item is tried at each of its places until what follows fits. The work is
 * bounded for each packet: when the budget is used up, nothing matches any more in it.
 */
import { compileRegex } from '../regex/program.js';
import { Regex } from '../regex/regex.js';
import { parseRegex } from '../regex/syntax.js';
import { isMet } from './byte-compare.js';
import type { ByteTestItem, RuleItem } from './rule.js';

/** Bytes compared or stepped over for the rules of one packet: some hundred microseconds. */
const WORK_PER_PACKET = 1 << 18;

const Kind = { content: 0, pattern: 1, dataAt: 2, size: 3, byteTest: 4 } as const;
const NONE = -1;
const NOTHING = new Uint8Array(0);

/** An item with every field in place: one shape for all kinds. */
export class CompiledItem {
  readonly kind: number;
  readonly negated: boolean;
  readonly relative: boolean;
  /** Lower case when `nocase`. */
  readonly bytes: Uint8Array;
  readonly nocase: boolean;
  readonly offset: number;
  readonly depth: number;
  readonly distance: number;
  readonly within: number;
  readonly endsWith: boolean;
  readonly regex: Regex | null;
  readonly test: ByteTestItem | null;
  readonly least: number;
  readonly most: number;

  constructor(item: RuleItem) {
    const content = item.kind === 'content' ? item : null;
    this.kind = { content: Kind.content, pcre: Kind.pattern, isdataat: Kind.dataAt, bsize: Kind.size, byte_test: Kind.byteTest }[item.kind];
    this.negated = item.negated;
    this.relative = content !== null ? content.distance !== null || content.within !== null : 'relative' in item && item.relative;
    this.nocase = content?.nocase ?? false;
    this.bytes = content === null ? NOTHING : content.nocase ? content.bytes.map(lower) : content.bytes;
    this.offset = content?.offset ?? 0;
    this.depth = content?.depth ?? NONE;
    this.distance = content?.distance ?? 0;
    this.within = content?.within ?? NONE;
    this.endsWith = content?.endsWith ?? false;
    this.regex = item.kind === 'pcre' ? new Regex(compileRegex(parseRegex(item.pattern, item.flags))) : null;
    this.test = item.kind === 'byte_test' ? item : null;
    this.least = item.kind === 'bsize' ? item.least : item.kind === 'isdataat' ? item.at : 0;
    this.most = item.kind === 'bsize' ? item.most : 0;
  }
}

export class Matcher {
  /** Times that the budget of a packet was used up. */
  exhausted = 0;
  #work = WORK_PER_PACKET;
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  /** A packet begins: its budget is whole. */
  beginPacket(): void {
    this.#work = WORK_PER_PACKET;
  }

  /** Whether all items match in `bytes[start, end)`. */
  matches(items: readonly CompiledItem[], bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#work <= 0) return false;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    const isMatch = this.#from(items, 0, start);
    if (this.#work > 0) return isMatch;
    this.exhausted++;
    return false;
  }

  /** Whether the items from the k-th on match, the one before having ended at `after`. */
  #from(items: readonly CompiledItem[], k: number, after: number): boolean {
    if (k === items.length) return true;
    const item = items[k];
    if (item.kind === Kind.content) return this.#content(items, k, item, after);
    if (item.kind === Kind.pattern) return this.#pattern(items, k, item, after);
    if (item.kind === Kind.byteTest) return this.#byteTest(item.test!, after) && this.#from(items, k + 1, after);
    const length = this.#end - this.#start;
    if (item.kind === Kind.size) {
      const isMeant = length >= item.least && length <= item.most;
      return isMeant !== item.negated && this.#from(items, k + 1, after);
    }
    const isThere = item.relative ? after + item.least <= this.#end : item.least < length;
    return isThere !== item.negated && this.#from(items, k + 1, after);
  }

  #content(items: readonly CompiledItem[], k: number, item: CompiledItem, after: number): boolean {
    const { bytes, relative, endsWith, negated } = item;
    let low = this.#start + item.offset;
    let high = this.#end;
    if (relative) {
      low = Math.max(low, after + item.distance, this.#start);
      if (item.within >= 0) high = Math.min(high, after + item.distance + item.within);
    }
    if (item.depth >= 0) high = Math.min(high, this.#start + item.offset + item.depth);
    if (endsWith) {
      if (high < this.#end) return negated && this.#from(items, k + 1, after);
      low = Math.max(low, this.#end - bytes.length);
    }
    const isTriedAgain = k + 1 < items.length && items[k + 1].relative;
    for (;;) {
      const at = this.#find(item, low, high);
      if (at < 0) return negated && this.#from(items, k + 1, after);
      if (negated || this.#work <= 0) return false;
      if (this.#from(items, k + 1, at + bytes.length)) return true;
      if (!isTriedAgain) return false;
      low = at + 1;
    }
  }

  #pattern(items: readonly CompiledItem[], k: number, item: CompiledItem, after: number): boolean {
    const origin = item.relative ? after : this.#start;
    const isTriedAgain = k + 1 < items.length && items[k + 1].relative;
    let before = -1;
    for (let from = origin; from <= this.#end; from++) {
      const ended = item.regex!.search(this.#bytes, origin, from, this.#end);
      this.#work -= (ended < 0 ? this.#end : ended) - from + 1;
      if (ended < 0) return item.negated && this.#from(items, k + 1, after);
      if (item.negated || this.#work <= 0) return false;
      if (ended !== before && this.#from(items, k + 1, ended)) return true;
      if (!isTriedAgain) return false;
      before = ended;
    }
    return item.negated && this.#from(items, k + 1, after);
  }

  /** Bytes that are not there meet no test, negated or not. */
  #byteTest(test: ByteTestItem, after: number): boolean {
    const at = (test.relative ? after : this.#start) + test.at;
    if (at < this.#start || at + test.bytes > this.#end) return false;
    this.#work -= test.bytes;
    return isMet(test, this.#bytes, at);
  }

  /** First place of the content in `[low, high)`, or -1. */
  #find({ bytes: wanted, nocase }: CompiledItem, low: number, high: number): number {
    const bytes = this.#bytes;
    const last = high - wanted.length;
    const first = wanted[0];
    for (let at = low; at <= last; at++) {
      const byte = bytes[at];
      if ((nocase ? lower(byte) : byte) !== first) continue;
      let k = 1;
      if (nocase) while (k < wanted.length && lower(bytes[at + k]) === wanted[k]) k++;
      else while (k < wanted.length && bytes[at + k] === wanted[k]) k++;
      if (k === wanted.length) {
        this.#work -= at - low + k;
        return at;
      }
    }
    this.#work -= Math.max(0, last - low) + 1;
    return -1;
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
