/** Single operations in one thread, by tinybench: all of them once a repetition. A sample is the median call. */
import { Bench } from 'tinybench';
import type { MicroCase } from '../micro/micro-case.js';
import { checksumCases, copyCases, parseCases } from '../micro/packet-cases.js';
import { tableCases } from '../micro/table-cases.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';

/** Of one case in one repetition: thousands of calls. */
const CALLS_MS = 50;
const QUICK_MS = 2;

/** What calls returned: kept, so that V8 cannot leave out the work. */
export let consumed = 0;

/** @throws InvalidMeasurement when the work did not come to what it must. */
export async function timeCalls(micro: MicroCase, profile: BenchSettings['profile']): Promise<Measured> {
  const time = profile === 'quick' ? QUICK_MS : CALLS_MS;
  const bench = new Bench({ time, iterations: 8, warmupTime: time / 4, warmupIterations: 8 });
  const work = micro.call;
  bench.add(micro.name, () => {
    consumed += work();
  });
  const [{ result }] = await bench.run();
  if (!('latency' in result)) throw new InvalidMeasurement(`tinybench ended as '${result.state}'`);
  const found = work();
  if (micro.expected !== undefined && found !== micro.expected) throw new InvalidMeasurement(`expected ${micro.expected}, found ${found}`);
  return {
    metric: 'time', unit: 'ns', value: (result.latency.p50 * 1e6) / micro.operations,
    packets: result.latency.samplesCount * micro.operations, seconds: result.totalTime / 1000,
  };
}

export function microWay(micro: MicroCase, { profile }: BenchSettings): Way {
  return {
    way: micro.name,
    factors: { bytes: micro.bytes, burst: micro.burst, flows: micro.flows ?? null, threads: 1 },
    measure: async () => [await timeCalls(micro, profile)],
  };
}

function groups(settings: BenchSettings): Group[] {
  const { seed } = settings;
  const cases = [...parseCases(seed), ...checksumCases(seed), ...copyCases(seed), ...tableCases(seed)];
  return [{ name: 'single operations', ways: cases.map((micro) => microWay(micro, settings)) }];
}

export const microCase: BenchCase = { name: 'micro', says: 'single operations in one thread: parse, checksum, copy, keys, tables, signatures', byDefault: true, groups };
