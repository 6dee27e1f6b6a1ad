/**
 * Hot: no allocation. What happens to a packet. One of an established flow of TCP or UDP takes the short way: its flow
 * remembers the binding, so it costs no lookup by key in either direction. Any other is looked at from the beginning.
 */
import type { Packet } from '../../packet/packet.js';
import { forward, type Verdict } from '../contract.js';
import type { Bindings } from './bindings.js';
import { FirstLook } from './first-look.js';
import type { FlowMemory } from './flow-memory.js';
import type { NatContext } from './layout.js';
import type { NatOptions } from './options.js';
import { assemble, type Parts } from './parts.js';
import type { ShortWay } from './short-way.js';

/** Places looked at in each call of expire: the default table is seen through in 8 s, or sooner where it was never full. */
const SWEEP_PLACES = 8192;

export class Translator {
  readonly parts: Parts;
  readonly #flows: FlowMemory;
  readonly #bindings: Bindings;
  readonly #firstLook: FirstLook;
  readonly #shortWay: ShortWay;

  /**
   * @param optionsNumber tells these options from those before, in 16 bits and never 0.
   * @param shortWay over the same tables: it stays when options change.
   */
  constructor(context: NatContext, options: NatOptions, optionsNumber: number, shortWay: ShortWay) {
    const parts = assemble(context, options, optionsNumber);
    this.parts = parts;
    this.#flows = parts.flows;
    this.#bindings = parts.bindings;
    this.#firstLook = new FirstLook(context, options, parts);
    shortWay.update(options.timeouts, parts.lifetimes);
    this.#shortWay = shortWay;
  }

  process(packet: Packet): Verdict {
    const flowAt = this.#flows.of(packet);
    if (flowAt >= 0 && this.#flows.isDirect(flowAt) && this.#shortWay.takes(packet, flowAt)) return forward;
    return this.#firstLook.process(packet, flowAt);
  }

  expire(nowMs: number): void {
    this.#bindings.sweep(nowMs, SWEEP_PLACES);
    this.parts.fragments.sweep(nowMs, SWEEP_PLACES);
    this.parts.peers.sweep(nowMs, SWEEP_PLACES);
  }
}
