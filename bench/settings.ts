/** What a run of the benchmarks may be told. */
export type Suite = 'micro' | 'macro';

export interface BenchSettings {
  readonly suites: readonly Suite[];
  /** Frame bytes without check sequence, each a factor of macro. */
  readonly sizes: readonly number[];
  /** Measured packets of a repetition through the runtime. */
  readonly packets: number;
  /** Measured repetitions, after one that does not count. */
  readonly repetitions: number;
  /** A run that only shows that everything works: see `QUICK`. */
  readonly quick: boolean;
  readonly seed: number;
}

export const DEFAULTS: BenchSettings = {
  suites: ['micro', 'macro'],
  sizes: [64, 512, 1500, 9000],
  // A fifth of a second at the fastest seen: long against the 20 ms between two readings of the counters.
  packets: 2_000_000,
  // With 10, the interval from the 2nd to the 9th value covers 97.9 %.
  repetitions: 10,
  quick: false,
  seed: 1,
};

/** Without the repetition that does not count: nothing here is a measurement. */
export const QUICK = { repetitions: 2, packets: 20_000 } as const;

/** VMs of the chain. */
export const CHAIN_LENGTH = 3;
/** As the runtime has it by default. */
export const BURST = 64;
export const SLOTS = 4096;
/** A message costs about a hundred times an address, and its rate settles sooner: fewer packets measure it as well. */
export const BASELINE_SHARE = 20;
/** Packets before the measured ones, as a share of them: V8 has compiled the loops by then. */
export const WARM_UP_SHARE = 0.5;
