/** What a thread of a live port is told: plain values and offsets in control memory. */
import type { RingSpec } from '../../ring/ring-layout.js';

/** The four rings of a port, as the manager laid them out. */
export interface PortThreadRings {
  fill: RingSpec;
  rx: RingSpec;
  tx: RingSpec;
  completion: RingSpec;
  /** A word that is set to 1 when the port will never receive again. */
  exhaustedOffset: number;
  /** Rung for packets to send. */
  doorbellOffset: number;
}

/** Which half of a port a thread serves. One thread serves both where it can wait for both. */
export type PortHalf = 'receive' | 'send' | 'both';

export interface PortThreadSpec {
  /** Index and name of the port. */
  port: number;
  name: string;
  half: PortHalf;
  rings: PortThreadRings;
  /** Rung for free slots and for packets to send. */
  doorbellOffset: number;
  /** The thread's own counter block: see `PortLedger`. */
  countersOffset: number;
  /** Milliseconds in which the thread had work: a float64. */
  busyOffset: number;
  /** What a router's leg hears of its neighbours goes by this ring from one half to the other; null for a bump in the wire. */
  reports: RingSpec | null;
}

/** What a thread of a port tells the main thread. */
export interface PortState {
  port: number;
  up: boolean;
  detail: string;
}
