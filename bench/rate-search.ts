/**
 * Rates that a chain sustains, in the field's words (RFC 2544, section 26.1; FD.io CSIT):
 *
 *   MRR  packets that come through when far more are offered than fit
 *   NDR  highest offered rate of which none is lost
 *   PDR  highest offered rate of which at most 0.5 % are lost
 *
 * A packet is lost when it is due and as many wait before it as there are slots: what a network card with so many
 * descriptors would have dropped. Nothing inside the chain loses packets.
 */
import { runChain } from './chain-run.js';
import type { ChainFactors } from './configure.js';
import { Cell } from './ports/panel.js';
import { InvalidMeasurement } from './sample.js';
import type { BenchSettings } from './settings.js';

export const PDR_LOSS = 0.005;
/** The search ends when the rate is known as well as this. */
const PRECISION = 0.03;
/** Steps at most: below a hundredth of the MRR nothing is worth knowing. */
const MOST_TRIALS = 12;
/** Far more than any chain forwards. */
const FLOOD_PPS = 100e6;

export interface Trial {
  readonly offered: number;
  readonly lossShare: number;
  /** Packets per second that came through. */
  readonly delivered: number;
}

export type TryRate = (offered: number) => Promise<Trial>;

export function trialOf(factors: ChainFactors, { seed, warmUpMs, measuredMs }: BenchSettings): TryRate {
  return async (offered) => {
    const { panel } = await runChain(factors, { warmUpMs: Math.max(warmUpMs, 200), measuredMs: 2 * measuredMs, warmUpPackets: 0, leastPackets: 0, offered, packets: null }, { seed });
    const due = panel[Cell.dueAtEnd] - panel[Cell.dueAtBegin];
    const seconds = (panel[Cell.endMs] - panel[Cell.beginMs]) / 1000;
    if (!(due > 0) || !(seconds > 0)) throw new InvalidMeasurement(`nothing was due at ${offered} packets a second in ${seconds} s`);
    return { offered, lossShare: panel[Cell.lost] / due, delivered: (panel[Cell.endCount] - panel[Cell.beginCount]) / seconds };
  };
}

export async function maximumReceiveRate(attempt: TryRate): Promise<number> {
  return (await attempt(FLOOD_PPS)).delivered;
}

/** Halves the interval, on a scale of ratios, until it is narrow. @returns the highest rate that passed; 0 when none did. */
export async function highestRate(attempt: TryRate, mrr: number, lossAllowed: number): Promise<number> {
  let passed = 0;
  let failed = mrr * 1.2;
  let next = mrr * 0.9;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const { lossShare } = await attempt(next);
    if (lossShare <= lossAllowed) passed = next;
    else failed = next;
    if (passed > 0 && failed / passed < 1 + PRECISION) break;
    next = passed === 0 ? failed / 2 : Math.sqrt(passed * failed);
  }
  return passed;
}
