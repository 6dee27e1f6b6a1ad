/** What every thread shares: plain values and offsets in control memory. */
import type { RegionHandle } from './region.js';

export interface SharedSpec {
  region: RegionHandle;
  control: SharedArrayBuffer;
  headersOffset: number;
  /** Word of the run state: see RunState. */
  runStateOffset: number;
  managerDoorbellOffset: number;
  mainDoorbellOffset: number;
  /** Packets that one poll moves at most. */
  burst: number;
  mode: 'zero-copy' | 'copy';
  /** `packets`: time is what timestamps say, as in captures. `wall`: it also passes when nothing arrives. */
  clock: 'packets' | 'wall';
}

/**
 * The runtime's life, as one word that main writes. The manager and live ports wait while it is `starting`; live ports stop
 * receiving at `draining`; all threads end at `stopped`.
 */
export const RunState = { starting: 0, running: 1, stopped: 2, draining: 3 } as const;
