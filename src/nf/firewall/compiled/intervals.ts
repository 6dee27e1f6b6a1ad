/** Intervals of numbers, and what is true between their bounds. Runs before any traffic. */
import type { AddressSet, PortRange, Prefix } from '../../../flow/match.js';
import type { RuleBits } from './rule-bits.js';

/** Both ends included. */
export type Interval = readonly [first: bigint, last: bigint];

/** What every rule wants of one field: intervals in order, apart from each other; null when it wants nothing. */
export type Wanted = readonly (readonly Interval[] | null)[];

export const MAX_ADDRESS = { 4: (1n << 32n) - 1n, 6: (1n << 128n) - 1n } as const;

function intervalOf(prefix: Prefix): Interval {
  const bits = prefix.version === 4 ? 32 : 128;
  const first = prefix.words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return [first, first | ((1n << BigInt(bits - prefix.length)) - 1n)];
}

/** In order, without overlaps. */
function merged(intervals: Interval[]): Interval[] {
  const result: [bigint, bigint][] = [];
  for (const [first, last] of intervals.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = result.at(-1);
    if (before === undefined || first > before[1] + 1n) result.push([first, last]);
    else if (last > before[1]) before[1] = last;
  }
  return result;
}

function complement(intervals: readonly Interval[], max: bigint): Interval[] {
  const result: Interval[] = [];
  let from = 0n;
  for (const [first, last] of intervals) {
    if (first > from) result.push([from, first - 1n]);
    from = last + 1n;
  }
  if (from <= max) result.push([from, max]);
  return result;
}

export function addressIntervals(set: AddressSet | undefined, version: 4 | 6): readonly Interval[] | null {
  if (set === undefined) return null;
  const within = merged(set.prefixes.filter((prefix) => prefix.version === version).map(intervalOf));
  return set.negated ? complement(within, MAX_ADDRESS[version]) : within;
}

export function portIntervals(ranges: readonly PortRange[] | undefined): readonly Interval[] | null {
  return ranges === undefined ? null : merged(ranges.map(({ from, to }): Interval => [BigInt(from), BigInt(to)]));
}

/** Classes of values that the same rules want. `sets[k]` holds from `bounds[k]` on, up to the next bound. */
export interface Classes {
  readonly bounds: readonly bigint[];
  readonly sets: readonly number[];
  /** Of a packet that has no such field: the rules that want nothing of it. */
  readonly none: number;
}

/** @param max the largest value that the field can have. */
export function classesOf(wanted: Wanted, max: bigint, bits: RuleBits): Classes {
  const draft = bits.draft();
  const events: { at: bigint; rule: number }[] = [];
  wanted.forEach((intervals, rule) => {
    if (intervals === null) draft[rule >>> 5] |= 1 << (rule & 31);
    else {
      for (const [first, last] of intervals) {
        events.push({ at: first, rule });
        if (last < max) events.push({ at: last + 1n, rule });
      }
    }
  });
  const none = bits.add(draft);
  const bounds: bigint[] = [0n];
  const sets: number[] = [none];
  events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (let k = 0; k < events.length;) {
    const { at } = events[k];
    // A rule is wanted from its first value on and no more behind its last one: every event turns its bit round.
    for (; k < events.length && events[k].at === at; k++) draft[events[k].rule >>> 5] ^= 1 << (events[k].rule & 31);
    const set = bits.add(draft);
    if (at === bounds.at(-1)) sets[sets.length - 1] = set;
    else if (set !== sets.at(-1)) {
      bounds.push(at);
      sets.push(set);
    }
  }
  return { bounds, sets, none };
}
