/** What the main thread and the manager tell each other: by mailbox there, by event ring back. Plain data. */
import type { PortProblem } from '../port/contract.js';
import type { VnicSpec } from '../vnic/vnic.js';
import type { WatchSpec } from '../watch/watch-spec.js';
import type { Census } from './census.js';
import type { PathRow } from './manager-spec.js';
import type { ServiceRow } from './service-table.js';

export type ManagerMessage =
  | { type: 'drain' }
  | { type: 'census'; id: number }
  | { type: 'paths'; paths: PathRow[] }
  | { type: 'service-table' }
  | { type: 'service-row'; route: number; direction: number; vm: number; isPresent: boolean }
  | { type: 'quiesce'; vm: number }
  | { type: 'repoint'; vm: number; vnic: VnicSpec }
  | { type: 'resume'; vm: number }
  | { type: 'vm-died'; vm: number; error: string }
  /** It was to be replaced, and is not: what waits for it cannot go on. */
  | { type: 'vm-gone'; vm: number }
  | { type: 'port-died'; port: number }
  | { type: 'watch'; watches: readonly WatchSpec[] };

/** Beside these, a message of words is the entry of a connection that has ended (flow/connection-layout.ts). */
export type ManagerEvent =
  | { type: 'census'; id: number; census: Census }
  | { type: 'vm-reclaimed'; vm: number; error: string; packet: CrashedPacket | null }
  | { type: 'paths-replaced' }
  | { type: 'service-table'; rows: ServiceRow[] }
  | { type: 'service-row'; found: boolean }
  | { type: 'quiesced'; vm: number }
  | { type: 'repointed'; vm: number }
  | { type: 'port-problem'; port: string; problem: PortProblem }
  | { type: 'finished'; census: Census };

/** A packet that was in hand when its VM died, as it was found. */
export interface CrashedPacket {
  chain: string;
  vm: string;
  timestampMs: number;
  length: number;
  hex: string;
}
