/**
 * Hot: no allocation. 64-bit timestamps of pcapng in units of any resolution, to and from seconds and nanoseconds,
 * without BigInt: a long division by 16-bit digits stays below 2^53.
 */

/** Two results of one function, kept in an object that the caller owns. */
export interface Moment {
  seconds: number;
  nanos: number;
}

let quotientHigh = 0;
let quotientLow = 0;
let remainder = 0;

/** Divides high·2^32 + low by a divisor of at most 10^11. */
function divide(high: number, low: number, divisor: number): void {
  let rest = high >>> 16;
  const a = Math.floor(rest / divisor);
  rest = (rest % divisor) * 65536 + (high & 0xffff);
  const b = Math.floor(rest / divisor);
  rest = (rest % divisor) * 65536 + (low >>> 16);
  const c = Math.floor(rest / divisor);
  rest = (rest % divisor) * 65536 + (low & 0xffff);
  const d = Math.floor(rest / divisor);
  remainder = rest % divisor;
  quotientHigh = a * 65536 + b;
  quotientLow = c * 65536 + d;
}

/** Decimal units smaller than this never add up to a second in 64 bits. */
const MAX_DECIMAL = 19;

/**
 * Time since the epoch of a 64-bit count of units.
 * @param resolution the `if_tsresol` byte: 10^-n, or 2^-n with the top bit set.
 * Seconds may exceed 32 bits; nanoseconds are rounded down.
 */
export function fromUnits(high: number, low: number, resolution: number, out: Moment): void {
  const exponent = resolution & 0x7f;
  if ((resolution & 0x80) !== 0) {
    fromBinary(high, low, exponent, out);
    return;
  }
  if (exponent > MAX_DECIMAL) {
    out.seconds = 0;
    out.nanos = 0;
    return;
  }
  if (exponent > 9) {
    divide(high, low, 10 ** (exponent - 9));
    divide(quotientHigh, quotientLow, 1e9);
    out.nanos = remainder;
  } else {
    divide(high, low, 10 ** exponent);
    out.nanos = remainder * 10 ** (9 - exponent);
  }
  out.seconds = quotientHigh * 2 ** 32 + quotientLow;
}

function fromBinary(high: number, low: number, exponent: number, out: Moment): void {
  // The 32 bits after the point, and what stands before it.
  let fraction: number;
  if (exponent === 0) {
    out.seconds = high * 2 ** 32 + low;
    fraction = 0;
  } else if (exponent <= 32) {
    const unit = 2 ** exponent;
    out.seconds = high * 2 ** (32 - exponent) + Math.floor(low / unit);
    fraction = (low % unit) * 2 ** (32 - exponent);
  } else if (exponent < 64) {
    const unit = 2 ** (exponent - 32);
    out.seconds = Math.floor(high / unit);
    fraction = (high % unit) * 2 ** (64 - exponent) + Math.floor(low / unit);
  } else {
    out.seconds = 0;
    fraction = Math.floor(high / 2 ** (exponent - 64));
  }
  const upper = Math.floor(fraction / 65536) * 1e9;
  const lower = (fraction % 65536) * 1e9;
  out.nanos = Math.floor((upper + Math.floor(lower / 65536)) / 65536);
}

/** The two halves of a 64-bit count of nanoseconds. */
export interface Halves {
  high: number;
  low: number;
}

/** seconds·10^9 + nanos, for 32-bit seconds. */
export function toNanoseconds(seconds: number, nanos: number, out: Halves): void {
  const upper = (seconds >>> 16) * 1e9;
  const rest = (upper % 65536) * 65536 + (seconds & 0xffff) * 1e9 + nanos;
  out.high = Math.floor(upper / 65536) + Math.floor(rest / 2 ** 32);
  out.low = rest % 2 ** 32;
}
