/** What the manager's thread is told: plain values and offsets in control memory. */
import type { Spread } from '../flow/steering.js';
import type { EventRingSpec } from '../ring/event-ring.js';
import type { RecordRingSpec } from '../ring/record-ring.js';
import type { RingSpec } from '../ring/ring-layout.js';
import type { WakeUpSpec } from '../ring/wake-up.js';
import type { MeshSpec } from '../vnic/mesh.js';
import type { VnicSpec } from '../vnic/vnic.js';
import type { WatchPlace } from '../watch/watch-spec.js';

/** The manager's end of a VM. */
export interface VmLink {
  name: string;
  chain: string;
  vnic: VnicSpec;
  doorbellOffset: number;
  journalOffset: number;
  /** What it runs, in the order of the forward path: one function, or all of a chain. */
  functions: { name: string; index: number; countersBlockOffset: number }[];
  events: EventRingSpec;
  watchRing: RecordRingSpec;
  mesh?: MeshSpec;
}

/** The four rings of a port that lives in another thread, and that thread's doorbell. */
export interface PortRings {
  fill: RingSpec;
  rx: RingSpec;
  tx: RingSpec;
  completion: RingSpec;
  /** Of the thread that sends. */
  doorbellOffset: number;
  /** Of the thread that receives; the same where one thread does both. */
  fillDoorbellOffset: number;
  /** A word that the port sets to 1 when it will never receive again. */
  exhaustedOffset: number;
  /** Slots that the port may hold for receiving. */
  allowance: number;
  /** The port ends by itself when the runtime drains: what it has received until then is still taken. */
  ends: boolean;
}

export interface PortLink {
  name: string;
  countersBlockOffset: number;
  /** Absent: the port lives in the manager's thread. */
  rings?: PortRings;
}

/** A service path as a row: from one port to another by VMs in order; the reverse path is the same, backwards. */
export interface PathRow {
  name: string;
  from: number;
  to: number;
  /** Whether packets may enter at `to` and travel backwards. */
  twoWay: boolean;
  /** In the text language of src/flow. */
  match: string;
  isMesh: boolean;
  /** For each replica of the chain, the VM of each function, in the order of the forward path. */
  replicas: number[][];
  /** How connections are spread over them. */
  spread: Spread;
}

export interface ManagerSpec {
  vms: VmLink[];
  ports: PortLink[];
  paths: PathRow[];
  /** Names of drop reasons by number. */
  dropNames: string[];
  flowCapacity: number;
  connectionsOffset: number;
  policyOffset: number;
  mailboxOffset: number;
  doorbellOffset: number;
  events: EventRingSpec;
  /** A float64: milliseconds in which it had work. */
  busyOffset: number;
  wakeUp: WakeUpSpec;
  /** Slots of each VM's allowance for packets that it makes itself. */
  vmAllowance: number;
  /** Report every ended flow, and pause ingress while main is behind with reading events: nothing of a report is lost. */
  reportFlows: boolean;
  /** `waits`: ingress pauses while main is behind with reading what is watched, so that nothing of it is skipped. */
  watch: WatchPlace & { readonly waits: boolean };
}
