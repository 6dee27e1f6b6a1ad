/**
 * Hot: no allocation. What becomes of one end of a packet: an inside end of its external one, and the other way round. Static
 * translations come before bindings.
 */
import type { AddressPool, PrefixSet } from './address-pool.js';
import type { Bindings } from './bindings.js';
import { Binding, Flow, NO_ADDRESS, NONE } from './layout.js';
import type { Lifetimes } from './lifetimes.js';
import type { StaticMap } from './static-map.js';
import { NO_PORT } from './transport.js';

export const MAPPED = 0;
// Below it: PORTS_EXHAUSTED and TABLE_FULL of bindings.ts, and
/** Neither a static translation nor a port to have a binding for. */
export const WITHOUT_PORT = -3;
export const UNMAPPED = -4;

/** An end as it will be. The address is an int32, as in all that follows: no object, however it is passed (docs/hot-code.md). */
export class End {
  address = 0;
  port = 0;
  /** Place of the binding that says so; NONE where it needs none. */
  at = NONE;

  set(address: number, port: number, at: number): void {
    this.address = address;
    this.port = port;
    this.at = at;
  }
}

export class Mapper {
  readonly #bindings: Bindings;
  readonly #statics: StaticMap;
  readonly #pool: AddressPool;
  readonly #inside: PrefixSet;
  readonly #lifetimes: Lifetimes;
  readonly #flowWords: Uint32Array;

  constructor(bindings: Bindings, statics: StaticMap, pool: AddressPool, inside: PrefixSet, lifetimes: Lifetimes, flowWords: Uint32Array) {
    this.#bindings = bindings;
    this.#statics = statics;
    this.#pool = pool;
    this.#inside = inside;
    this.#lifetimes = lifetimes;
    this.#flowWords = flowWords;
  }

  /** Whether the address is one of ours on the outside. */
  isExternal(address: number): boolean {
    return this.#pool.indexOf(address) >= 0 || this.#statics.insideOf(address) !== NO_ADDRESS;
  }

  /** Whether the host with this address is translated. */
  isInside(address: number): boolean {
    return this.#inside.contains(address) || this.#statics.externalOf(address) !== NO_ADDRESS;
  }

  /** The external address of an inside host, or NO_ADDRESS. It is computed, so it is known before any binding is. */
  externalAddressOf(inside: number): number {
    const external = this.#statics.externalOf(inside);
    if (external !== NO_ADDRESS) return external;
    const index = this.#pool.pairedWith(inside);
    return index < 0 ? NO_ADDRESS : this.#pool.address(index);
  }

  /** The inside host that an external address belongs to as a whole, or NO_ADDRESS: behind a shared one the port decides. */
  insideAddressOf(external: number): number {
    return this.#statics.insideOf(external);
  }

  /**
   * The external end of an inside one, with a binding made when there is none.
   * @param flowAt words of the packet's flow, or -1.
   */
  outward(end: End, protocol: number, address: number, port: number, flowAt: number, seconds: number): number {
    const known = this.knownOutward(end, protocol, address, port, flowAt, seconds);
    if (known !== UNMAPPED) return known;
    const at = this.#bindings.create(protocol, address, port, this.#lifetimes.end(protocol), seconds);
    return at < 0 ? at : this.#toExternal(end, at);
  }

  /** The external end of an inside one, if it has one. */
  knownOutward(end: End, protocol: number, address: number, port: number, flowAt: number, seconds: number): number {
    const external = this.#statics.externalOf(address);
    if (external !== NO_ADDRESS) {
      end.set(external, port, NONE);
      return MAPPED;
    }
    if (port === NO_PORT) return WITHOUT_PORT;
    const { words } = this.#bindings;
    const remembered = this.#remembered(flowAt, seconds);
    const isThis = (words[remembered + Binding.insideAddress] | 0) === address && words[remembered + Binding.insidePort] === port && words[remembered] === protocol;
    const at = remembered !== NONE && isThis ? remembered : this.#bindings.findInside(protocol, address, port, seconds);
    return at === NONE ? UNMAPPED : this.#toExternal(end, at);
  }

  /** The inside end behind an external one. */
  inward(end: End, protocol: number, address: number, port: number, flowAt: number, seconds: number): number {
    const inside = this.#statics.insideOf(address);
    if (inside !== NO_ADDRESS) {
      end.set(inside, port, NONE);
      return MAPPED;
    }
    if (port === NO_PORT) return WITHOUT_PORT;
    const { words } = this.#bindings;
    const remembered = this.#remembered(flowAt, seconds);
    const isThis = (words[remembered + Binding.externalAddress] | 0) === address && words[remembered + Binding.externalPort] === port && words[remembered] === protocol;
    const at = remembered !== NONE && isThis ? remembered : this.#bindings.findOutside(protocol, address, port, seconds);
    if (at === NONE) return UNMAPPED;
    end.set(words[at + Binding.insideAddress] | 0, words[at + Binding.insidePort], at);
    return MAPPED;
  }

  #toExternal(end: End, at: number): number {
    const { words } = this.#bindings;
    end.set(words[at + Binding.externalAddress] | 0, words[at + Binding.externalPort], at);
    return MAPPED;
  }

  /** The binding that the flow remembers, if it is still the same. */
  #remembered(flowAt: number, seconds: number): number {
    if (flowAt < 0) return NONE;
    const at = this.#flowWords[flowAt + Flow.binding];
    return at !== NONE && this.#bindings.isCurrent(at, this.#flowWords[flowAt + Flow.serial], seconds) ? at : NONE;
  }
}
