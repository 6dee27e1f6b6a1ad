/** What a VM's thread is told: plain values and offsets in control memory. */
import type { ContextSpec } from '../nf/context.js';
import type { EventRingSpec } from '../ring/event-ring.js';
import type { WakeUpSpec } from '../ring/wake-up.js';
import type { MeshSpec } from '../vnic/mesh.js';
import type { VnicSpec } from '../vnic/vnic.js';
import type { WatchPlace } from '../watch/watch-spec.js';

/** One network function. */
export interface FunctionSpec extends ContextSpec {
  /** Among all functions of the runtime. */
  index: number;
  /** URL of the module that defines the network function, and the definition's name. */
  module: string;
  function: string;
  /** The manager writes this block, the function only its own cells. */
  countersBlockOffset: number;
}

export interface VmSpec {
  index: number;
  /** Of its function, or of the chain whose functions it runs. */
  name: string;
  chain: string;
  /** One, or all functions of the chain in the order of the forward path. */
  functions: FunctionSpec[];
  /** It runs in the packet manager's thread, and has that one's doorbell. */
  isInline: boolean;
  vnic: VnicSpec;
  journalOffset: number;
  doorbellOffset: number;
  mailboxOffset: number;
  events: EventRingSpec;
  /** A float64: milliseconds in which it had work. */
  busyOffset: number;
  wakeUp: WakeUpSpec;
  watch: WatchPlace;
  /** Absent: the manager alone gives it packets, and takes them. */
  mesh?: MeshSpec;
}
