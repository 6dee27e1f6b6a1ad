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

/** A measurement among others: `at` says which was made after which. */
export interface Placed {
  readonly at: number;
  readonly repetition: number;
  readonly value: number;
}

/**
 * Ratios a / b of measurements that were made one after the other, pair by pair: what slows the machine for a while
 * slows both, and cancels. Of several b of a repetition (a way may stand in several groups) the nearest counts. Pairs of which one
 * is missing are left out.
 */
export function pairedRatios(a: readonly Placed[], b: readonly Placed[]): number[] {
  return a.flatMap(({ at, repetition, value }) => {
    const same = b.filter((other) => other.repetition === repetition).toSorted((one, two) => Math.abs(one.at - at) - Math.abs(two.at - at));
    return same.length === 0 ? [] : [value / same[0].value];
  });
}

/**
 * Probability, without a difference, of ranks as far apart as these or further: the Mann-Whitney test, two-sided. Exact for
 * up to `EXACT` values without ties, by counting arrangements; by the normal distribution with ties corrected otherwise.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) throw new RangeError('a comparison with no values');
  let u = 0;
  for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0;
  const least = Math.min(u, n * m - u);
  const all = [...a, ...b];
  const hasTies = new Set(all).size < all.length;
  if (!hasTies && n + m <= EXACT) return Math.min(1, 2 * shareOfArrangements(n, m, least));
  const counts = new Map<number, number>();
  for (const value of all) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ties = [...counts.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (variance <= 0) return 1;
  // Continuity: U moves in steps.
  return Math.min(1, 2 * normalTail(Math.max(0, Math.abs(least - (n * m) / 2) - 0.5) / Math.sqrt(variance)));
}

/** Values that are few enough to count all arrangements of. */
const EXACT = 60;

/** Share of the arrangements of n and m values whose U is at most `u`. Counts by the recursion of Mann and Whitney (1947). */
function shareOfArrangements(n: number, m: number, u: number): number {
  // ways[i][k]: arrangements of i of the first and j of the second with U = k, as a share, built up over j.
  let shares: number[][] = Array.from({ length: n + 1 }, () => [1]);
  for (let j = 1; j <= m; j++) {
    const next: number[][] = [[1]];
    for (let i = 1; i <= n; i++) {
      const row = new Array<number>(i * j + 1).fill(0);
      // The largest value is of the first with probability i / (i + j): then it is above all j of the second.
      for (let k = 0; k <= i * j; k++) row[k] = (i / (i + j)) * (next[i - 1][k - j] ?? 0) + (j / (i + j)) * (shares[i][k] ?? 0);
      next.push(row);
    }
    shares = next;
  }
  return shares[n].slice(0, Math.floor(u) + 1).reduce((sum, share) => sum + share, 0);
}

/** P(Z > z) of the normal distribution, to 7.5e-8 (Abramowitz and Stegun, 26.2.17). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

const RESAMPLES = 1000;

/** Interval of 95 % of median(a) / median(b), by drawing samples from the samples. The same for the same samples. */
export function ratioInterval(a: readonly number[], b: readonly number[]): readonly [number, number] {
  let state = 0x2545f491;
  const draw = (values: readonly number[]): number[] => values.map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return values[(state >>> 0) % values.length];
  });
  const ratios = Array.from({ length: RESAMPLES }, () => median(draw(a)) / median(draw(b))).toSorted(ascending);
  const cut = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return [ratios[cut], ratios[RESAMPLES - 1 - cut]];
}

/** Which of many tests speak of a difference, when `rate` of those may be wrong (Benjamini and Hochberg, 1995). */
export function realDifferences(probabilities: readonly number[], rate: number): boolean[] {
  const sorted = probabilities.toSorted(ascending);
  const last = sorted.findLastIndex((p, at) => p <= (rate * (at + 1)) / sorted.length);
  return probabilities.map((p) => last >= 0 && p <= sorted[last]);
}
