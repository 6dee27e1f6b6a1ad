/** What a thread of a live port is given by its entry, whatever the kind of the port. */
import type { SharedSpec } from '../../memory/shared-spec.js';
import type { Sleeper } from '../../ring/doorbell.js';
import type { PortThreadSpec } from './thread-spec.js';

export interface PortThread {
  shared: SharedSpec;
  thread: PortThreadSpec;
  sleeper: Sleeper;
  /** Says that the port is open, and comes back when packets may flow. */
  ready: () => void;
  /** The run state. */
  phase: () => number;
  /** Tells the main thread that the port went down or came up. */
  tell: (up: boolean, detail: string) => void;
}
