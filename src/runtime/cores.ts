/** How many cores this process may use: Node's own count does not know the quota of a control group. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** At least 1. */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quotaCores())));
}

/** Cores by the control group's quota (version 2, then 1); Infinity where there is none, or no control groups. */
function quotaCores(): number {
  const two = readNumbers('/sys/fs/cgroup/cpu.max');
  if (two.length === 2) return two[0] / two[1];
  const [quota = -1] = readNumbers('/sys/fs/cgroup/cpu/cpu.cfs_quota_us');
  const [period = 0] = readNumbers('/sys/fs/cgroup/cpu/cpu.cfs_period_us');
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

function readNumbers(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number).filter((value) => Number.isFinite(value));
  } catch {
    return [];
  }
}
