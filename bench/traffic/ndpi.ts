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
const UNITS: Readonly<Record<string, number>> = { ' ': 1, 'K': 1e3, 'M': 1e6, 'G': 1e9 };

/** Packets per second of each loop, as it says itself. */
export function parseThroughputs(text: string): number[] {
  return [...text.matchAll(/nDPI throughput:\s*([\d.]+)\s*([KMG ])?\s*pps/g)].map(([, number, unit]) => Number(number) * UNITS[unit ?? ' ']);
}

/**
 * It forgets connections by the clock of live interfaces alone, never within a file. `established`: one file in which the packets come again and again, so it
 * knows their connections from the first time on. `fresh`: a file in which they come once, in loops (`-l`), for each of which it forgets
 * everything; what it prepares and prints around a loop is not in the time. The first loop warms up.
 */
export function ndpiWay(packets: readonly Recorded[], manner: Manner, factors: Partial<Factors>): Way {
  const times = Math.ceil(LEAST_PACKETS / packets.length);
  const [copies, loops] = manner === 'established' ? [times, 1] : [1, 1 + times];
  return {
    way: 'ndpiReader',
    factors: { ...factors, threads: 1, touch: `DPI alone, ${manner}` },
    measure: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-ndpi-'));
      try {
        const file = join(folder, 'traffic.pcap');
        writeFileSync(file, toPcap(Array.from({ length: copies }, () => packets).flat()));
        const { stdout } = await promisify(execFile)('ndpiReader', ['-i', file, '-v', '0', '-l', String(loops)], { maxBuffer: 1 << 26 }).catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NotHere('ndpiReader is not installed (Debian: libndpi-bin)') : error;
        });
        const rates = parseThroughputs(stdout);
        if (rates.length !== loops || rates.some((pps) => !(pps > 0))) throw new InvalidMeasurement(`ndpiReader told its throughput ${rates.length} times, expected ${loops}`);
        const measured = rates.slice(Math.min(1, loops - 1));
        const value = measured.reduce((sum, pps) => sum + 1e9 / pps, 0) / measured.length;
        const time: Measured = { metric: 'time', unit: 'ns', value, packets: times * packets.length, seconds: null };
        return [time];
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}
