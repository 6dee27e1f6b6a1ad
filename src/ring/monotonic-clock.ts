/**
 * Hot: no allocation. The clock that never goes back, for loops that read it once a poll. `Date.now`, and up to Node 22 `performance.now`,
 * make an object of each reading, which V8 has to collect: a BigInt that goes straight into an array of 64-bit words never becomes one
 * (docs/hot-code.md).
 */

// Outside of V8's heap, as arrays of more than 64 bytes are: docs/hot-code.md.
const nanos = new BigUint64Array(16);
const words = new Uint32Array(nanos.buffer);

/** Writes the time into the first cell: milliseconds from a beginning that is the same in all threads, by steps of nanoseconds. */
export function readClock(intoMs: Float64Array): void {
  nanos[0] = process.hrtime.bigint();
  intoMs[0] = (words[1] * 0x100000000 + words[0]) / 1e6;
}
