/** What is watched, as plain data. Main tells it to the manager and to every VM, each time all of it. */
import type { RecordRingSpec } from '../ring/record-ring.js';

/**
 * A place on a path where packets are seen: behind a function, which has given its verdict, or, for INGRESS, behind the port that
 * they came in by. One number stands for route, direction and function (among all functions of the runtime).
 */
export function pointOf(route: number, direction: number, functionIndex: number): number {
  return (route * 2 + direction) * FUNCTIONS + functionIndex + 1;
}

export const INGRESS = -1;
/** A function's index is 16 bits in a record. */
const FUNCTIONS = 1 << 16;
/** In place of a port: the packet may leave by any. */
export const ANY_PORT = 0xff;

/** Points with the port that packets there must be about to leave by, or ANY_PORT. */
export type Points = readonly (readonly [point: number, egressPort: number])[];

interface Watching {
  /** Number of the watch, below MAX_WATCHES; its bit in a record's mask. */
  readonly id: number;
}

/** Packets on a link that pass the filter. */
export interface TapSpec extends Watching {
  readonly kind: 'tap';
  /** In the language of src/flow/packet-filter.ts; about the packet as it is there. */
  readonly filter: string;
  /** Bytes kept of each packet; 0 for all. */
  readonly snapLength: number;
  /** Where packets are seen that were forwarded or dropped, and where those that became answers. */
  readonly points: Points;
  readonly answers: Points;
}

/** All packets that are dropped, by whomever. */
export interface DropsSpec extends Watching {
  readonly kind: 'drops';
}

/** The way of packets that pass the filter when they come in; of their whole connections, if that is what the filter means. */
export interface TraceSpec extends Watching {
  readonly kind: 'trace';
  readonly filter: string;
}

export type WatchSpec = TapSpec | DropsSpec | TraceSpec;

/** Where a thread writes what it sees: plain values and offsets in control memory. */
export interface WatchPlace {
  readonly ring: RecordRingSpec;
  /** A u32 for each slot: the serial number of the traced packet in it, 0 for any other. Written by the manager. */
  readonly marksOffset: number;
  /** In force from the first packet on; main replaces it as watches come and go, for threads that are started later. */
  watches: readonly WatchSpec[];
}
