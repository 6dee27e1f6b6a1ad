/** What a runtime tells its application while it runs. */
import type { FlowDescribed, VmEvent } from '../nf/context.js';
import type { CrashedPacket } from '../packet-manager/messages.js';
import type { PortProblem } from '../port/contract.js';
import type { Doing } from './stall-watch.js';

export type RuntimeEvent =
  | Extract<VmEvent, { type: 'alert' }>
  | FlowDescribed
  | { type: 'vm-crashed'; vm: string; chain: string; message: string; packet: CrashedPacket | null }
  /** A network function has been at one thing for a second: a packet, or a call that is about none. Its VM does nothing else meanwhile. */
  | { type: 'vm-stalled'; vm: string; chain: string; doing: Doing }
  /** The EVE log or the file for dropped packets cannot be written on; traffic goes on. `why`: what the system said. */
  | { type: 'write-failed'; what: 'writeDrops' | 'eve'; file: string; why: string }
  /** The same of the file of a port: its packets are dropped as `egress-failed` from then on. */
  | { type: 'write-failed'; what: 'port'; port: string; file: string; why: string }
  /** An interface does something to frames that this port cannot make good; `detail` has the command that mends it. Told at the start. */
  | { type: 'port-advice'; port: string; detail: string }
  | { type: 'port-problem'; port: string; problem: PortProblem }
  /** A live port went down, or came up again. */
  | { type: 'port-state'; port: string; up: boolean; detail: string };
