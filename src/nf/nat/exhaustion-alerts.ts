/**
 * Says that ports or table entries have run out: at most once a minute for each external address and protocol, of which
 * those without ports count as one.
 */
import { protocolName } from '../../flow/protocol-names.js';
import { formatIpv4 } from '../../packet/address.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import type { AddressPool } from './address-pool.js';
import { portClassOf, PORTS_EXHAUSTED } from './bindings.js';
import { PORT_CLASSES, type NatContext } from './layout.js';
import { ICMP_MESSAGE } from './transport.js';

/** A person needs to hear of it once, not once a packet. */
const PAUSE_MS = 60_000;

/** Port classes, and all protocols without ports together. */
const CLASSES = PORT_CLASSES + 1;

/** As in the match language. */
function nameOf(protocol: number): string {
  return protocolName(protocol === ICMP_MESSAGE ? IpProtocol.icmp : protocol).toLowerCase();
}

export class ExhaustionAlerts {
  readonly #context: NatContext;
  readonly #pool: AddressPool;
  /** Packet time until which nothing more is said; the last two are for the tables of bindings and of fragments. */
  readonly #quietUntil: Float64Array;

  constructor(context: NatContext, pool: AddressPool) {
    this.#context = context;
    this.#pool = pool;
    this.#quietUntil = new Float64Array(pool.count * CLASSES + 2);
  }

  /** @param cause what `Bindings.create` returned. */
  raise(packet: Packet, inside: number, protocol: number, cause: number, nowMs: number): void {
    const poolIndex = this.#pool.pairedWith(inside);
    const index = cause === PORTS_EXHAUSTED ? poolIndex * CLASSES + portClassOf(protocol) : this.#quietUntil.length - 2;
    if (!this.#speaks(index, nowMs)) return;
    if (cause === PORTS_EXHAUSTED) {
      const external = formatIpv4(this.#pool.address(poolIndex));
      this.#context.alert(packet, 'nat-ports-exhausted', { external, protocol: nameOf(protocol) });
    } else {
      this.#context.alert(packet, 'nat-table-full', { bindings: this.#context.state.bindings.capacity });
    }
  }

  /** No room for another fragmented datagram. */
  raiseForFragments(packet: Packet, nowMs: number): void {
    if (this.#speaks(this.#quietUntil.length - 1, nowMs)) this.#context.alert(packet, 'nat-table-full', { fragments: this.#context.state.fragments.capacity });
  }

  #speaks(index: number, nowMs: number): boolean {
    if (nowMs < this.#quietUntil[index]) return false;
    this.#quietUntil[index] = nowMs + PAUSE_MS;
    return true;
  }
}
