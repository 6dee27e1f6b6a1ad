/**
 * Hot: no allocation. The clock that never goes back, for loops that read it once a poll. `Date.now`, and up to Node 22 `performance.now`,
 * make an object of each reading, which V8 has to collect: a BigInt that goes straight into an array of 64-bit words never becomes one
 * (docs/hot-code.md).
 */

/** Cells of an array of times, in milliseconds: with more than 64 bytes it lies outside of V8's heap, where compiled code finds it at once. */
export const CELLS = 16;
const nanos = new BigUint64Array(CELLS);
const words = new Uint32Array(nanos.buffer);

/** The cell of the time that was read last. The other cells are for whoever reads: a time in a variable could be an object. */
export const NOW = 0;

/** Writes the time into the cell `NOW`: milliseconds from a beginning that is the same in all threads, by steps of nanoseconds. */
export function readClock(times: Float64Array): void {
  nanos[0] = process.hrtime.bigint();
  times[NOW] = (words[1] * 0x100000000 + words[0]) / 1e6;
}
