/**
 * Hot: no allocation. How long a binding lives: the state of its TCP connections, and the timeouts that follow.
 *
 * A packet from inside prolongs a binding. A packet from outside does so only for an established TCP connection, which
 * inside has agreed to: nobody outside can keep a binding alive alone (RFC 4787 REQ-6).
 */
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import type { PerFlowTable, StateTable } from '../tables.js';
import { Binding, COUNT_UNKNOWN, Flow, FlowState } from './layout.js';
import type { NatOptions } from './options.js';

const BOTH_FINS = FlowState.finInside | FlowState.finOutside;
const BOTH_ACKS = FlowState.ackInside | FlowState.ackOutside;
/** What says something of a connection, not of the flow's place in the tables. */
const CONNECTION = BOTH_FINS | BOTH_ACKS | FlowState.established | FlowState.closing;

export class Lifetimes {
  readonly #bindings: StateTable;
  readonly #flows: PerFlowTable;
  readonly #udpMs: number;
  readonly #icmpMs: number;
  readonly #otherMs: number;
  readonly #establishedMs: number;
  readonly #transitoryMs: number;

  constructor(bindings: StateTable, flows: PerFlowTable, timeouts: NatOptions['timeouts']) {
    this.#bindings = bindings;
    this.#flows = flows;
    this.#udpMs = timeouts.udpSeconds * 1000;
    this.#icmpMs = timeouts.icmpSeconds * 1000;
    this.#otherMs = timeouts.otherSeconds * 1000;
    this.#establishedMs = timeouts.tcpEstablishedSeconds * 1000;
    this.#transitoryMs = timeouts.tcpTransitorySeconds * 1000;
  }

  /** Timeout of a new binding, and of one that inside uses, in ms; for TCP while nothing is established. */
  base(protocol: number): number {
    if (protocol === IpProtocol.tcp) return this.#transitoryMs;
    if (protocol === IpProtocol.udp) return this.#udpMs;
    return protocol === IpProtocol.icmp ? this.#icmpMs : this.#otherMs;
  }

  /** A packet from inside that is not TCP. */
  prolong(entry: number, protocol: number, nowMs: number): void {
    this.#atLeast(entry, nowMs + this.base(protocol));
  }

  /**
   * A TCP segment of a connection.
   * @param at the flow's words; what is there must belong to this binding.
   */
  segment(entry: number, at: number, fromInside: boolean, flags: number, nowMs: number): void {
    const words = this.#flows.words;
    let state = words[at + Flow.state];
    const isSyn = (flags & TcpFlag.syn) !== 0;
    // The two ends use their ports again, for another connection.
    if (isSyn && (flags & TcpFlag.ack) === 0 && (state & FlowState.closing) !== 0) state &= ~CONNECTION;
    if ((flags & TcpFlag.ack) !== 0) state |= fromInside ? FlowState.ackInside : FlowState.ackOutside;
    if ((flags & TcpFlag.fin) !== 0) state |= fromInside ? FlowState.finInside : FlowState.finOutside;
    if ((flags & TcpFlag.rst) !== 0 || (state & BOTH_FINS) === BOTH_FINS) state |= FlowState.closing;

    if ((state & FlowState.closing) !== 0) {
      const wasEstablished = (state & FlowState.established) !== 0;
      words[at + Flow.state] = state & ~FlowState.established;
      if (wasEstablished && this.#leave(entry)) this.#bindings.expireAt(entry, nowMs + this.#transitoryMs);
    } else if ((state & FlowState.established) === 0 && (state & BOTH_ACKS) === BOTH_ACKS && !isSyn) {
      // The count first: an interruption before the flow knows leaves it too high, and the binding only lives longer.
      this.#enter(entry);
      words[at + Flow.state] = state | FlowState.established;
      this.#atLeast(entry, nowMs + this.#establishedMs);
      return;
    } else {
      words[at + Flow.state] = state;
      if ((state & FlowState.established) !== 0) {
        this.#atLeast(entry, nowMs + this.#establishedMs);
        return;
      }
    }
    if (fromInside) this.#atLeast(entry, nowMs + this.#transitoryMs);
  }

  /** A TCP segment from inside without a flow id, so without a place for its state: the long timeout to be safe. */
  segmentWithoutFlow(entry: number, flags: number, nowMs: number): void {
    if ((flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) !== 0) {
      this.#atLeast(entry, nowMs + this.#transitoryMs);
      return;
    }
    this.#bindings.words[this.#bindings.value(entry) + Binding.established] = COUNT_UNKNOWN;
    this.#atLeast(entry, nowMs + this.#establishedMs);
  }

  #enter(entry: number): void {
    const at = this.#bindings.value(entry) + Binding.established;
    if (this.#bindings.words[at] !== COUNT_UNKNOWN) this.#bindings.words[at]++;
  }

  /** True when that was the last established connection of the binding. */
  #leave(entry: number): boolean {
    const at = this.#bindings.value(entry) + Binding.established;
    const count = this.#bindings.words[at];
    if (count === COUNT_UNKNOWN || count === 0) return false;
    this.#bindings.words[at] = count - 1;
    return count === 1;
  }

  #atLeast(entry: number, timeMs: number): void {
    if (this.#bindings.isExpired(entry, timeMs)) this.#bindings.expireAt(entry, timeMs);
  }
}
