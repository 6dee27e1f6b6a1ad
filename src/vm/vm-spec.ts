/** What a VM's thread is told: plain values and offsets in control memory. */
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
