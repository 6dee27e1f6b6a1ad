/**
 * The floor of a latency: packets are due at their times, and whoever looks at the clock has them through at once. What it
 * shows are the stalls of the machine and of the system, which no chain on it can be without.
 */
import { Cell, bucketOf, newPanel } from '../ports/panel.js';

/**
 * @param offered packets a second.
 * @returns a panel whose buckets hold the latencies of the packets that were due within `measuredMs`, after `warmUpMs`.
 */
export function clockAlone(offered: number, warmUpMs: number, measuredMs: number): Float64Array {
  const panel = newPanel();
  const spacingMs = 1000 / offered;
  const start = performance.now();
  const opens = start + warmUpMs;
  const end = opens + measuredMs;
  let next = start;
  for (let now = start; now < end; now = performance.now()) {
    for (; next <= now; next += spacingMs) if (next >= opens) panel[Cell.buckets + bucketOf((now - next) * 1e6)]++;
  }
  return panel;
}
