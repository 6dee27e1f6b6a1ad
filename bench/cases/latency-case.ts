/**
 * Latency (P6). Packets are due at fixed times and sent then, whether or not the chain keeps up; a packet that had to wait
 * for a slot, or for the thread that sends it, has waited since it was due. So a stall counts for every packet that it
 * delayed (no coordinated omission). Loads: 10, 50 and 90 % of the rate that the chain loses nearly nothing of, and 1 Mpps.
 * Beside them the clock alone, and with all cores busy: what the machine's own stalls would make of it.
 */
import { availableParallelism } from 'node:os';
import { clockAlone } from '../baselines/clock-alone.js';
import { runChain, compareChain } from '../chain-run.js';
import { columnsOf, BASE, type ChainFactors } from '../configure.js';
import { Cell, percentile } from '../ports/panel.js';
import { highestRate, maximumReceiveRate, PDR_LOSS, trialOf } from '../rate-search.js';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';

const LOADS = [0.1, 0.5, 0.9];
/** What the target is given for. */
const TARGET_PPS = 1_000_000;
const SHARES: readonly (readonly [string, number])[] = [['p50', 0.5], ['p90', 0.9], ['p99', 0.99], ['p99.9', 0.999], ['p99.99', 0.9999], ['max', 1]];
/** Before the window: V8 compiles the path of a slow trickle late, and what a thread does that goes to sleep. */
const WARM_UP_MS = 2500;
/** For a run that shows that it works. */
const QUICK_WARM_UP_MS = 600;

function latencyWay(factors: ChainFactors, offered: number, load: number | null, settings: BenchSettings): Way {
  return {
    way: 'millrace',
    factors: { ...columnsOf(factors), offered, load },
    measure: async () => {
      const pace = { warmUpMs: Math.max(settings.profile === 'quick' ? QUICK_WARM_UP_MS : WARM_UP_MS, settings.warmUpMs), measuredMs: 4 * settings.measuredMs, warmUpPackets: 0, leastPackets: 0, offered, packets: null };
      const { panel, report } = await runChain(factors, pace, { seed: settings.seed, latency: true });
      const packets = panel[Cell.endCount] - panel[Cell.beginCount];
      const seconds = (panel[Cell.endMs] - panel[Cell.beginMs]) / 1000;
      if (Number.isNaN(percentile(panel, 1))) throw new InvalidMeasurement('no packet was timed');
      const shared = { packets, seconds, collections: panel[Cell.collections], bytesCopied: report.bytesCopied };
      const lost: Measured = { metric: 'lost', unit: '%', value: (100 * panel[Cell.lost]) / Math.max(1, panel[Cell.dueAtEnd] - panel[Cell.dueAtBegin]), ...shared };
      return [...latencies(panel, shared), lost];
    },
  };
}

const latencies = (panel: Float64Array, shared: Pick<Measured, 'packets' | 'seconds'>): Measured[] =>
  SHARES.map(([metric, share]) => ({ metric, unit: 'us', value: percentile(panel, share) / 1000, ...shared }));

function clockWay(offered: number, threads: number, settings: BenchSettings): Way {
  return {
    way: threads === 1 ? 'clock alone' : 'clock, all cores busy',
    factors: { offered, threads },
    measure: async () => latencies(await clockAlone(offered, settings.warmUpMs, 4 * settings.measuredMs, threads - 1), { packets: null, seconds: (4 * settings.measuredMs) / 1000 }),
  };
}

async function groupOf(name: string, changes: Partial<ChainFactors>, settings: BenchSettings, progress: (text: string) => void): Promise<Group> {
  const factors = { ...BASE, ...changes };
  progress(`latency, ${name}: search for the rate`);
  try {
    const attempt = trialOf(factors, settings);
    const payloadHash = await compareChain(factors, settings.seed);
    const rate = await highestRate(attempt, await maximumReceiveRate(attempt), PDR_LOSS);
    const compare = (): Promise<string> => Promise.resolve(payloadHash);
    const ways = [...LOADS.map((load) => latencyWay(factors, Math.round(rate * load), load, settings)), latencyWay(factors, TARGET_PPS, null, settings)];
    const floors = [...new Set([1, availableParallelism()])].map((threads) => clockWay(TARGET_PPS, threads, settings));
    return { name, ways: rate > 0 ? [...ways.map((way) => ({ ...way, compare })), ...floors] : floors };
  } catch (error) {
    // Said by the way itself, so that it stands among what failed or was left out.
    if (!(error instanceof NotHere) && !(error instanceof InvalidMeasurement)) throw error;
    return { name, ways: [{ way: 'millrace', factors: columnsOf(factors), compare: () => Promise.reject(error), measure: () => [] }] };
  }
}

async function groups(settings: BenchSettings, progress: (text: string) => void): Promise<Group[]> {
  const all: Group[] = [];
  for (const [name, changes] of [['per VM', {}], ['together', { placement: 'together' }], ['inline', { placement: 'inline' }], ['mesh', { routing: 'mesh' }]] as const) {
    all.push(await groupOf(name, changes, settings, progress));
  }
  return all;
}

export const latencyCase: BenchCase = { name: 'latency', says: 'latency at 10, 50 and 90 % of the rate found and at 1 Mpps, coordinated omission avoided', byDefault: true, groups };
