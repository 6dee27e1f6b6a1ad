/** What the threads of the message baselines tell each other. */
import type { MessagePort } from 'node:worker_threads';

/** How packets go from thread to thread: copied by structured clone, moved with their ArrayBuffer, or cloned 32 at a time. */
export type MessageMode = 'clone' | 'transfer' | 'batch';

/** Told to a relay: where packets come from and go to, and the TTL that they must have. */
export interface RelayTask {
  readonly role: 'relay';
  readonly mode: MessageMode;
  readonly from: MessagePort;
  readonly to: MessagePort;
  readonly bytes: number;
  readonly ttl: number;
}

/** Told to the thread that makes packets and takes them back. */
export interface EndsTask {
  readonly role: 'ends';
  readonly mode: MessageMode;
  /** To the first relay, and from the last one. */
  readonly to: MessagePort;
  readonly from: MessagePort;
  readonly bytes: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  readonly seed: number;
  /** Most packets under way: as many as the runtime has slots. */
  readonly inFlight: number;
  /** TTL that packets must have after the last relay. */
  readonly lastTtl: number;
  /** Give every packet a payload of its own and hash it at both ends: for the run that compares, not for one that is measured. */
  readonly fresh: boolean;
}

/** What comes back from the ends, when every packet is home. */
export interface EndsResult {
  readonly sent: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Packets whose TTL or sequence number was another. */
  readonly wrong: number;
  /** What was sent and what came back, in hashes; of nothing in a measured run. */
  readonly sentHash: string;
  readonly receivedHash: string;
  /** Of the measured window. */
  readonly packets: number;
  readonly seconds: number;
}
