/** What a runtime tells its application while it runs. */
import type { FlowDescribed, VmEvent } from '../nf/context.js';
import type { CrashedPacket } from '../packet-manager/messages.js';
import type { PortProblem } from '../port/contract.js';

export type RuntimeEvent =
  | Extract<VmEvent, { type: 'alert' }>
  | FlowDescribed
  | { type: 'vm-crashed'; vm: string; chain: string; message: string; packet: CrashedPacket | null }
  | { type: 'port-problem'; port: string; problem: PortProblem };
