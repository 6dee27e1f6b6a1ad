/** What a VM's thread is told: plain values and offsets in control memory. */
import type { RegionHandle } from '../memory/region.js';
import type { ContextSpec } from '../nf/context.js';
import type { EventRingSpec } from '../ring/event-ring.js';
import type { VnicSpec } from '../vnic/vnic.js';

export interface VmSpec extends ContextSpec {
  index: number;
  /** URL of the module that defines the network function, and the definition's name. */
  module: string;
  function: string;
  vnic: VnicSpec;
  journalOffset: number;
  doorbellOffset: number;
  mailboxOffset: number;
  events: EventRingSpec;
  /** The manager writes this VM's block, the VM only its own cells. */
  countersBlockOffset: number;
}

/** What every thread shares. */
export interface SharedSpec {
  region: RegionHandle;
  control: SharedArrayBuffer;
  headersOffset: number;
  /** Word of the run state: see RunState. */
  runStateOffset: number;
  managerDoorbellOffset: number;
  mainDoorbellOffset: number;
  burst: number;
  mode: 'zero-copy' | 'copy';
  /** `packets`: time is what timestamps say, as in captures. `wall`: it also passes when nothing arrives. */
  clock: 'packets' | 'wall';
}

/** The runtime's life, as one word that main writes and every thread reads once a burst. */
export const RunState = { starting: 0, running: 1, draining: 2, stopped: 3 } as const;
