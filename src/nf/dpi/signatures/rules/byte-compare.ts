/** Hot: no allocation. A number in bytes compared with that of a `byte_test`: 64 bits as two words of 32. */
import { Comparison, type ByteTestItem } from './rule.js';

const TWO_32 = 2 ** 32;
const ALL_BITS = 0xffffffff;
const BLANK = 0x20;
const LETTER_X = 0x78;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;

/** The number read last. */
let high = 0;
let low = 0;

/** Whether the number at `bytes[at, at + test.bytes)`, all of which is there, is what the test wants. */
export function isMet(test: ByteTestItem, bytes: Uint8Array, at: number): boolean {
  if (test.base === 0) readBinary(bytes, at, test.bytes, test.littleEndian);
  else if (!readDigits(bytes, at, at + test.bytes, test.base)) return false;
  if (test.maskHigh !== ALL_BITS || test.maskLow !== ALL_BITS) mask(test.maskHigh, test.maskLow);
  return compare(test.comparison, test.high, test.low) !== test.negated;
}

function compare(comparison: Comparison, wantedHigh: number, wantedLow: number): boolean {
  const order = high !== wantedHigh ? high - wantedHigh : low - wantedLow;
  switch (comparison) {
    case Comparison.equal:
      return order === 0;
    case Comparison.less:
      return order < 0;
    case Comparison.greater:
      return order > 0;
    case Comparison.atMost:
      return order <= 0;
    case Comparison.atLeast:
      return order >= 0;
    case Comparison.and:
      return (high & wantedHigh) !== 0 || (low & wantedLow) !== 0;
    case Comparison.differs:
      return order !== 0;
  }
}

function readBinary(bytes: Uint8Array, at: number, count: number, isLittle: boolean): void {
  high = 0;
  low = 0;
  for (let k = 0; k < count; k++) {
    const byte = bytes[isLittle ? at + count - 1 - k : at + k];
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | byte) >>> 0;
  }
}

/** As C's `strtoull` reads: blanks, then digits up to the first byte that is none. False when there is no digit. */
function readDigits(bytes: Uint8Array, from: number, end: number, base: number): boolean {
  let at = from;
  while (at < end && (bytes[at] === BLANK || (bytes[at] >= 9 && bytes[at] <= 13))) at++;
  if (base === 16 && at + 2 < end && bytes[at] === DIGIT_0 && (bytes[at + 1] | BLANK) === LETTER_X) at += 2;
  let number = 0;
  const first = at;
  for (; at < end; at++) {
    const digit = digitOf(bytes[at]);
    if (digit >= base) break;
    number = number * base + digit;
  }
  high = Math.floor(number / TWO_32);
  low = number >>> 0;
  return at > first;
}

/** 36 for what is no digit to any base. */
function digitOf(byte: number): number {
  if (byte >= DIGIT_0 && byte < DIGIT_0 + 10) return byte - DIGIT_0;
  const letter = byte | BLANK;
  return letter >= LETTER_A && letter < LETTER_A + 6 ? letter - LETTER_A + 10 : 36;
}

/** Keeps the bits of the mask, and moves them down by as many places as the mask has zeros at its end. */
function mask(maskHigh: number, maskLow: number): void {
  high = (high & maskHigh) >>> 0;
  low = (low & maskLow) >>> 0;
  if (maskLow === 0) {
    low = high >>> trailingZeros(maskHigh);
    high = 0;
    return;
  }
  const places = trailingZeros(maskLow);
  if (places === 0) return;
  low = ((low >>> places) | (high << (32 - places))) >>> 0;
  high >>>= places;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
