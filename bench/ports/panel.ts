/** Up to here a bucket is a nanosecond wide; from there on each power of two has 64 of them: an error below 1.6 %. */
const LINEAR = 128;
const SUB_BUCKETS = 64;
export const BUCKETS = LINEAR + SUB_BUCKETS * 24;

/**
 * What the ports of a benchmark tell the main thread: float64 cells in shared memory, written by the manager's thread, read
 * when the run is over.
 *
 * cell   meaning
 *  0     packets that came in
 *  1     packets that left
 *  2     bytes that left
 *  3, 4  sum of the sequence numbers that came in, that left (modulo 2^32)
 *  5, 6  hash of the payloads that came in: two sums (compared runs only)
 *  7, 8  hash of the payloads that left
 *  9     the window begins: milliseconds;  10: packets that had left by then
 * 11     the window ends;                  12
 * 13     garbage collections within the window (with an offered load: from a quarter of a second before it to the end);  14: milliseconds that they took
 * 15     packets that were due and found no place (offered load)
 * 16, 17 packets that were due when the window began, when it ended: side by side
 * 18     when the first packet left, in nanoseconds of the monotonic clock
 * 20 …   buckets of latency, of packets that were due in the window; behind them as many of those that were due before
 */
export const Cell = {
  received: 0, transmitted: 1, transmittedBytes: 2, sequenceIn: 3, sequenceOut: 4, hashIn: 5, hashOut: 7,
  beginMs: 9, beginCount: 10, endMs: 11, endCount: 12, collections: 13, collectionMs: 14, lost: 15, dueAtBegin: 16, dueAtEnd: 17, firstOutNs: 18, buckets: 20, bucketsBefore: 20 + BUCKETS,
} as const;

/** The bucket of a latency in nanoseconds, from 0 to 2^31 - 1. */
export function bucketOf(ns: number): number {
  if (ns < LINEAR) return ns < 0 ? 0 : ns | 0;
  const value = ns > 0x7fffffff ? 0x7fffffff : ns | 0;
  const exponent = 31 - Math.clz32(value);
  return LINEAR + (exponent - 7) * SUB_BUCKETS + ((value >>> (exponent - 6)) & (SUB_BUCKETS - 1));
}

/** Largest latency of a bucket: what is said is never less than what was. */
export function bucketTop(bucket: number): number {
  if (bucket < LINEAR) return bucket;
  const exponent = 7 + Math.floor((bucket - LINEAR) / SUB_BUCKETS);
  const step = 2 ** (exponent - 6);
  return 2 ** exponent + (((bucket - LINEAR) % SUB_BUCKETS) + 1) * step - 1;
}

export function newPanel(): Float64Array {
  return new Float64Array(new SharedArrayBuffer((Cell.bucketsBefore + BUCKETS) * 8));
}

/** Latency in nanoseconds below which the given share of packets stayed; NaN without packets. */
export function percentile(panel: Float64Array, share: number): number {
  let all = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) all += panel[Cell.buckets + bucket];
  const wanted = Math.max(1, Math.ceil(all * share));
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    seen += panel[Cell.buckets + bucket];
    if (all > 0 && seen >= wanted) return bucketTop(bucket);
  }
  return NaN;
}
