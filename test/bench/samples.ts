/** Samples as a run gives them, for tests of what is made of them. */
import { NO_FACTORS, type Sample } from '../../bench/sample.js';
import { summariseCases, summariseRatios, type Results } from '../../bench/results.js';
import { PROFILES } from '../../bench/settings.js';

export const sample = (mode: 'zero-copy' | 'copy', repetition: number, value: number, changes: Partial<Sample> = {}): Sample => ({
  case: 'chain', way: 'millrace', ...NO_FACTORS, mode, routing: 'hub', placement: 'per-vm', replicas: 1, wakeUp: 'auto', vms: 3, bytes: 64, burst: 64,
  touch: 'headers', flows: 16, slots: 4096, slotBytes: 2048, threads: 4, metric: 'time', unit: 'ns', value, repetition, packets: 1000, seconds: value / 1e6,
  collections: 0, bytesCopied: mode === 'zero-copy' ? 0 : 384_000, payloadHash: '0123456789abcdef', ...changes,
});

export function resultsOf(samples: readonly Sample[], changes: Partial<Results['environment']> = {}): Results {
  return {
    schemaVersion: 2,
    environment: {
      date: '2024-01-01T00:00:00.000Z', cpu: 'A CPU, "quoted"', cores: 2, availableCores: 2, quotaCores: null, governor: null, memoryBytes: 1,
      kernel: '6', node: '20', v8: '11', loadBefore: 0, loadAfter: 0, commit: null, version: '0.1.0', flags: null, compiler: null, endedEarly: false, ...changes,
    },
    settings: { ...PROFILES.default, repetitions: 2 },
    cases: summariseCases(samples),
    ratios: summariseRatios(samples),
    failures: [],
    leftOut: [],
    samples,
  };
}
