import { describe, expect, it } from 'vitest';
import { median, medianInterval, pairedRatios, summarise, type Placed } from '../../bench/statistics.js';

const TEN = [7, 1, 10, 4, 2, 9, 3, 8, 5, 6];

describe('statistics of benchmarks', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 100, 2])).toBe(3);
    expect(() => median([])).toThrow(RangeError);
  });

  it('leaves the samples as they were', () => {
    const values = [3, 1, 2];
    summarise(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('bounds the median of 10 by the 2nd and the 9th value, which hold it with 1 - 2·11/1024', () => {
    expect(medianInterval(TEN)).toEqual({ low: 2, high: 9, coverage: 1 - 22 / 1024 });
  });

  it('bounds the median of 6 by the whole range, and has no interval for 5', () => {
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toEqual({ low: 1, high: 6, coverage: 1 - 2 / 64 });
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
    expect(medianInterval([])).toBeNull();
  });

  it('agrees with the table of ranks for 20 and 30 samples', () => {
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1);
    expect(medianInterval(upTo(20))).toMatchObject({ low: 6, high: 15 });
    expect(medianInterval(upTo(30))).toMatchObject({ low: 10, high: 21 });
  });

  it('narrows with less confidence', () => {
    expect(medianInterval(TEN, 0.8)).toMatchObject({ low: 3, high: 8 });
  });

  it('sums up, without being moved by one wild value', () => {
    expect(summarise([10, 11, 12, 13, 14, 15, 1000])).toEqual({
      count: 7, median: 13, minimum: 10, maximum: 1000, interval: { low: 10, high: 1000, coverage: 1 - 2 / 128 },
    });
  });

  it('pairs by repetition, so that a slow minute cancels, and leaves out halves of pairs', () => {
    const placed = (from: number, values: Record<number, number>): Placed[] => Object.entries(values).map(([repetition, value], at) => ({ at: from + 2 * at, repetition: Number(repetition), value }));
    const copy = placed(0, { 1: 20, 2: 200, 3: 30, 4: 99 });
    const zeroCopy = placed(1, { 1: 10, 2: 100, 3: 10, 5: 1 });
    expect(pairedRatios(copy, zeroCopy)).toEqual([2, 2, 3]);
    // The same way in a later group, when the machine was slower: no pair of these.
    expect(pairedRatios(copy, [...placed(101, { 1: 1000, 2: 1000, 3: 1000 }), ...zeroCopy])).toEqual([2, 2, 3]);
  });
});
