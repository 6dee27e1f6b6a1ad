/**
 * Runs the microbenchmarks by tinybench, all of them once a repetition, so that what slows the machine for a while does
 * not fall on one case alone. A sample is the median call of a repetition.
 */
import { Bench } from 'tinybench';
import { InvalidMeasurement, type Failure, type Sample } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { MicroCase } from './micro-case.js';
import { checksumCases, copyCases, parseCases } from './packet-cases.js';
import { ringCases } from './ring-cases.js';
import { tableCases } from './table-cases.js';

/** Of one case in one repetition: thousands of calls. */
const CALLS_MS = 100;
const QUICK_MS = 2;

/** What calls returned: kept, so that V8 cannot leave out the work. */
export let consumed = 0;

export function microCases(seed: number): MicroCase[] {
  return [...ringCases(), ...parseCases(seed), ...checksumCases(seed), ...copyCases(seed), ...tableCases(seed)];
}

async function measure(micro: MicroCase, repetition: number, time: number): Promise<Sample> {
  const bench = new Bench({ time, iterations: 8, warmupTime: time / 4, warmupIterations: 8 });
  const work = micro.call;
  bench.add(micro.name, () => {
    consumed += work();
  });
  const [task] = await bench.run();
  const { result } = task;
  if (!('latency' in result)) throw new InvalidMeasurement(`tinybench ended as '${result.state}'`);
  const found = work();
  if (micro.expected !== undefined && found !== micro.expected) throw new InvalidMeasurement(`expected ${micro.expected}, found ${found}`);
  const calls = result.latency.samplesCount;
  return {
    suite: 'micro', case: micro.name, mode: '-', bytes: micro.bytes, vms: 0, burst: micro.burst, slots: null, slotBytes: null,
    threads: 1, repetition, operations: calls * micro.operations, seconds: result.totalTime / 1000,
    nsPerOperation: (result.latency.p50 * 1e6) / micro.operations, window: 'calls', bytesCopied: null, payloadHash: null,
  };
}

/** All cases, `repetitions` times after one round that does not count. */
export async function runMicro(
  { seed, repetitions, quick }: BenchSettings, samples: Sample[], failures: Failure[], progress: (text: string) => void,
): Promise<void> {
  const cases = microCases(seed);
  for (let repetition = quick ? 1 : 0; repetition <= repetitions; repetition++) {
    progress(`micro: ${repetition === 0 ? 'warm-up' : `repetition ${repetition} of ${repetitions}`}`);
    for (const micro of cases) {
      try {
        const sample = await measure(micro, repetition, quick ? QUICK_MS : CALLS_MS);
        if (repetition > 0) samples.push(sample);
      } catch (error) {
        if (!(error instanceof InvalidMeasurement)) throw error;
        failures.push({ case: micro.name, mode: '-', bytes: micro.bytes, repetition, reason: error.message });
      }
    }
  }
}
