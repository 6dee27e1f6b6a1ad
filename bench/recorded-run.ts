/** Recorded packets through the runtime as users have it: sent again and again by two ports, inside and outside. */
import type { NetworkFunctionUse } from '../src/nf/contract.js';
import type { Configuration } from '../src/runtime/configuration.js';
import type { Report } from '../src/runtime/report.js';
import { BASE, chainWith, type ChainFactors } from './configure.js';
import { digestOf } from './payload.js';
import { Cell, newPanel } from './ports/panel.js';
import type { Pace, ReplayOptions } from './ports/port-options.js';
import { benchPort, runToEnd, windowOf } from './runtime-run.js';
import { InvalidMeasurement, type Measured } from './sample.js';
import type { Manner } from './settings.js';
import { ExpectedDrops } from './traffic/expected-drops.js';
import { LAG } from './traffic/schedule.js';

export const SLOT_BYTES = 2048;
const FLOWS = 65_536;
/** Longer than any timeout of the functions. */
const JUMP_SECONDS = 10_000;
/** By how much the share of dropped packets may differ from that of the comparison, which goes one phase at a time. */
const DROP_TOLERANCE = 0.005;

/** Of the longest window of runs side by side. Each sends until the last window is over, but one whose thread waits for a core opens its own late. */
const LEAST_IN_COMMON = 0.8;

export type Topology = Pick<ChainFactors, 'mode' | 'routing' | 'placement'>;
export type Packets = Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths' | 'sides' | 'phases' | 'waitingPasses'>;

interface Replayed { readonly panel: Float64Array; readonly report: Report }

/** What a measured window came to. */
export interface RecordedWindow {
  readonly beginMs: number;
  readonly endMs: number;
  readonly seconds: number;
  /** That left. */
  readonly packets: number;
  /** Dropped packets have been worked on too: all that came in, by the share that left within the window. */
  readonly worked: number;
  readonly collections: Measured['collections'];
  /** Of the whole run. */
  readonly received: number;
  readonly dropped: number;
  readonly bytesCopied: number;
}

/** One recording, and the functions that it passes. */
export class RecordedRun {
  readonly #packets: Packets;
  readonly #uses: () => readonly NetworkFunctionUse[];
  readonly #comparedPasses: number;
  #agreed: string | null = null;
  #drops = new ExpectedDrops([], 0);

  /** @param uses made anew for each run. @param comparedPasses over the recording, by `compare`. */
  constructor(packets: Packets, uses: () => readonly NetworkFunctionUse[], comparedPasses: number) {
    this.#packets = packets;
    this.#uses = uses;
    this.#comparedPasses = comparedPasses;
  }

  /**
   * Runs one phase at a time, so that verdicts do not depend on threads: every way must let the same payloads out.
   * @returns the hash on which all agree. @throws InvalidMeasurement
   */
  async compare(topology: Topology): Promise<string> {
    const passes = this.#comparedPasses;
    const pace: Pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: passes * this.#packets.sides.length };
    const left = new Float64Array(new SharedArrayBuffer((passes + 1) * Float64Array.BYTES_PER_ELEMENT));
    const { panel, report } = await this.#replay({ ...this.#packets, waitingPasses: passes }, topology, pace, { lag: 1, left, jumpSeconds: 0 });
    const found = `${digestOf(panel[Cell.hashOut], panel[Cell.hashOut + 1])} of ${panel[Cell.transmitted]} packets`;
    this.#agreed ??= found;
    if (found !== this.#agreed) throw new InvalidMeasurement(`comparison of payloads: expected ${this.#agreed}, as the first way let out, found ${found}; drops ${JSON.stringify(report.drops)}`);
    left[passes] = panel[Cell.transmitted];
    this.#drops = new ExpectedDrops(left, this.#packets.sides.length);
    return found.slice(0, 16);
  }

  /** @throws InvalidMeasurement when it let out another share of the packets than the run that compares. */
  async measure(topology: Topology, pace: Pace, manner: Manner): Promise<RecordedWindow> {
    const { panel, report } = await this.#replay(this.#packets, topology, pace, { lag: LAG, left: null, jumpSeconds: manner === 'fresh' ? JUMP_SECONDS : 0 });
    const { packets, seconds, collections } = windowOf(panel);
    const { received, dropped } = report.ledger;
    const [share, expected] = [dropped / received, this.#drops.shareOf(received)];
    if (Math.abs(share - expected) > DROP_TOLERANCE) throw new InvalidMeasurement(`share of packets dropped: expected ${expected.toFixed(3)}, found ${share.toFixed(3)}: ${JSON.stringify(report.drops)}`);
    return {
      beginMs: panel[Cell.beginMs], endMs: panel[Cell.endMs], seconds, packets, worked: packets * (received / (received - dropped)), collections,
      received, dropped, bytesCopied: report.bytesCopied,
    };
  }

  /** What leaves is hashed where `left` is written. */
  async #replay(packets: Packets, topology: Topology, pace: Pace, how: Pick<ReplayOptions, 'left' | 'lag' | 'jumpSeconds'>): Promise<Replayed> {
    const panel = newPanel();
    const options = { role: 'replay', panel: panel.buffer as SharedArrayBuffer, ...packets, ...pace, ...how, hash: how.left !== null } as const;
    const configuration: Configuration = {
      ports: { inside: benchPort({ ...options, side: 0 }), outside: benchPort({ ...options, side: 1 }) },
      paths: [{ between: ['inside', 'outside'], via: chainWith('edge', this.#uses(), { ...BASE, ...topology }) }],
      memory: { slots: BASE.slots, slotBytes: SLOT_BYTES },
      flows: FLOWS,
      burst: BASE.burst,
      mode: topology.mode,
    };
    const report = await runToEnd(configuration);
    const { received, originated, dropped, transmitted } = report.ledger;
    if (received !== panel[Cell.received] || transmitted !== panel[Cell.transmitted] || received + originated - dropped !== transmitted) {
      throw new InvalidMeasurement(`expected ${panel[Cell.received]} packets in and ${panel[Cell.transmitted]} out, found ${received} and ${transmitted}, ${originated} originated, ${dropped} dropped`);
    }
    if (topology.mode === 'zero-copy' && report.bytesCopied !== 0) throw new InvalidMeasurement(`bytes copied: expected 0, found ${report.bytesCopied}`);
    return { panel, report };
  }
}

/** Of one window, or of several at the same time, whose packets a second are added up. */
export function measuredOf(windows: readonly RecordedWindow[]): Measured[] {
  const sum = (of: (window: RecordedWindow) => number): number => windows.reduce((total, window) => total + of(window), 0);
  const beside = { packets: sum(({ packets }) => packets), seconds: sum(({ seconds }) => seconds) / windows.length };
  const time: Measured = {
    metric: 'time', unit: 'ns', value: 1e9 / sum(({ worked, seconds }) => worked / seconds), ...beside, collections: sum(({ collections }) => collections ?? 0), bytesCopied: sum(({ bytesCopied }) => bytesCopied),
  };
  return [time, { metric: 'dropped', unit: '%', value: (100 * sum(({ dropped }) => dropped)) / sum(({ received }) => received), ...beside, packets: sum(({ worked }) => worked) }];
}

/** The share of the longest window in which all were open, and that window's length in milliseconds. */
function overlapOf(windows: readonly RecordedWindow[]): { share: number; longestMs: number } {
  const longestMs = Math.max(...windows.map(({ beginMs, endMs }) => endMs - beginMs));
  return { share: (Math.min(...windows.map(({ endMs }) => endMs)) - Math.max(...windows.map(({ beginMs }) => beginMs))) / longestMs, longestMs };
}

/** Whether windows were at the same time, near enough for their rates to be added up. */
export function areTogether(windows: readonly RecordedWindow[]): boolean {
  return overlapOf(windows).share >= LEAST_IN_COMMON;
}

/** How much of their time windows had in common. @throws InvalidMeasurement when it was too little. */
export function inCommon(windows: readonly RecordedWindow[]): Measured {
  const { share, longestMs } = overlapOf(windows);
  if (!areTogether(windows)) throw new InvalidMeasurement(`windows at the same time: expected ${100 * LEAST_IN_COMMON} % in common, found ${(100 * share).toFixed(0)} % of ${longestMs.toFixed(0)} ms`);
  return { metric: 'in common', unit: '%', value: 100 * share, packets: null, seconds: longestMs / 1000 };
}
