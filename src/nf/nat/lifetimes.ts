/**
 * Hot: no allocation. How long a binding lives: the state of its TCP connections, and the timeouts that follow.
 *
 * A packet from inside prolongs a binding. A packet from outside does so for an established TCP connection, which inside
 * has agreed to, and otherwise only when the options say so: nobody outside can keep a binding alive alone (RFC 4787 REQ-6).
 *
 * A connection between two inside hosts uses the bindings of both: `sender` and `receiver` below, NONE for an end that has
 * none. `opener` is whether the packet is of the end that counts as inside: the inside host, or of two the one that spoke first.
 */
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import type { PerFlowTable } from '../tables.js';
import type { Bindings } from './bindings.js';
import { Binding, COUNT_UNKNOWN, Flow, FlowState, NONE } from './layout.js';
import type { NatOptions } from './options.js';

const BOTH_FINS = FlowState.finInside | FlowState.finOutside;
const BOTH_ACKS = FlowState.ackInside | FlowState.ackOutside;
/** What says something of a connection, not of the flow's place in the tables. */
const CONNECTION = BOTH_FINS | BOTH_ACKS | FlowState.established | FlowState.closing;
const TURNS = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

export class Lifetimes {
  readonly #now: () => number;
  readonly #bindings: Bindings;
  readonly #flows: PerFlowTable;
  readonly #udpMs: number;
  readonly #icmpMs: number;
  readonly #otherMs: number;
  readonly #establishedMs: number;
  readonly #transitoryMs: number;
  readonly #inboundToo: boolean;

  /** @param now packet time, in ms. It is asked for where it is needed: a time that is passed on is an object (docs/hot-code.md). */
  constructor(now: () => number, bindings: Bindings, flows: PerFlowTable, { timeouts, refresh }: NatOptions) {
    this.#now = now;
    this.#bindings = bindings;
    this.#flows = flows;
    this.#udpMs = timeouts.udpSeconds * 1000;
    this.#icmpMs = timeouts.icmpSeconds * 1000;
    this.#otherMs = timeouts.otherSeconds * 1000;
    this.#establishedMs = timeouts.tcpEstablishedSeconds * 1000;
    this.#transitoryMs = timeouts.tcpTransitorySeconds * 1000;
    this.#inboundToo = refresh === 'both';
  }

  /** Second in which a new binding times out, or one that inside uses; for TCP while nothing is established. */
  end(protocol: number): number {
    return this.#after(this.#base(protocol));
  }

  /** A packet that is not TCP. */
  packet(protocol: number, sender: number, receiver: number): void {
    const end = this.end(protocol);
    if (sender !== NONE) this.#bindings.prolong(sender, end);
    if (receiver !== NONE && this.#inboundToo) this.#bindings.prolong(receiver, end);
  }

  /**
   * A TCP segment of a connection.
   * @param at the flow's words; what is there must belong to these bindings.
   */
  segment(at: number, opener: boolean, flags: number, sender: number, receiver: number): void {
    const words = this.#flows.words;
    const state = words[at + Flow.state];
    if ((state & FlowState.established) !== 0 && (flags & TURNS) === 0) {
      this.#prolongBoth(sender, receiver, this.#after(this.#establishedMs));
      return;
    }
    this.#turn(at, state, opener, flags, sender, receiver);
  }

  /** A TCP segment without a flow id, so without a place for its state: from inside, the long timeout to be safe. */
  segmentWithoutFlow(flags: number, sender: number): void {
    if (sender === NONE) return;
    if ((flags & TcpFlag.rst) !== 0) return;
    if ((flags & TURNS) !== 0) {
      this.#bindings.prolong(sender, this.#after(this.#transitoryMs));
      return;
    }
    this.#bindings.words[sender + Binding.established] = COUNT_UNKNOWN;
    this.#bindings.prolong(sender, this.#after(this.#establishedMs));
  }

  /** The second in which that many ms from now have passed. */
  #after(ms: number): number {
    return Math.ceil((this.#now() + ms) / 1000);
  }

  #base(protocol: number): number {
    if (protocol === IpProtocol.tcp) return this.#transitoryMs;
    if (protocol === IpProtocol.udp) return this.#udpMs;
    return protocol === IpProtocol.icmp ? this.#icmpMs : this.#otherMs;
  }

  #turn(at: number, before: number, opener: boolean, flags: number, sender: number, receiver: number): void {
    const words = this.#flows.words;
    let state = before;
    const isSyn = (flags & TcpFlag.syn) !== 0;
    const isReset = (flags & TcpFlag.rst) !== 0;
    // The two ends use their ports again, for another connection.
    if (isSyn && (flags & TcpFlag.ack) === 0 && (state & FlowState.closing) !== 0) state &= ~CONNECTION;
    // A reset may be forged: when both ends go on all the same, the connection is established again (RFC 7857 section 2.2).
    if (isReset) state &= ~BOTH_ACKS;
    else if ((flags & TcpFlag.ack) !== 0) state |= opener ? FlowState.ackInside : FlowState.ackOutside;
    if ((flags & TcpFlag.fin) !== 0) state |= opener ? FlowState.finInside : FlowState.finOutside;
    if ((state & BOTH_FINS) === BOTH_FINS) state |= FlowState.closing;

    if (isReset || (state & FlowState.closing) !== 0) {
      words[at + Flow.state] = state & ~FlowState.established;
      if ((state & FlowState.established) !== 0) {
        this.#leave(sender);
        this.#leave(receiver);
      }
    } else if ((state & FlowState.established) === 0 && (state & BOTH_ACKS) === BOTH_ACKS && !isSyn) {
      // The count first: an interruption before the flow knows leaves it too high, and the binding only lives longer.
      this.#enter(sender);
      this.#enter(receiver);
      words[at + Flow.state] = state | FlowState.established;
      this.#prolongBoth(sender, receiver, this.#after(this.#establishedMs));
      return;
    } else {
      words[at + Flow.state] = state;
      if ((state & FlowState.established) !== 0) {
        this.#prolongBoth(sender, receiver, this.#after(this.#establishedMs));
        return;
      }
    }
    // A reset that answers what nobody here wants must not keep a binding alive (RFC 7857 section 7.1).
    if (isReset && (before & FlowState.established) === 0) return;
    if (sender !== NONE) this.#bindings.prolong(sender, this.#after(this.#transitoryMs));
    if (receiver !== NONE && this.#inboundToo) this.#bindings.prolong(receiver, this.#after(this.#transitoryMs));
  }

  #prolongBoth(sender: number, receiver: number, end: number): void {
    if (sender !== NONE) this.#bindings.prolong(sender, end);
    if (receiver !== NONE) this.#bindings.prolong(receiver, end);
  }

  #enter(binding: number): void {
    if (binding === NONE) return;
    const at = binding + Binding.established;
    if (this.#bindings.words[at] !== COUNT_UNKNOWN) this.#bindings.words[at]++;
  }

  /** When that was the last established connection of the binding, it has not much longer to live. */
  #leave(binding: number): void {
    if (binding === NONE) return;
    const at = binding + Binding.established;
    const count = this.#bindings.words[at];
    if (count === COUNT_UNKNOWN || count === 0) return;
    this.#bindings.words[at] = count - 1;
    if (count === 1) this.#bindings.shorten(binding, this.#after(this.#transitoryMs));
  }
}
