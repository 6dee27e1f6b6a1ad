/**
 * What V8 did within the window, in all threads: deoptimisations and garbage collections, counted from its own traces in a
 * process of its own, since tracing costs time. `stdbuf` keeps V8's lines and our marks in their order.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { closedLoop } from '../chain-run.js';
import { BASE, chainConfiguration, columnsOf, requireTaken, type ChainFactors } from '../configure.js';
import type { ProfiledTask } from '../profiled-run.js';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';

const CHILD = fileURLToPath(new URL('../bench/profiled-run.js', import.meta.url));
const MOST_OUTPUT_BYTES = 1 << 28;
/** V8 compiles what is seldom run late; a profile is about the steady state. */
const WARM_UP_MS = 1500;
const REPETITIONS = 3;
/** What latency is given for. */
const OFFERED_PPS = 1_000_000;

export interface Traced {
  readonly deoptimisations: number;
  readonly collections: number;
  /** Names of the functions that were deoptimised. */
  readonly functions: readonly string[];
}

/** Counts what stands between the marks. @throws InvalidMeasurement without them. */
export function parseTrace(text: string): Traced {
  const window = /== window begins\n([^]*?)== window ends\n/.exec(text)?.[1];
  if (window === undefined) throw new InvalidMeasurement(`the traced run has no window: ${text.slice(-200)}`);
  const deoptimised = [...window.matchAll(/\[bailout \(kind: [^)]*\): begin\. deoptimizing 0x[\da-f]+ <JSFunction ([^ >]*)/g)].map(([, name]) => name || 'anonymous');
  const collections = window.match(/^\[\d+:0x[\da-f]+(?::\d+)?\]\s+\d+ ms: (?:Scavenge|Mark-Compact|Minor)/gm)?.length ?? 0;
  return { deoptimisations: deoptimised.length, collections, functions: [...new Set(deoptimised)] };
}

async function trace(task: ProfiledTask): Promise<Traced> {
  const flags = ['--trace-deopt', '--trace-gc', CHILD, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)('stdbuf', ['-o0', process.execPath, ...flags], {
    maxBuffer: MOST_OUTPUT_BYTES, env: { ...process.env, MILLRACE_BENCH_MARKS: '1' },
  }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NotHere('stdbuf is not installed (GNU coreutils)') : error;
  });
  return parseTrace(stdout);
}

/** @param offered packets a second that are due, and timed; null: as fast as slots come back. */
function way(changes: Partial<ChainFactors>, offered: number | null, settings: BenchSettings, progress: (text: string) => void): Way {
  const factors = { ...BASE, ...changes };
  return {
    way: 'millrace',
    factors: offered === null ? columnsOf(factors) : { ...columnsOf(factors), offered },
    repetitions: REPETITIONS,
    measure: async (repetition) => {
      if (repetition === 0) return [];
      await requireTaken(chainConfiguration(factors, { in: { kind: 'sink' }, out: { kind: 'sink' } }));
      const pace = { ...closedLoop(settings), warmUpMs: Math.max(WARM_UP_MS, settings.warmUpMs), offered };
      const { deoptimisations, collections, functions } = await trace({ factors, pace, seed: settings.seed });
      if (functions.length > 0) progress(`profile: deoptimised in the window: ${functions.join(', ')}`);
      const count = (metric: string, value: number): Measured => ({ metric, unit: 'times', value, packets: null, seconds: null });
      return [count('deoptimisations', deoptimisations), count('collections, all threads', collections)];
    },
  };
}

function groups(settings: BenchSettings, progress: (text: string) => void): Group[] {
  const all: readonly Partial<ChainFactors>[] = [{}, { mode: 'copy' }, { placement: 'together' }, { placement: 'inline' }, { routing: 'mesh' }, { bytes: 9000 }, { bytes: 9000, mode: 'copy' }, { flows: 65_536 }];
  const offered = (['inline', 'together', 'per-vm'] as const).map((placement) => way({ placement }, OFFERED_PPS, settings, progress));
  return [{ name: 'traced', ways: [...all.map((changes) => way(changes, null, settings, progress)), ...offered] }];
}

export const profileCase: BenchCase = { name: 'profile', says: 'deoptimisations and garbage collections of all threads within the window, from V8\'s traces', byDefault: false, groups };
