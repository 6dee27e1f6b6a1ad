/**
 * Hot: no allocation. Later fragments that come before their first one: kept where only that one says whose they are, and sent
 * on behind it (RFC 4787 REQ-14).
 */
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import type { Verdict } from '../contract.js';
import type { Fragments } from './fragments.js';
import { DatagramKey, type HeldFragments } from './held-fragments.js';
import type { NatContext } from './layout.js';

export class EarlyFragments {
  readonly #context: NatContext;
  readonly #fragments: Fragments;
  readonly #held: HeldFragments;
  readonly #key = new DatagramKey();

  constructor(context: NatContext, fragments: Fragments, held: HeldFragments) {
    this.#context = context;
    this.#fragments = fragments;
    this.#held = held;
  }

  /** Nobody knows whose the packet is: a copy of it waits for its first fragment, if there is room. */
  hold(packet: Packet, ip: Ipv4View): Verdict {
    const { drop } = this.#context;
    this.#key.read(packet, ip);
    return this.#held.keep(packet, this.#key) ? drop['nat-fragment-held'] : drop['nat-fragment'];
  }

  /** To be called before a first fragment is rewritten: what waits for it is asked for by what it is now. */
  note(packet: Packet, ip: Ipv4View): void {
    if (!this.#held.isEmpty) this.#key.read(packet, ip);
  }

  /** The first fragment that was noted was translated: sends what waited for it, translated as it was. */
  sendOn(packet: Packet): void {
    const held = this.#held;
    if (held.isEmpty) return;
    for (let place = held.next(this.#key, 0); place >= 0; place = held.next(this.#key, place + 1)) {
      const made = this.#context.originate(packet, held.lengthOf(place));
      // No slot to be had: it stays dropped, as it was counted.
      if (made !== null) {
        held.copyTo(made, place);
        const ip = made.ipv4();
        if (ip !== null && this.#fragments.translate(made, ip)) {
          this.#context.send(made);
          this.#context.counters['fragments-sent-on'].add(1);
        }
      }
      held.release(place);
    }
  }
}
