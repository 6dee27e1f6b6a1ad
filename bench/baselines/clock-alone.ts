/**
 * The floor of a latency: packets are due at their times, and whoever looks at the clock has them through at once. What it
 * shows are the stalls of the machine and of the system, which no chain on it can be without.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CELLS, NOW, readClock } from '../../src/ring/monotonic-clock.js';
import { Cell, bucketOf, newPanel } from '../ports/panel.js';

/** The cell of the loop's times in which the next packet is due. */
const NEXT = 1;

/**
 * @param offered packets a second.
 * @param busyThreads so many others compute meanwhile, as the threads of a chain do: what the system has to do beside finds no idle core then.
 * @returns a panel whose buckets hold the latencies of the packets that were due within `measuredMs`, after `warmUpMs`.
 */
export async function clockAlone(offered: number, warmUpMs: number, measuredMs: number, busyThreads: number): Promise<Float64Array> {
  const others = Array.from({ length: busyThreads }, () => new Worker('let k = 0; for (;;) k = (k + 1) | 0;', { eval: true }));
  try {
    await Promise.all(others.map((other) => once(other, 'online')));
    return watch(offered, warmUpMs, measuredMs);
  } finally {
    await Promise.all(others.map((other) => other.terminate()));
  }
}

function watch(offered: number, warmUpMs: number, measuredMs: number): Float64Array {
  const panel = newPanel();
  const times = new Float64Array(CELLS);
  const spacingMs = 1000 / offered;
  readClock(times);
  const opens = times[NOW] + warmUpMs;
  const end = opens + measuredMs;
  times[NEXT] = times[NOW];
  while (times[NOW] < end) {
    readClock(times);
    for (; times[NEXT] <= times[NOW] && times[NEXT] < end; times[NEXT] += spacingMs) {
      // Those before the window are counted too: code that has never run would be compiled within it.
      panel[(times[NEXT] >= opens ? Cell.buckets : Cell.bucketsBefore) + bucketOf((times[NOW] - times[NEXT]) * 1e6)]++;
    }
  }
  return panel;
}
