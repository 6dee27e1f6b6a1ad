/** nDPI's own reader over the same packets, where it is installed: classification alone, one thread. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidMeasurement, NotHere, type Factors, type Measured } from '../sample.js';
import type { Way } from '../way.js';
import { toPcap } from './pack.js';
import type { Recorded } from './record.js';

/** So that a run lasts long enough to be timed. */
const LEAST_PACKETS = 400_000;
const UNITS: Readonly<Record<string, number>> = { ' ': 1, 'K': 1e3, 'M': 1e6, 'G': 1e9 };

/** Packets per second, as it says itself; null when it does not. */
export function parseThroughput(text: string): number | null {
  const found = /nDPI throughput:\s*([\d.]+)\s*([KMG ])?\s*pps/.exec(text);
  return found === null ? null : Number(found[1]) * (UNITS[found[2] ?? ' '] ?? 1);
}

export function ndpiWay(packets: readonly Recorded[], factors: Partial<Factors>): Way {
  return {
    way: 'ndpiReader',
    factors: { ...factors, threads: 1, touch: 'DPI alone' },
    measure: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-ndpi-'));
      try {
        const times = Math.ceil(LEAST_PACKETS / packets.length);
        const file = join(folder, 'traffic.pcap');
        await writeFile(file, toPcap(Array.from({ length: times }, () => packets).flat()));
        const { stdout } = await promisify(execFile)('ndpiReader', ['-i', file, '-v', '0'], { maxBuffer: 1 << 26 }).catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NotHere('ndpiReader is not installed (Debian: libndpi-bin)') : error;
        });
        const pps = parseThroughput(stdout);
        if (pps === null || !(pps > 0)) throw new InvalidMeasurement('ndpiReader said nothing of its throughput');
        const time: Measured = { metric: 'time', unit: 'ns', value: 1e9 / pps, packets: times * packets.length, seconds: null };
        return [time];
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}
