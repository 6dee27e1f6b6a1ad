/**
 * Hot: no allocation. What happens to a packet. One of an established flow of TCP or UDP takes the short way: its flow
 * remembers the binding, so it costs no lookup by key in either direction. Any other is looked at from the beginning.
 */
import { readU16, readU32 } from '../../packet/bytes.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { Direction } from '../../memory/slot-layout.js';
import { type Counter, forward, type Verdict } from '../contract.js';
import type { Bindings } from './bindings.js';
import type { FlowMemory } from './flow-memory.js';
import { FirstLook } from './first-look.js';
import { Binding, Flow, FlowState, type NatContext, NONE } from './layout.js';
import type { Lifetimes } from './lifetimes.js';
import type { NatOptions } from './options.js';
import { assemble, type Parts } from './parts.js';

/** Buckets looked at in each call of expire: the default table is seen through in 16 s, in about 0.1 ms a call. */
const SWEEP_BUCKETS = 8192;
const SOURCE = 12;
const DESTINATION = 16;
const DESTINATION_PORT = 2;
const TCP_FLAGS = 13;

export class Translator {
  readonly parts: Parts;
  readonly #flows: FlowMemory;
  readonly #bindings: Bindings;
  readonly #bindingWords: Uint32Array;
  readonly #flowWords: Uint32Array;
  readonly #lifetimes: Lifetimes;
  readonly #firstLook: FirstLook;
  readonly #clock: Pick<NatContext, 'now'>;
  readonly #translatedOut: Counter;
  readonly #translatedIn: Counter;

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
    if (packet.l4Offset === 0 || packet.isFragment) return false;
    const words = this.#bindingWords;
    const state = this.#flowWords[flowAt + Flow.state];
    const at = this.#flowWords[flowAt + Flow.binding];
    const { bytes, start, l4 } = packet;
    const l4At = start + packet.l4Offset;
    const nowMs = this.#clock.now();
    const isOut = packet.direction === Direction.forward;
    if (words[at] !== l4 || words[at + Binding.serial] !== this.#flowWords[flowAt + Flow.serial] || words[at + Binding.expires] * 1000 <= nowMs) return false;
    if (isOut) {
      // The first packet that leaves has more to note.
      if ((state & FlowState.opened) === 0) return false;
      const ip = start + packet.l3Offset + SOURCE;
      if (words[at + Binding.insidePort] !== readU16(bytes, l4At) || words[at + Binding.insideAddress] !== readU32(bytes, ip)) return false;
      packet.rewriteSourceEnd(words[at + Binding.externalAddress], words[at + Binding.externalPort]);
      this.#translatedOut.add(1);
    } else {
      if ((state & FlowState.admitted) === 0) return false;
      const ip = start + packet.l3Offset + DESTINATION;
      if (words[at + Binding.externalPort] !== readU16(bytes, l4At + DESTINATION_PORT) || words[at + Binding.externalAddress] !== readU32(bytes, ip)) return false;
      packet.rewriteDestinationEnd(words[at + Binding.insideAddress], words[at + Binding.insidePort]);
      this.#translatedIn.add(1);
    }
    if (l4 === IpProtocol.tcp) this.#lifetimes.segment(flowAt, isOut, bytes[l4At + TCP_FLAGS], nowMs, isOut ? at : NONE, isOut ? NONE : at);
    else this.#lifetimes.packet(l4, nowMs, isOut ? at : NONE, isOut ? NONE : at);
    return true;
  }
}
