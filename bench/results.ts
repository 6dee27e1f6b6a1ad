/** What a run of the benchmarks comes to: the samples as they are, and what they say. The JSON file holds just this. */
import type { Environment } from './environment.js';
import type { Failure, Sample } from './sample.js';
import type { BenchSettings } from './settings.js';
import { pairedRatios, summarise, type Summary } from './statistics.js';

/** Samples that differ in nothing but the repetition. */
export interface CaseSummary {
  readonly suite: Sample['suite'];
  readonly case: string;
  readonly mode: string;
  readonly bytes: number | null;
  readonly burst: number | null;
  readonly threads: number;
  readonly nsPerOperation: Summary;
}

/** How many times as fast as the baseline, from neighbouring samples. */
export interface RatioSummary {
  readonly case: string;
  readonly bytes: number;
  readonly mode: string;
  readonly baseline: string;
  readonly ratio: Summary;
}

export interface Results {
  readonly schemaVersion: 1;
  readonly environment: Environment & { readonly loadAfter: number };
  readonly settings: BenchSettings;
  readonly cases: readonly CaseSummary[];
  readonly ratios: readonly RatioSummary[];
  readonly failures: readonly Failure[];
  readonly samples: readonly Sample[];
}

const ZERO_COPY = 'zero-copy';
/** What zero-copy is set beside. */
const BASELINES = ['copy', 'clone', 'transfer'];

export function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

export function summariseCases(samples: readonly Sample[]): CaseSummary[] {
  const groups = groupBy(samples, (sample) => JSON.stringify([sample.suite, sample.case, sample.mode, sample.bytes, sample.burst]));
  return groups.map((group) => {
    const { suite, case: name, mode, bytes, burst, threads } = group[0];
    return { suite, case: name, mode, bytes, burst, threads, nsPerOperation: summarise(group.map((sample) => sample.nsPerOperation)) };
  });
}

export function summariseRatios(samples: readonly Sample[]): RatioSummary[] {
  const times = (group: readonly Sample[], mode: string): Map<number, number> =>
    new Map(group.filter((sample) => sample.mode === mode).map((sample) => [sample.repetition, sample.nsPerOperation]));
  return groupBy(samples.filter(({ suite }) => suite === 'macro'), (sample) => `${sample.case} ${sample.bytes ?? 0}`).flatMap((group) =>
    BASELINES.flatMap((baseline): RatioSummary[] => {
      const ratios = pairedRatios(times(group, baseline), times(group, ZERO_COPY));
      return ratios.length === 0 ? [] : [{ case: group[0].case, bytes: group[0].bytes ?? 0, mode: ZERO_COPY, baseline, ratio: summarise(ratios) }];
    }));
}
