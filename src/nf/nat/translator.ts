/**
 * Hot: no allocation. What happens to a packet. One of an established flow of TCP or UDP takes the short way: its flow
 * remembers the binding, so it costs no lookup by key in either direction. Any other is looked at from the beginning.
 */
import type { Packet } from '../../packet/packet.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import { Direction } from '../../memory/slot-layout.js';
import { type Counter, forward, type Verdict } from '../contract.js';
import type { Bindings } from './bindings.js';
import type { FlowMemory } from './flow-memory.js';
import { FirstLook } from './first-look.js';
import { Binding, Flow, FlowState, type NatContext, NONE } from './layout.js';
import type { Lifetimes } from './lifetimes.js';
import type { NatOptions } from './options.js';
import { assemble, type Parts } from './parts.js';
import { rewriteEnd } from './rewrite.js';

/** Buckets looked at in each call of expire: the default table is seen through in 16 s, in about 0.1 ms a call. */
const SWEEP_BUCKETS = 8192;
const PLAIN_IPV4 = 0x45;
const SOURCE = 12;
const DESTINATION = 16;
const DESTINATION_PORT = 2;
const TCP_FLAGS = 13;
// Short names for what the lines below read most.
const TCP: number = IpProtocol.tcp;
const FORWARD: number = Direction.forward;
const [BINDING, FLOW_SERIAL, STATE] = [Flow.binding, Flow.serial, Flow.state];
const [OPENED, ADMITTED, ESTABLISHED] = [FlowState.opened, FlowState.admitted, FlowState.established];
/** An address, and behind it its port. */
const [INSIDE, EXTERNAL, SERIAL, EXPIRES] = [Binding.insideAddress, Binding.externalAddress, Binding.serial, Binding.expires];
const TURNS = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

export class Translator {
  readonly parts: Parts;
  readonly #flows: FlowMemory;
  readonly #bindings: Bindings;
  readonly #bindingWords: Uint32Array;
  readonly #flowWords: Uint32Array;
  readonly #lifetimes: Lifetimes;
  readonly #firstLook: FirstLook;
  readonly #clock: Pick<NatContext, 'now' | 'nowSeconds'>;
  readonly #translatedOut: Counter;
  readonly #translatedIn: Counter;
  /** Whole seconds that a binding in use lives, at least. */
  readonly #tcpSeconds: number;
  readonly #udpSeconds: number;

  /** @param optionsNumber tells these options from those before, in 16 bits and never 0. */
  constructor(context: NatContext, options: NatOptions, optionsNumber: number) {
    const parts = assemble(context, options, optionsNumber);
    this.parts = parts;
    this.#flows = parts.flows;
    this.#bindings = parts.bindings;
    this.#bindingWords = parts.bindings.words;
    this.#flowWords = parts.flows.words;
    this.#lifetimes = parts.lifetimes;
    this.#firstLook = new FirstLook(context, options, parts);
    this.#clock = context;
    this.#translatedOut = context.counters['translated-out'];
    this.#translatedIn = context.counters['translated-in'];
    this.#tcpSeconds = Math.ceil(options.timeouts.tcpEstablishedSeconds);
    this.#udpSeconds = Math.ceil(options.timeouts.udpSeconds);
  }

  process(packet: Packet): Verdict {
    const flowAt = this.#flows.of(packet);
    if (flowAt >= 0 && this.#flows.isDirect(flowAt) && this.#translate(packet, flowAt)) return forward;
    return this.#firstLook.process(packet, flowAt);
  }

  expire(nowMs: number): void {
    this.#bindings.sweep(nowMs, SWEEP_BUCKETS);
    this.parts.fragments.sweep(nowMs, SWEEP_BUCKETS);
    this.parts.peers.sweep(nowMs, SWEEP_BUCKETS);
  }

  /** False when what the flow remembers does not fit the packet, which then is as it was. */
  #translate(packet: Packet, flowAt: number): boolean {
    const l4Offset = packet.l4Offset;
    if (l4Offset === 0 || packet.isFragment) return false;
    const { bytes, start, l4 } = packet;
    const ip = start + packet.l3Offset;
    // Options may hold a source route, which needs a longer look.
    if (bytes[ip] !== PLAIN_IPV4) return false;
    const words = this.#bindingWords;
    const flowWords = this.#flowWords;
    const at = flowWords[flowAt + BINDING];
    const seconds = this.#clock.nowSeconds();
    const expires = words[at + EXPIRES];
    if (words[at] !== l4 || words[at + SERIAL] !== flowWords[flowAt + FLOW_SERIAL] || expires <= seconds) return false;
    const state = flowWords[flowAt + STATE];
    const l4At = start + l4Offset;
    const isOut = packet.direction === FORWARD;
    // The first packet that leaves has more to note.
    if ((state & (isOut ? OPENED : ADMITTED)) === 0) return false;
    const addressAt = ip + (isOut ? SOURCE : DESTINATION);
    const portAt = l4At + (isOut ? 0 : DESTINATION_PORT);
    const address = (bytes[addressAt] << 24) | (bytes[addressAt + 1] << 16) | (bytes[addressAt + 2] << 8) | bytes[addressAt + 3];
    const port = (bytes[portAt] << 8) | bytes[portAt + 1];
    const known = at + (isOut ? INSIDE : EXTERNAL);
    if (words[known + 1] !== port || (words[known] | 0) !== address) return false;
    const other = at + (isOut ? EXTERNAL : INSIDE);
    rewriteEnd(bytes, ip, addressAt, l4At, portAt, l4, words[other], words[other + 1]);
    (isOut ? this.#translatedOut : this.#translatedIn).add(1);
    // Within a second a packet that says nothing new of its connection cannot make the binding live longer.
    if (l4 === TCP) {
      const flags = bytes[l4At + TCP_FLAGS];
      if ((state & ESTABLISHED) !== 0 && (flags & TURNS) === 0 && expires > seconds + this.#tcpSeconds) return true;
      this.#lifetimes.segment(flowAt, isOut, flags, this.#clock.now(), isOut ? at : NONE, isOut ? NONE : at);
    } else if (expires <= seconds + this.#udpSeconds) {
      this.#lifetimes.packet(l4, this.#clock.now(), isOut ? at : NONE, isOut ? NONE : at);
    }
    return true;
  }
}
