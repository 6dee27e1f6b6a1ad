/** `byte_test` in the text of a rule: how many bytes, a comparison, a number, a place, and what to make of the bytes. */
import { valueOf, type Draft } from './draft.js';
import { Comparison, type ByteTestItem } from './rule.js';
import type { RuleOption, Word } from './rule-text.js';

const MAX_BINARY_BYTES = 8;
/** Digits whose number a double holds exactly: below 2^53. */
const MAX_DIGITS = { 8: 17, 10: 15, 16: 13 } as const;
/** Far more than a stream's window. */
const MAX_PLACE = 65_535;
const MAX_NUMBER = 2n ** 64n - 1n;
const WORD = 0xffffffffn;
const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['', Comparison.equal], ['=', Comparison.equal], ['<', Comparison.less], ['>', Comparison.greater], ['<=', Comparison.atMost], ['>=', Comparison.atLeast],
  ['&', Comparison.and], ['^', Comparison.differs],
]);
const BASES: ReadonlyMap<string, 8 | 10 | 16> = new Map([['oct', 8], ['dec', 10], ['hex', 16]]);
const ALL_BITS = 0xffffffff;

interface Part {
  readonly text: string;
  /** Of the part in the file. */
  readonly at: number;
}

export function readByteTest(draft: Draft, option: RuleOption): void {
  const value = valueOf(option, draft.report);
  if (value === null) return;
  const parts = partsOf(value);
  if (parts.length < 4) {
    draft.report(`'byte_test' expects bytes, operator, number, offset, found '${value.text.slice(0, 60)}'`, value.at);
    return;
  }
  const problems: Part[] = [];
  const wrong = ({ text, at }: Part, expected: string): void => {
    problems.push({ text, at });
    draft.report(`'byte_test' expects ${expected}, found '${text.slice(0, 40)}'`, at);
  };
  const [bytes, operator, number, place, ...words] = parts;
  const item: ByteTestItem = {
    kind: 'byte_test', bytes: Number(bytes.text), comparison: Comparison.equal, negated: operator.text.startsWith('!'), high: 0, low: 0, at: Number(place.text),
    relative: false, littleEndian: false, base: 0, maskHigh: ALL_BITS, maskLow: ALL_BITS,
  };
  const comparison = COMPARISONS.get(operator.text.replace('!', '').trim());
  if (comparison === undefined || operator.text === '') wrong(operator, 'an operator <, >, =, <=, >=, & or ^, with or without !');
  else item.comparison = comparison;
  const wanted = numberOf(number.text);
  if (wanted === null) wrong(number, 'a number of at most 64 bits (names of byte_extract are not supported)');
  else [item.high, item.low] = wanted;
  if (!/^-?\d{1,5}$/.test(place.text) || Math.abs(item.at) > MAX_PLACE) wrong(place, `an offset from -${MAX_PLACE} to ${MAX_PLACE}`);
  for (const word of words) readWord(item, word, wrong);
  const most = item.base === 0 ? MAX_BINARY_BYTES : MAX_DIGITS[item.base];
  if (!/^\d{1,2}$/.test(bytes.text) || item.bytes < 1 || item.bytes > most) wrong(bytes, `1 to ${most} bytes${item.base === 0 ? '' : ' of digits'}`);
  if (problems.length === 0) draft.add(item);
}

function readWord(item: ByteTestItem, word: Part, wrong: (part: Part, expected: string) => void): void {
  const [name, argument = ''] = word.text.split(/\s+/);
  const base = BASES.get(name);
  const mask = name === 'bitmask' ? numberOf(argument) : null;
  if (word.text === 'relative') item.relative = true;
  else if (word.text === 'big' || word.text === 'little') item.littleEndian = word.text === 'little';
  else if (word.text === 'string') item.base ||= 10;
  else if (base !== undefined && word.text === name) item.base = base;
  else if (mask !== null && (mask[0] !== 0 || mask[1] !== 0)) [item.maskHigh, item.maskLow] = mask;
  else wrong(word, "'relative', 'big', 'little', 'string' with 'dec', 'hex' or 'oct', or 'bitmask' and a number");
}

/** Between commas, without blanks around them. */
function partsOf({ text, at }: Word): Part[] {
  let from = 0;
  return text.split(',').map((piece) => {
    const part = { text: piece.trim(), at: at + from + (piece.length - piece.trimStart().length) };
    from += piece.length + 1;
    return part;
  });
}

/** Decimal, or hexadecimal behind 0x. */
function numberOf(text: string): [high: number, low: number] | null {
  if (!/^(\d{1,20}|0[xX][0-9a-fA-F]{1,16})$/.test(text)) return null;
  const number = BigInt(text);
  return number > MAX_NUMBER ? null : [Number(number >> 32n), Number(number & WORD)];
}
