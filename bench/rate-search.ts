/**
 * Rates that a chain sustains, in the field's words (RFC 2544, section 26.1; FD.io CSIT):
 *
 *   MRR  packets that come through when far more are offered than fit
 *   NDR  highest offered rate of which none is lost
 *   PDR  highest offered rate of which at most 0.5 % are lost
 *
 * A packet is lost when it is due and as many wait before it as there are slots: what a network card with so many
 * descriptors would have dropped. Nothing inside the chain loses packets.
 *
 * What is lost comes in clumps, and a short trial can miss them all: a rate counts that has passed a longer one too.
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
/** A rate that was found is tried once more for so many times as long: what passed by luck does so seldom four times in a row. */
export const CONFIRMED_BY = 4;
/** The first step down from a rate that was not confirmed; each further one is twice as far, on the scale of ratios. */
const STEP_DOWN = 1 + PRECISION / 2;
/** Far more than any chain forwards. */
const FLOOD_PPS = 100e6;

export interface Trial {
  readonly offered: number;
  readonly lossShare: number;
  /** Packets per second that came through. */
  readonly delivered: number;
}

/** @param times how many times as long as a short trial it takes. */
export type TryRate = (offered: number, times: number) => Promise<Trial>;

export function trialOf(factors: ChainFactors, { seed, warmUpMs, measuredMs }: BenchSettings): TryRate {
  return async (rate, times) => {
    const offered = Math.max(1, Math.round(rate));
    const { panel } = await runChain(factors, { warmUpMs: Math.max(warmUpMs, 200), measuredMs: 2 * measuredMs * times, warmUpPackets: 0, leastPackets: 0, offered, packets: null }, { seed });
    const due = panel[Cell.dueAtEnd] - panel[Cell.dueAtBegin];
    const seconds = (panel[Cell.endMs] - panel[Cell.beginMs]) / 1000;
    if (!(due > 0) || !(seconds > 0)) throw new InvalidMeasurement(`nothing was due at ${offered} packets a second in ${seconds.toFixed(2)} s`);
    return { offered, lossShare: panel[Cell.lost] / due, delivered: (panel[Cell.endCount] - panel[Cell.beginCount]) / seconds };
  };
}

export async function maximumReceiveRate(attempt: TryRate): Promise<number> {
  return (await attempt(FLOOD_PPS, 1)).delivered;
}

/**
 * Finds a rate by short trials, and confirms it by a long one. If it does not pass, goes on below with long trials alone.
 * @returns the highest rate that passed a long trial; 0 when none did, or nothing came through at all.
 */
export async function highestRate(attempt: TryRate, mrr: number, lossAllowed: number): Promise<number> {
  if (!(mrr > 0)) return 0;
  const passing = (times: number) => async (offered: number): Promise<boolean> => (await attempt(offered, times)).lossShare <= lossAllowed;
  const found = await halve(passing(1), mrr * 0.9, mrr * 1.2, (failed) => failed / 2);
  const isConfirmed = passing(CONFIRMED_BY);
  if (found === 0 || await isConfirmed(found)) return found;
  let step = STEP_DOWN;
  return halve(isConfirmed, found / step, found, (failed) => failed / (step *= step));
}

/**
 * Halves the interval, on a scale of ratios, until it is narrow.
 * @param below where to look when nothing has passed yet.
 * @returns the highest rate that passed; 0 when none did.
 */
async function halve(passes: (offered: number) => Promise<boolean>, first: number, end: number, below: (failed: number) => number): Promise<number> {
  let passed = 0;
  let failed = end;
  let next = first;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    if (await passes(next)) passed = next;
    else failed = next;
    if (passed > 0 && failed / passed < 1 + PRECISION) break;
    next = passed === 0 ? below(failed) : Math.sqrt(passed * failed);
  }
  return passed;
}
