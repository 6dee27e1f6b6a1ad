/** nDPI's own reader over the same packets, where it is installed: classification alone, one thread. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidMeasurement, NotHere, type Factors, type Measured } from '../sample.js';
import type { Manner } from '../settings.js';
import type { Way } from '../way.js';
import { toPcap } from './pack.js';
import type { Recorded } from './record.js';

/** So that a run lasts long enough to be timed. */
const LEAST_PACKETS = 400_000;
/** Of a recording of few packets: each loop prepares all of nDPI anew. */
const MOST_LOOPS = 200;
const PATIENCE_MS = 120_000;
const UNITS: Readonly<Record<string, number>> = { ' ': 1, 'K': 1e3, 'M': 1e6, 'G': 1e9 };

/** Packets per second of each loop, as it says itself. */
export function parseThroughputs(text: string): number[] {
  return [...text.matchAll(/nDPI throughput:\s*([\d.]+)\s*([KMG ])?\s*pps/g)].map(([, number, unit]) => Number(number) * UNITS[unit ?? ' ']);
}

/** @returns nanoseconds a packet in each of `loops` runs over packets that come `passes` times in one file. */
async function read(packets: readonly Recorded[], passes: number, loops: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-ndpi-'));
  try {
    const file = join(folder, 'traffic.pcap');
    writeFileSync(file, toPcap(Array.from({ length: passes }, () => packets).flat()));
    const { stdout } = await promisify(execFile)('ndpiReader', ['-i', file, '-v', '0', '-l', String(loops)], { maxBuffer: 1 << 26, timeout: PATIENCE_MS }).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NotHere('ndpiReader is not installed (Debian: libndpi-bin)') : error;
    });
    const rates = parseThroughputs(stdout);
    if (rates.length !== loops || rates.some((pps) => !(pps > 0))) throw new InvalidMeasurement(`ndpiReader told its throughput ${rates.length} times, expected ${loops}`);
    return rates.map((pps) => 1e9 / pps);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const measures: Readonly<Record<Manner, (packets: readonly Recorded[], times: number) => Promise<number>>> = {
  // What a file with one pass takes is taken off: in that it knows nothing.
  established: async (packets, times) => {
    const passes = 1 + times;
    const [[all], [first]] = [await read(packets, passes, 1), await read(packets, 1, 1)];
    return (passes * all - first) / times;
  },
  // The first loop warms up.
  fresh: async (packets, times) => {
    const loops = Math.min(times, MOST_LOOPS);
    const [, ...measured] = await read(packets, 1, 1 + loops);
    return measured.reduce((sum, ns) => sum + ns, 0) / loops;
  },
};

/**
 * It forgets connections by the clock of live interfaces alone, never within a file. `established`: one file in which the packets come again and again, so it
 * knows their connections from the second time on. `fresh`: a file in which they come once, in loops (`-l`), for each of which it forgets
 * everything; what it prepares and prints around a loop is not in the time.
 */
export function ndpiWay(packets: readonly Recorded[], manner: Manner, factors: Partial<Factors>): Way {
  const times = Math.ceil(LEAST_PACKETS / packets.length);
  return {
    way: 'ndpiReader',
    factors: { ...factors, threads: 1, touch: `DPI alone, ${manner}` },
    measure: async () => {
      const time: Measured = { metric: 'time', unit: 'ns', value: await measures[manner](packets, times), packets: times * packets.length, seconds: null };
      return [time];
    },
  };
}
