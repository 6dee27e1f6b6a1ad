/**
 * Hot: no allocation. What a flow remembers: its binding, the state of its connection, and what the options have decided of it.
 */
import type { Packet } from '../../packet/packet.js';
import type { PerFlowTable } from '../tables.js';
import { DECIDED, Flow, FlowState, FLOW_WORDS, OPTIONS_MASK, OPTIONS_SHIFT } from './layout.js';

/** In place of a flow's words: the packet has no flow. */
export const NO_FLOW = -1;

const DIRECT = (OPTIONS_MASK << OPTIONS_SHIFT) | FlowState.direct;

export class FlowMemory {
  readonly words: Uint32Array;
  readonly #flows: PerFlowTable;
  /** Number of the options in force. What other options have decided is decided anew. */
  readonly #options: number;
  readonly #direct: number;

  constructor(flows: PerFlowTable, options: number) {
    this.words = flows.words;
    this.#flows = flows;
    this.#options = options << OPTIONS_SHIFT;
    this.#direct = this.#options | FlowState.direct;
  }

  /** The packet's words, or NO_FLOW. */
  of(packet: Packet): number {
    const { flowId } = packet;
    return flowId === 0 ? NO_FLOW : this.#flows.of(flowId);
  }

  /** The state, without what other options have decided. */
  state(at: number): number {
    const state = this.words[at + Flow.state];
    return ((state ^ this.#options) & (OPTIONS_MASK << OPTIONS_SHIFT)) === 0 ? state : state & ~DECIDED;
  }

  /** Whether later packets of the flow take the short way, by the options in force. */
  isDirect(at: number): boolean {
    return (this.words[at + Flow.state] & DIRECT) === this.#direct;
  }

  has(at: number, bit: number): boolean {
    return at !== NO_FLOW && (this.state(at) & bit) !== 0;
  }

  /** Adds bits, which are those of the options in force. */
  add(at: number, bits: number): void {
    this.words[at + Flow.state] = (this.state(at) & OPTIONS_MASK) | bits | this.#options;
  }

  /** Another binding than before: what was known of the connection is of no use. The binding is the last store. */
  remember(at: number, binding: number, serial: number): void {
    const { words } = this;
    if (words[at + Flow.binding] === binding && words[at + Flow.serial] === serial) return;
    words[at + Flow.binding] = 0;
    words[at + Flow.state] = 0;
    words[at + Flow.serial] = serial;
    words[at + Flow.binding] = binding;
  }

  /** One binding serves many flows, and each needs its translated tuple known, once. */
  publish(packet: Packet, at: number): void {
    if ((this.words[at + Flow.state] & FlowState.published) !== 0) return;
    packet.publishTuple();
    this.words[at + Flow.state] |= FlowState.published;
  }

  /** Whether the manager heard of what was published last is not known after a restart: every flow publishes once more. */
  forgetPublished(): void {
    for (let at = this.#flows.of(0) + Flow.state; at < this.words.length; at += FLOW_WORDS + 1) {
      this.words[at] &= OPTIONS_MASK & ~(FlowState.published | DECIDED);
    }
  }
}
