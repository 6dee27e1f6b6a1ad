/**
 * The macro benchmark: for each size all ways of doing it, one after the other, again and again (A B C D A B C D …), so
 * that neighbours make pairs. The first round does not count. A way whose payloads do not come through is not measured at all.
 */
import { compareMessages, runMessages } from './baselines/message-run.js';
import { runChain, verifyPayloads } from './chain-run.js';
import { runIngress } from './ingress-run.js';
import { InvalidMeasurement, type Failure, type Sample } from './sample.js';
import { CHAIN_LENGTH, type BenchSettings } from './settings.js';

export const MACRO_CASE = `chain of ${CHAIN_LENGTH}`;
export const MACRO_MODES = ['zero-copy', 'copy', 'clone', 'transfer', 'alone'] as const;
export type MacroMode = (typeof MACRO_MODES)[number];

type Way = Pick<MacroRun, 'mode' | 'bytes' | 'seed'>;
interface MacroRun { readonly mode: MacroMode; readonly bytes: number; readonly seed: number; readonly repetition: number; readonly packets: number; readonly whole: boolean }

function measure({ mode, ...run }: MacroRun, payloadHash: string): Promise<Sample> | Sample {
  if (mode === 'alone') return runIngress(run);
  return mode === 'clone' || mode === 'transfer' ? runMessages({ ...run, mode, payloadHash }) : runChain({ ...run, mode, payloadHash });
}

/** What a way must pass before it is measured. Of ingress alone nothing leaves. */
async function compare({ mode, ...way }: Way): Promise<string> {
  if (mode === 'alone') return '';
  return mode === 'clone' || mode === 'transfer' ? compareMessages({ ...way, mode }) : verifyPayloads({ ...way, mode });
}

/** @returns null when the measurement may not count: then it is among the failures. */
async function orFailure<Value>(work: () => Promise<Value> | Value, failures: Failure[], of: Omit<Failure, 'reason'>): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidMeasurement)) throw error;
    failures.push({ ...of, reason: error.message });
    return null;
  }
}

export async function runMacro(
  { sizes, seed, packets, quick, repetitions }: BenchSettings, samples: Sample[], failures: Failure[], progress: (text: string) => void,
): Promise<void> {
  for (const bytes of sizes) {
    const of = (mode: MacroMode, repetition: number): Omit<Failure, 'reason'> => ({ case: mode === 'alone' ? 'ingress' : MACRO_CASE, mode, bytes, repetition });
    progress(`macro, ${bytes} B: comparison of payloads`);
    const hashes = new Map<MacroMode, string>();
    for (const mode of MACRO_MODES) {
      const hash = await orFailure(() => compare({ mode, bytes, seed }), failures, of(mode, 0));
      if (hash !== null) hashes.set(mode, hash);
    }
    for (let repetition = quick ? 1 : 0; repetition <= repetitions; repetition++) {
      progress(`macro, ${bytes} B: ${repetition === 0 ? 'warm-up' : `repetition ${repetition} of ${repetitions}`}`);
      for (const [mode, hash] of hashes) {
        const sample = await orFailure(() => measure({ mode, bytes, seed, repetition, packets, whole: quick }, hash), failures, of(mode, repetition));
        if (sample !== null && repetition > 0) samples.push(sample);
      }
    }
  }
}
