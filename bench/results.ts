/** What a run of the benchmarks comes to: the samples as they are, and what they say. The JSON file holds just this. */
import type { LeftOut } from './alternate.js';
import type { Environment } from './environment.js';
import { NO_FACTORS, type Factors, type Failure, type Sample } from './sample.js';
import { CLICK, EDGE, EDGE_BESIDE_CLICK, EDGE_IN_TWO, type BenchSettings } from './settings.js';
import { pairedRatios, summarise, type Placed, type Summary } from './statistics.js';

export interface Described extends Factors {
  readonly case: string;
  readonly way: string;
  readonly metric: string;
  readonly unit: string;
}

/** Samples that differ in nothing but the repetition. */
export interface CaseSummary extends Described {
  readonly summary: Summary;
  /** Of which the summary is, without those that failed; a repetition may hold several samples. */
  readonly repetitions: number;
  /** Garbage collections in the manager's thread, of all measured windows; null where nobody counted. */
  readonly collections: number | null;
}

/** How many times as fast as the baseline, from neighbouring samples. */
export interface RatioSummary {
  readonly of: Described;
  readonly baseline: string;
  readonly ratio: Summary;
}

export interface Results {
  readonly schemaVersion: 2;
  readonly environment: Environment & {
    readonly loadAfter: number;
    /** By Ctrl-C: these are the figures until then. */
    readonly endedEarly: boolean;
  };
  readonly settings: BenchSettings;
  readonly cases: readonly CaseSummary[];
  readonly ratios: readonly RatioSummary[];
  readonly failures: readonly Failure[];
  readonly leftOut: readonly LeftOut[];
  /** None in a JSON file beside which a CSV file was written, which holds them. */
  readonly samples: readonly Sample[];
}

export const FACTORS = Object.keys(NO_FACTORS) as readonly (keyof Factors)[];
const DESCRIBED = ['case', 'way', 'metric', 'unit', ...FACTORS] as const;

export function describeSample(sample: Described): Described {
  return Object.fromEntries(DESCRIBED.map((column) => [column, sample[column]])) as unknown as Described;
}

/** The same for samples that differ in nothing but the repetition. */
export function keyOf(of: Described, without: readonly string[] = []): string {
  return JSON.stringify(DESCRIBED.filter((column) => !without.includes(column)).map((column) => of[column]));
}

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
  return groupBy(samples, (sample) => keyOf(sample)).map((group) => {
    const counted = group.flatMap(({ collections }) => (collections === null ? [] : [collections]));
    return {
      ...describeSample(group[0]),
      summary: summarise(group.map(({ value }) => value)),
      repetitions: new Set(group.map(({ repetition }) => repetition)).size,
      collections: counted.length === 0 ? null : counted.reduce((sum, count) => sum + count, 0),
    };
  });
}

/** What makes a way a baseline of another: it is the other way in the same case, of the same size, length and topology. */
interface Baseline {
  readonly name: string;
  readonly of: (sample: Sample) => boolean;
  /** Factors in which the two may differ beside the way. */
  readonly but: readonly (keyof Factors)[];
}

const OURS = (sample: Sample): boolean => sample.way === 'millrace' && sample.mode !== 'copy';
/** Messages have no topology to choose: they are set beside the base. */
const TOPOLOGY_FACTORS = ['mode', 'routing', 'placement', 'replicas', 'wakeUp', 'flows', 'burst', 'slotBytes', 'threads'] as const;

/** The way of ours that another's program stands beside. */
function isBeside(other: Sample, { way, touch }: Sample): boolean {
  if (way === 'click') return touch === CLICK ? other.touch === `${EDGE_BESIDE_CLICK}, established` && other.placement === 'together' : other.touch === `${EDGE_IN_TWO}, established`;
  // It has one core, and knows as many connections.
  return way === 'ndpiReader' && other.touch === touch && other.placement === 'inline';
}

function baselineOf(sample: Sample): Baseline | null {
  if (OURS(sample)) return null;
  if (sample.way === 'millrace') return { name: 'copy', of: OURS, but: ['mode'] };
  if (sample.case === 'chain' && sample.way !== 'c') return { name: sample.way, of: (other) => OURS(other) && other.routing === 'hub' && other.placement === 'per-vm' && other.burst === 64, but: TOPOLOGY_FACTORS };
  // Its functions are the reference's own, and it keeps no connections.
  if (sample.case === 'full') return { name: sample.way, of: (other) => OURS(other) && other.touch === EDGE, but: ['mode', 'touch', 'flows'] };
  // The others' own programs over the same recording, each beside the way of ours that stands beside it.
  if (sample.case === 'real') return { name: sample.way, of: (other) => OURS(other) && isBeside(other, sample), but: [...TOPOLOGY_FACTORS, 'vms', 'touch', 'slots'] };
  return { name: sample.way, of: OURS, but: ['mode'] };
}

/**
 * Ratios of times: how many times as long the baseline takes as we do. Taken pair by pair, within a repetition of a group.
 * @param samples in the order in which they were taken.
 */
export function summariseRatios(samples: readonly Sample[]): RatioSummary[] {
  const times = samples.filter(({ metric }) => metric === 'time');
  const order = new Map(times.map((sample, at) => [sample, at]));
  const placed = (sample: Sample): Placed => ({ at: order.get(sample)!, repetition: sample.repetition, value: sample.value });
  return groupBy(times, (sample) => keyOf(sample)).flatMap((group): RatioSummary[] => {
    const baseline = baselineOf(group[0]);
    if (baseline === null) return [];
    const key = (sample: Sample): string => keyOf(sample, ['way', ...baseline.but]);
    const ours = groupBy(times.filter((sample) => baseline.of(sample) && key(sample) === key(group[0])), (sample) => keyOf(sample));
    return ours.slice(0, 1).flatMap((own) => {
      const ratios = pairedRatios(group.map(placed), own.map(placed));
      return ratios.length === 0 ? [] : [{ of: describeSample(group[0]), baseline: baseline.name, ratio: summarise(ratios) }];
    });
  });
}
