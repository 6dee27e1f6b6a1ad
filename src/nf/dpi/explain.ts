/** What the DPI knows of a packet's flow and what it met in the packet, in words: for packets that are traced. */
import type { Context, EventFields, FlowDetails } from '../contract.js';
import type { Packet } from '../../packet/packet.js';
import { FlowFlag, FlowWord, PROTOCOL_MASK } from './flow-layout.js';
import { PROTOCOL_NAMES } from './protocol-table.js';

type Voice = Pick<Context<unknown, string, string, Record<string, never>>, 'alert' | 'describeFlow' | 'tellsDetails'>;

/** Passes on what the DPI says, and remembers what it said last: it speaks seldom, so that costs nothing for each packet. */
export class Sayings {
  readonly #voice: Voice;
  #signature = '';
  readonly #alerted = new Subject();
  #host = '';
  readonly #described = new Subject();

  constructor(voice: Voice) {
    this.#voice = voice;
  }

  get tellsDetails(): boolean {
    return this.#voice.tellsDetails;
  }

  alert(packet: Packet, signature: string, fields?: EventFields): void {
    this.#signature = signature;
    this.#alerted.note(packet);
    this.#voice.alert(packet, signature, fields);
  }

  describeFlow(packet: Packet, protocol: string, host: string, details?: FlowDetails): void {
    this.#host = host;
    this.#described.note(packet);
    this.#voice.describeFlow(packet, protocol, host, details);
  }

  /** @param status of the packet's flow, as `process` left it. */
  explain(packet: Packet, status: number): string {
    const protocol = PROTOCOL_NAMES[status & PROTOCOL_MASK];
    const parts = [protocol !== '' ? protocol : (status & FlowFlag.over) !== 0 ? 'not recognised' : 'not recognised yet'];
    if (this.#described.is(packet) && this.#host !== '') parts.push(`host ${this.#host}`);
    if (this.#alerted.is(packet)) parts.push(`signature ${this.#signature}`);
    if ((status & FlowFlag.dropped) !== 0) parts.push('a signature drops the flow');
    else if ((status & FlowFlag.blocked) !== 0) parts.push('the protocol or host is blocked');
    return parts.join(', ');
  }
}

/** Which packet it was about. */
class Subject {
  #flowId = -1;
  #timestampMs = 0;

  note({ flowId, timestampMs }: Packet): void {
    this.#flowId = flowId;
    this.#timestampMs = timestampMs;
  }

  is({ flowId, timestampMs }: Packet): boolean {
    return this.#flowId === flowId && this.#timestampMs === timestampMs;
  }
}

/** Where a flow's status stands. */
export const statusAt = (flow: number): number => flow + FlowWord.status;
