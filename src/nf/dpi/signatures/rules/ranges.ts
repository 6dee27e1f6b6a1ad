/** Sets of whole numbers as sorted ranges, for addresses and ports of rules. Runs before any traffic. */

/** First and last, both in the set. */
export type Range = readonly [bigint, bigint];

/** Sorted, disjoint, neighbours joined. */
export function union(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const joined: [bigint, bigint][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1n) {
      if (to > last[1]) last[1] = to;
    } else joined.push([from, to]);
  }
  return joined;
}

/** What of the first set is not in the second. Both as `union` makes them. */
export function without(ranges: readonly Range[], removed: readonly Range[]): Range[] {
  const kept: Range[] = [];
  for (const [from, to] of ranges) {
    let at = from;
    for (const [first, last] of removed) {
      if (last < at || first > to) continue;
      if (first > at) kept.push([at, first - 1n]);
      at = last + 1n;
    }
    if (at <= to) kept.push([at, to]);
  }
  return kept;
}
