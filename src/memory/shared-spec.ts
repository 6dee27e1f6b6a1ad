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

/** The runtime's life, as one word that main writes and every thread reads when it is idle. */
export const RunState = { running: 0, stopped: 1 } as const;
