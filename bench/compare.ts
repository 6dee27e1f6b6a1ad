/**
 * Compares two runs, sample by sample: which differences are real? For each way and set of factors that both have: the
 * ratio of the medians with a bootstrap interval (percentile method), and the Mann-Whitney test, which assumes nothing of
 * the distribution. With dozens of tests some differ by chance, so a difference counts as real only when it passes the
 * procedure of Benjamini and Hochberg (1995): of those called real, 5 % at most are expected not to be.
 */
import { table } from '../src/cli/table.js';
import { readFile } from 'node:fs/promises';
import { fromCsv, type Table } from './csv.js';
import { groupBy, keyOf } from './results.js';
import type { Sample } from './sample.js';
import { mannWhitney, median, ratioInterval, realDifferences } from './statistics.js';
import { digits, splitFactors } from './tables.js';

/** Share of false alarms among the differences called real. */
const FALSE_DISCOVERY_RATE = 0.05;
/** With 3 against 3 no order of values has a probability below 5 %. */
const LEAST_SAMPLES = 4;
/** What is better when it is more. */
const MORE_IS_BETTER = new Set(['Mpps']);
/** What must be alike for two runs to speak of the code alone. */
const SURROUNDINGS = ['cpu', 'cores', 'quotaCores', 'governor', 'kernel', 'node', 'profile'];

export interface Difference {
  readonly sample: Sample;
  readonly counts: readonly [number, number];
  readonly medians: readonly [number, number];
  /** Second by first. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Probability of values so far apart without a difference; null with too few samples. */
  readonly p: number | null;
  readonly isReal: boolean;
}

/** Where a share of the rate found is offered, that rate is another in each run. */
const pairedBy = (sample: Sample): string => keyOf(sample, sample.load === null ? [] : ['offered']);

export function differences(a: Table, b: Table): Difference[] {
  const second = new Map(groupBy(b.samples, pairedBy).map((group) => [pairedBy(group[0]), group]));
  const pairs = groupBy(a.samples, pairedBy).flatMap((group) => {
    const other = second.get(pairedBy(group[0]));
    return other === undefined ? [] : [[group, other] as const];
  });
  const found = pairs.map(([group, other]) => {
    const values = [group, other].map((samples) => samples.map(({ value }) => value));
    const [first, last] = values;
    const medians = [median(first), median(last)] as const;
    return {
      sample: group[0], counts: [first.length, last.length] as const, medians, ratio: medians[1] / medians[0], interval: ratioInterval(last, first),
      p: Math.min(first.length, last.length) < LEAST_SAMPLES ? null : mannWhitney(first, last),
    };
  });
  // What could not be tested is no test: counted as one it would hide others.
  const tested = found.flatMap((difference) => (difference.p === null ? [] : [{ difference, p: difference.p }]));
  const real = realDifferences(tested.map(({ p }) => p), FALSE_DISCOVERY_RATE);
  const isReal = new Map(tested.map(({ difference }, at) => [difference, real[at]]));
  return found.map((difference) => ({ ...difference, isReal: isReal.get(difference) ?? false }));
}

function verdict({ p, isReal, medians, ratio, sample }: Difference): string {
  if (p === null) return 'too few samples';
  if (!isReal) return 'no difference shown';
  if (medians[0] === medians[1]) return 'differs, with the same median';
  const better = MORE_IS_BETTER.has(sample.unit) === medians[1] > medians[0];
  if (medians[0] === 0) return better ? 'better than 0' : 'worse than 0';
  const percent = digits(Math.abs(ratio - 1) * 100);
  return `${better ? 'better' : 'worse'} by ${percent} %`;
}

/** Of nothing there is no ratio, and none of its interval where some of the samples are nothing. */
function ratioText(ratio: number, interval: readonly number[]): string {
  if (!Number.isFinite(ratio)) return '';
  return interval.every(Number.isFinite) ? `${digits(ratio)} [${interval.map(digits).join(', ')}]` : digits(ratio);
}

/** The differences of one case. */
function tableOf(found: readonly Difference[]): string[] {
  const split = splitFactors(found[0].sample.case, found.map(({ sample }) => sample));
  const { title } = split;
  // Where rows are paired by their share of the rate found, that rate is of the first run alone.
  const varied = split.varied.filter((factor) => factor !== 'offered' || found.every(({ sample }) => sample.load === null));
  const columns = ['way', ...varied, 'metric', 'before', 'after', 'after / before', 'p', 'verdict'];
  const rows = found.map((difference) => {
    const { sample, medians, ratio, interval, p } = difference;
    return [
      sample.way, ...varied.map((factor) => String(sample[factor] ?? '')), `${sample.metric} (${sample.unit})`, ...medians.map(digits),
      ratioText(ratio, interval), p === null ? '' : p < 0.0001 ? '< 0.0001' : p.toFixed(4), verdict(difference),
    ];
  });
  const numbers = 2 + varied.length;
  return [
    title,
    ...table(columns.map((column, at) => ({ title: column, right: at >= numbers && at < columns.length - 1 })), rows, { titleStyle: (text) => text }),
    '',
  ];
}

export function renderComparison(a: Table, b: Table, names: readonly [string, string]): string {
  const found = differences(a, b);
  if (found.length === 0) return `${names[0]} and ${names[1]} have no way and factors in common.\n`;
  const changed = SURROUNDINGS.filter((column) => a.environment[column] !== b.environment[column]);
  const notes = [
    `Before: ${names[0]}, ${a.environment.date}, commit ${a.environment.commit || 'unknown'}. After: ${names[1]}, ${b.environment.date}, commit ${b.environment.commit || 'unknown'}.`,
    `${found.filter(({ isReal }) => isReal).length} of ${found.filter(({ p }) => p !== null).length} differences that could be tested are real: Mann-Whitney, false discovery rate ${FALSE_DISCOVERY_RATE * 100} %. In brackets, 95 % by bootstrap.`,
    ...changed.map((column) => `Not alike: ${column} was ${a.environment[column] || 'unknown'} and is ${b.environment[column] || 'unknown'}. A difference may be due to that.`),
    'The runs were not taken alternately: a machine that was slower in one of them looks like a difference. Repeat what matters.',
  ];
  return [...groupBy(found, ({ sample }) => sample.case).flatMap(tableOf), ...notes, ''].join('\n');
}

/** @returns the comparison as text. @throws Error for a file that is no table of samples. */
export async function compareFiles(before: string, after: string): Promise<string> {
  const [a, b] = await Promise.all([before, after].map(async (name) => fromCsv(await readFile(name, 'utf8'), name)));
  return renderComparison(a, b, [before, after]);
}
