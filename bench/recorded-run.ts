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
