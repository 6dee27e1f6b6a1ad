/** What a run of the benchmarks may be told, and the three sizes that it comes in. */
export interface BenchSettings {
  /** Names of cases; empty: all that run by default. */
  readonly cases: readonly string[];
  readonly profile: 'quick' | 'default' | 'full';
  /** Frame bytes without check sequence, a factor of chain. */
  readonly sizes: readonly number[];
  readonly vms: readonly number[];
  readonly bursts: readonly number[];
  /** Connections known at a time, a factor of flows. */
  readonly flows: readonly number[];
  /** Measured repetitions, after one that does not count. */
  readonly repetitions: number;
  /** Before the measured window, and the window: V8 compiles the loops within some tens of milliseconds. */
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** And packets: a machine that is busy with other things gets through few in that time. */
  readonly warmUpPackets: number;
  readonly leastPackets: number;
  /** Of the case soak. */
  readonly soakMinutes: number;
  /** The same, with firewall, NAT and DPI instead of functions that touch headers. */
  readonly soakFunctions: boolean;
  /** A folder of captures for the case real, beside the example. */
  readonly captures: string | null;
  readonly seed: number;
}

const DEFAULT: BenchSettings = {
  cases: [],
  profile: 'default',
  sizes: [64, 512, 1500, 9000],
  vms: [1, 2, 3, 4, 8, 16],
  bursts: [1, 8, 32, 64, 256],
  flows: [1024, 16_384, 262_144, 1_048_576],
  // With 10, the interval from the 2nd to the 9th value covers 97.9 %.
  repetitions: 10,
  // V8 compiles in threads beside ours, and on two cores takes most of a second before a chain of three runs as it will.
  warmUpMs: 800,
  measuredMs: 200,
  warmUpPackets: 100_000,
  leastPackets: 10_000,
  soakMinutes: 1,
  soakFunctions: false,
  captures: null,
  seed: 1,
};

export const PROFILES: Readonly<Record<BenchSettings['profile'], BenchSettings>> = {
  // Shows that everything works and roughly where things stand; too few repetitions for an interval.
  quick: { ...DEFAULT, profile: 'quick', sizes: [64, 1500], vms: [1, 3], bursts: [64], flows: [1024, 262_144], repetitions: 2, warmUpMs: 60, measuredMs: 60, warmUpPackets: 2000, leastPackets: 500, soakMinutes: 0.05 },
  default: DEFAULT,
  full: { ...DEFAULT, profile: 'full', sizes: [64, 128, 256, 512, 1024, 1500, 4096, 9000], repetitions: 15, warmUpMs: 1500, measuredMs: 500, soakMinutes: 30 },
};

/** The chain of the stock functions, as the column `touch` has it. */
export const EDGE = 'firewall, NAT, DPI';
/** The same over the packets that Click is given, which are not all. */
export const EDGE_BESIDE_CLICK = `${EDGE} over Click's packets`;
/** The same by two runtimes at the same time, each with half of the hosts. */
export const EDGE_IN_TWO = `${EDGE_BESIDE_CLICK}, two runtimes`;
/** What Click does, in one process, or in two with half of the hosts each. */
export const CLICK = 'firewall, NAT';
export const CLICK_IN_TWO = `${CLICK}, two processes`;

/** Of recorded connections: known since an earlier pass over the recording, or new in each. */
export const MANNERS = ['established', 'fresh'] as const;
export type Manner = (typeof MANNERS)[number];

/** VMs of the chain, unless they are what is varied. */
export const CHAIN_LENGTH = 3;
/** As the runtime has them by default. */
export const BURST = 64;
export const SLOTS = 4096;
/** Most connections of the runtime's table, `Configuration.flows`. */
export const MOST_CONNECTIONS = 1_048_576;
