import { describe, expect, it } from 'vitest';
import { differences, renderComparison } from '../../bench/compare.js';
import { fromCsv, toCsv, type Table } from '../../bench/csv.js';
import { mannWhitney, ratioInterval, realDifferences } from '../../bench/statistics.js';
import { resultsOf, sample } from './samples.js';

const upTo = (n: number, from = 0): number[] => Array.from({ length: n }, (_, k) => from + k);
/** Ten values around a centre, the same ones each time. */
const around = (centre: number): number[] => [-4, 3, -1, 5, 0, -3, 2, 4, -2, 1].map((percent) => centre * (1 + percent / 100));
const run = (centres: { zero: number; copy: number }, node = '20'): Table => {
  const samples = [...around(centres.zero).map((value, k) => sample('zero-copy', k + 1, value)), ...around(centres.copy).map((value, k) => sample('copy', k + 1, value))];
  return fromCsv(toCsv(resultsOf(samples, { node })));
};

describe('the test of Mann and Whitney', () => {
  it('agrees with exact probabilities', () => {
    // All of one before all of the other: 2 of C(8, 4) = 70 arrangements are as far apart.
    expect(mannWhitney(upTo(4), upTo(4, 10))).toBeCloseTo(2 / 70, 12);
    expect(mannWhitney(upTo(3), upTo(3, 10))).toBeCloseTo(2 / 20, 12);
    // The table's critical value for 10 and 10 at 5 % is U = 23: with it p is just below.
    const a = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const shifted = (by: number): number[] => a.map((value) => value + by + 0.5);
    expect(mannWhitney(a, shifted(0))).toBeGreaterThan(0.5);
    expect(mannWhitney(a, shifted(6))).toBeLessThan(0.01);
  });

  it('knows ties and equality', () => {
    expect(mannWhitney([1, 1, 1, 1], [1, 1, 1, 1])).toBe(1);
    expect(mannWhitney([1, 1, 2, 2, 3], [3, 3, 4, 4, 4])).toBeLessThan(0.05);
    expect(() => mannWhitney([], [1])).toThrow(RangeError);
  });

  it('approximates what is too large to count', () => {
    expect(mannWhitney(upTo(40), upTo(40, 3).map((value) => value + 0.5))).toBeGreaterThan(0.05);
    expect(mannWhitney(upTo(40), upTo(40, 20).map((value) => value + 0.5))).toBeLessThan(1e-5);
  });
});

describe('the comparison of two runs', () => {
  it('bounds the ratio of medians, the same each time', () => {
    const [low, high] = ratioInterval(around(200), around(100));
    expect(low).toBeGreaterThan(1.9);
    expect(high).toBeLessThan(2.1);
    expect(ratioInterval(around(200), around(100))).toEqual([low, high]);
  });

  it('allows for many tests', () => {
    expect(realDifferences([0.01, 0.02, 0.03, 0.5], 0.05)).toEqual([true, true, true, false]);
    expect(realDifferences([0.04, 0.5, 0.6, 0.7], 0.05)).toEqual([false, false, false, false]);
    expect(realDifferences([], 0.05)).toEqual([]);
  });

  it('tells what changed from what did not', () => {
    const [zero, copy] = differences(run({ zero: 100, copy: 300 }), run({ zero: 80, copy: 301 }));
    expect(zero).toMatchObject({ isReal: true, counts: [10, 10] });
    expect(zero.ratio).toBeCloseTo(0.8, 2);
    expect(copy.isReal).toBe(false);
    const text = renderComparison(run({ zero: 100, copy: 300 }), run({ zero: 80, copy: 301 }, '24'), ['a.csv', 'b.csv']);
    expect(text).toMatch(/zero-copy .* better by 20\.0 %/);
    expect(text).toMatch(/copy .* no difference shown/);
    expect(text).toContain('1 of 2 differences that could be tested are real');
    expect(text).toContain('Not alike: node was 20 and is 24');
  });

  it('lets pairs with too few samples to be tested hide no difference', () => {
    const six = (from: number): number[] => upTo(6, from); // apart altogether: p is 2 of C(12, 6), real as one of 2 tests, not as one of 42
    const all = (from: number): Table => fromCsv(toCsv(resultsOf([
      ...six(from).map((value, k) => sample('zero-copy', k + 1, value)), ...six(100).map((value, k) => sample('copy', k + 1, value)),
      ...upTo(40, 1).map((bytes) => sample('zero-copy', 1, 100, { bytes })),
    ])));
    expect(differences(all(100), all(200)).filter(({ isReal }) => isReal).map(({ sample: { mode } }) => mode)).toEqual(['zero-copy']);
  });

  it('says so where there is no ratio', () => {
    const of = (values: number[]): Table => fromCsv(toCsv(resultsOf(values.map((value, k) => sample('zero-copy', k + 1, value, { metric: 'lost', unit: '%' })))));
    const zeros = upTo(10).map(() => 0);
    expect(renderComparison(of(zeros), of(upTo(10, 1)), ['a', 'b'])).toContain('worse than 0');
    expect(renderComparison(of(zeros), of([0, 0, 0, 0, 0, 0, 1, 1, 1, 2]), ['a', 'b'])).not.toMatch(/NaN|Infinity/);
    expect(renderComparison(of([0, 0, 0, 1, 1, 1]), of(upTo(6, 2)), ['a', 'b'])).not.toMatch(/NaN|Infinity/);
  });

  it('has a table for each case, with the factors that differ in it', () => {
    const both = fromCsv(toCsv(resultsOf([sample('zero-copy', 1, 1), sample('copy', 1, 1), sample('zero-copy', 1, 1, { case: 'hop' })])));
    const lines = renderComparison(both, both, ['a', 'b']).split('\n');
    expect(lines.filter((line) => /^(chain|hop) \(/.test(line))).toHaveLength(2);
    expect(lines.find((line) => line.startsWith('hop ('))).toContain('mode zero-copy');
    expect(lines.filter((line) => line.startsWith('way')).map((line) => line.includes('mode'))).toEqual([true, false]);
  });

  it('knows that more packets per second are better, and that one sample proves nothing', () => {
    const rate = (value: number): Table => fromCsv(toCsv(resultsOf(around(value).map((each, k) => sample('zero-copy', k + 1, each, { metric: 'NDR', unit: 'Mpps' })))));
    expect(renderComparison(rate(2), rate(3), ['a', 'b'])).toContain('better by 50.0 %');
    const one = (value: number): Table => fromCsv(toCsv(resultsOf([sample('zero-copy', 1, value)])));
    expect(renderComparison(one(1), one(9), ['a', 'b'])).toContain('too few samples');
    expect(renderComparison(one(0), one(0), ['a', 'b'])).not.toContain('NaN');
    expect(renderComparison(one(1), fromCsv(toCsv(resultsOf([sample('copy', 1, 1)]))), ['a', 'b'])).toContain('nothing in common'.replace('nothing', 'no way and factors'));
  });
});
