/**
 * The macro benchmark: for each size all ways of doing it, one after the other, again and again (A B C D A B C D …), so
 * that neighbours make pairs. The first round does not count.
 */
import { runMessages } from './baselines/message-run.js';
import { runChain } from './chain-run.js';
import { runIngress } from './ingress-run.js';
import { InvalidMeasurement, type Failure, type Sample } from './sample.js';
import { CHAIN_LENGTH, type BenchSettings } from './settings.js';

export const MACRO_CASE = `chain of ${CHAIN_LENGTH}`;
export const MACRO_MODES = ['zero-copy', 'copy', 'clone', 'transfer', 'alone'] as const;
export type MacroMode = (typeof MACRO_MODES)[number];

async function measure(mode: MacroMode, bytes: number, repetition: number, settings: BenchSettings): Promise<Sample> {
  const run = { bytes, repetition, packets: settings.packets, seed: settings.seed, whole: settings.quick };
  if (mode === 'alone') return runIngress(run);
  return mode === 'clone' || mode === 'transfer' ? runMessages({ ...run, mode }) : runChain({ ...run, mode });
}

export async function runMacro(
  settings: BenchSettings, samples: Sample[], failures: Failure[], progress: (text: string) => void,
): Promise<void> {
  for (const bytes of settings.sizes) {
    for (let repetition = settings.quick ? 1 : 0; repetition <= settings.repetitions; repetition++) {
      progress(`macro, ${bytes} B: ${repetition === 0 ? 'warm-up' : `repetition ${repetition} of ${settings.repetitions}`}`);
      for (const mode of MACRO_MODES) {
        try {
          const sample = await measure(mode, bytes, repetition, settings);
          if (repetition > 0) samples.push(sample);
        } catch (error) {
          if (!(error instanceof InvalidMeasurement)) throw error;
          failures.push({ case: mode === 'alone' ? 'ingress' : MACRO_CASE, mode, bytes, repetition, reason: error.message });
        }
      }
    }
  }
}
