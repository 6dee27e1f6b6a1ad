/**
 * Statistics of repeated measurements. Nothing is assumed of their distribution: the interval of the median comes from
 * order statistics (H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition, section 7.1), so it is exact, needs
 * no random numbers, and gives the same answer for the same samples.
 */

/** Least confidence that an interval has, unless said otherwise. */
export const CONFIDENCE = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Probability that the true median lies inside: at least what was asked for, more because samples are few. */
  readonly coverage: number;
}

export interface Summary {
  readonly count: number;
  readonly median: number;
  /** Null when there are too few samples: below 6 even the whole range covers less than 95 %. */
  readonly interval: Interval | null;
  readonly minimum: number;
  readonly maximum: number;
}

const ascending = (a: number, b: number): number => a - b;

/** @throws RangeError without values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = values.toSorted(ascending);
  const upper = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
}

/**
 * The interval of the median between two order statistics that lie symmetrically: the narrowest one whose coverage is
 * at least `confidence`. The number of samples below the true median is binomial with probability 1/2, so the interval
 * from the k-th smallest to the k-th largest misses it with probability 2 P(B(n, 1/2) < k).
 */
export function medianInterval(values: readonly number[], confidence = CONFIDENCE): Interval | null {
  const n = values.length;
  const sorted = values.toSorted(ascending);
  let best: Interval | null = null;
  let term = 0.5 ** n; // P(B = k)
  let below = 0; // P(B < k + 1)
  for (let k = 0; 2 * k + 1 < n; k++) {
    below += term;
    const coverage = 1 - 2 * below;
    if (coverage < confidence) break;
    best = { low: sorted[k], high: sorted[n - 1 - k], coverage };
    term = (term * (n - k)) / (k + 1);
  }
  return best;
}

export function summarise(values: readonly number[]): Summary {
  const { length: count } = values;
  return { count, median: median(values), interval: medianInterval(values), minimum: Math.min(...values), maximum: Math.max(...values) };
}

/**
 * Ratios a / b of measurements that were made one after the other, pair by pair: what slows the machine for a while
 * slows both, and cancels. Pairs of which one is missing are left out.
 */
export function pairedRatios(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number[] {
  return [...a].flatMap(([repetition, value]) => {
    const other = b.get(repetition);
    return other === undefined ? [] : [value / other];
  });
}
