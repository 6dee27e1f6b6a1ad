/**
 * Hot: no allocation. The bindings: an inside address and port on one side, an external address and port on the other.
 *
 * A protocol without ports has the remote address in place of both ports, `port` below: a binding then serves one remote
 * address, and is refused while another inside host has it.
 *
 * Order of stores. A binding is made in `bindings` (not yet live), then named in `external`, then made live; it ends the
 * other way round. So whatever was interrupted, one half does not name the other, and `repair` finds it.
 */
import { IpProtocol } from '../../packet/protocols.js';
import type { Counter } from '../contract.js';
import type { StateTable } from '../tables.js';
import type { AddressPool } from './address-pool.js';
import { Binding, External, PortClass } from './layout.js';
import type { PortAllocator } from './port-allocator.js';

/** What `create` returns when there is no binding to be had. */
export const PORTS_EXHAUSTED = -1;
export const TABLE_FULL = -2;

export function portClassOf(protocol: number): number {
  if (protocol === IpProtocol.tcp) return PortClass.tcp;
  if (protocol === IpProtocol.udp) return PortClass.udp;
  return protocol === IpProtocol.icmp ? PortClass.icmp : PortClass.none;
}

/** The counters of the NF that are about bindings. */
export type BindingCounters = Readonly<Record<'bindings-created' | 'bindings-released' | 'ports-preserved', Counter>>;

export class Bindings {
  readonly #bindings: StateTable;
  readonly #external: StateTable;
  readonly #pool: AddressPool;
  readonly #ports: PortAllocator;
  readonly #counters: BindingCounters;
  readonly #release = (entry: number): void => this.release(entry);
  #reclaimedSecond = -1;

  constructor(bindings: StateTable, external: StateTable, pool: AddressPool, ports: PortAllocator, counters: BindingCounters) {
    this.#bindings = bindings;
    this.#external = external;
    this.#pool = pool;
    this.#ports = ports;
    this.#counters = counters;
  }

  get count(): number {
    return this.#bindings.count;
  }

  externalAddress(entry: number): number {
    return this.#bindings.words[this.#bindings.value(entry) + Binding.externalAddress];
  }

  externalPort(entry: number): number {
    return this.#bindings.words[this.#bindings.value(entry) + Binding.externalPort];
  }

  insideAddress(entry: number): number {
    return this.#bindings.words[this.#bindings.keyAt(entry) + 1];
  }

  insidePort(entry: number): number {
    return this.#bindings.words[this.#bindings.keyAt(entry) + 2];
  }

  /** Tells a binding from a later one in the same place. */
  generation(entry: number): number {
    return this.#bindings.generation(entry);
  }

  /** Whether a remembered entry is still the binding of this inside address and port. */
  isInside(entry: number, generation: number, protocol: number, address: number, port: number, nowMs: number): boolean {
    const at = this.#bindings.keyAt(entry);
    const words = this.#bindings.words;
    return words[at] === protocol && words[at + 1] === address && words[at + 2] === port && this.#isCurrent(entry, generation, nowMs);
  }

  /** Whether a remembered entry is still the binding of this external address and port. */
  isOutside(entry: number, generation: number, protocol: number, address: number, port: number, nowMs: number): boolean {
    const at = this.#bindings.value(entry);
    const words = this.#bindings.words;
    return (
      words[at + Binding.externalAddress] === address &&
      words[at + Binding.externalPort] === port &&
      words[this.#bindings.keyAt(entry)] === protocol &&
      this.#isCurrent(entry, generation, nowMs)
    );
  }

  /** The live binding of an inside address and port, or -1. */
  findInside(protocol: number, address: number, port: number, nowMs: number): number {
    const key = this.#bindings.key;
    key[0] = protocol;
    key[1] = address;
    key[2] = port;
    const entry = this.#bindings.find();
    return entry < 0 ? -1 : this.#ifAlive(entry, nowMs);
  }

  /** The live binding of an external address and port, or -1. */
  findOutside(protocol: number, address: number, port: number, nowMs: number): number {
    const external = this.#findExternal(protocol, address, port);
    if (external < 0) return -1;
    const entry = this.#bindingOf(external);
    return entry < 0 ? -1 : this.#ifAlive(entry, nowMs);
  }

  /**
   * Makes a binding, which must not exist. When nothing is free, what has timed out is let go first.
   * @returns its entry, `PORTS_EXHAUSTED` or `TABLE_FULL`.
   */
  create(protocol: number, address: number, port: number, expiresMs: number, nowMs: number): number {
    const poolIndex = this.#pool.pairedWith(address);
    const portClass = portClassOf(protocol);
    const externalAddress = this.#pool.address(poolIndex);
    const takesPort = portClass !== PortClass.none;
    if (!takesPort && this.findOutside(protocol, externalAddress, port, nowMs) >= 0) return PORTS_EXHAUSTED;
    if (this.#isFull() || (takesPort && this.#ports.freeCount(poolIndex, portClass) === 0)) {
      this.#reclaim(nowMs);
      if (this.#isFull()) return TABLE_FULL;
    }
    let externalPort = port;
    if (takesPort) {
      externalPort = this.#ports.take(poolIndex, portClass, port);
      if (externalPort < 0) return PORTS_EXHAUSTED;
      if (externalPort === port) this.#counters['ports-preserved'].add(1);
    }

    const table = this.#bindings;
    table.key[0] = protocol;
    table.key[1] = address;
    table.key[2] = port;
    const entry = table.insert();
    table.expireAt(entry, expiresMs);
    const at = table.value(entry);
    table.words[at + Binding.externalAddress] = externalAddress;
    table.words[at + Binding.externalPort] = externalPort;

    const outside = this.#external;
    outside.key[0] = protocol;
    outside.key[1] = externalAddress;
    outside.key[2] = externalPort;
    const partner = outside.value(outside.insert());
    outside.words[partner + External.generation] = table.generation(entry);
    outside.words[partner + External.bindingPlusOne] = entry + 1;

    table.words[at + Binding.live] = 1;
    this.#counters['bindings-created'].add(1);
    return entry;
  }

  /** Ends a binding; its port is free at once, because the binding had outlived its timeout. */
  release(entry: number): void {
    const table = this.#bindings;
    const at = table.value(entry);
    const protocol = table.words[table.keyAt(entry)];
    const address = table.words[at + Binding.externalAddress];
    const port = table.words[at + Binding.externalPort];
    table.words[at + Binding.live] = 0;
    const partner = this.#findExternal(protocol, address, port);
    if (partner >= 0) this.#external.remove(partner);
    table.remove(entry);
    const poolIndex = this.#pool.indexOf(address);
    const portClass = portClassOf(protocol);
    if (poolIndex >= 0 && portClass !== PortClass.none) this.#ports.release(poolIndex, portClass, port);
    this.#counters['bindings-released'].add(1);
  }

  /** Lets go of what has timed out, looking at no more than `budget` buckets. */
  sweep(nowMs: number, budget: number): void {
    this.#bindings.sweep(nowMs, budget, this.#release);
  }

  /**
   * Removes halves without a partner and bindings to addresses or ports that are no longer ours, and notes anew which
   * ports are given out. For the start of an NF whose tables may have been written before.
   * @returns how many entries were removed.
   */
  repair(): number {
    const { words } = this.#bindings;
    let removed = 0;
    this.#ports.clear();
    for (let entry = bucketCount(this.#bindings) - 1; entry >= 0; entry--) {
      if (!this.#bindings.isTaken(entry)) continue;
      const at = this.#bindings.value(entry);
      const protocol = words[this.#bindings.keyAt(entry)];
      const address = words[at + Binding.externalAddress];
      const port = words[at + Binding.externalPort];
      const poolIndex = this.#pool.indexOf(address);
      const portClass = portClassOf(protocol);
      const external = words[at + Binding.live] === 1 ? this.#findExternal(protocol, address, port) : -1;
      const isOurs = poolIndex >= 0 && (portClass === PortClass.none || this.#ports.isInRange(portClass, port));
      if (isOurs && external >= 0 && this.#bindingOf(external) === entry) {
        if (portClass !== PortClass.none) this.#ports.mark(poolIndex, portClass, port);
      } else {
        this.#bindings.remove(entry);
        removed++;
      }
    }
    for (let entry = bucketCount(this.#external) - 1; entry >= 0; entry--) {
      if (!this.#external.isTaken(entry) || this.#bindingOf(entry) >= 0) continue;
      this.#external.remove(entry);
      removed++;
    }
    return removed;
  }

  #isFull(): boolean {
    return this.#bindings.count >= this.#bindings.capacity || this.#external.count >= this.#external.capacity;
  }

  /** Timeouts end on whole seconds, so a second search within one second would find nothing. */
  #reclaim(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#reclaimedSecond) return;
    this.#reclaimedSecond = second;
    this.sweep(nowMs, bucketCount(this.#bindings));
  }

  #isCurrent(entry: number, generation: number, nowMs: number): boolean {
    const table = this.#bindings;
    return (
      table.isTaken(entry) &&
      table.generation(entry) === generation &&
      table.words[table.value(entry) + Binding.live] === 1 &&
      !table.isExpired(entry, nowMs)
    );
  }

  #ifAlive(entry: number, nowMs: number): number {
    if (!this.#bindings.isExpired(entry, nowMs)) return entry;
    this.release(entry);
    return -1;
  }

  #findExternal(protocol: number, address: number, port: number): number {
    const key = this.#external.key;
    key[0] = protocol;
    key[1] = address;
    key[2] = port;
    return this.#external.find();
  }

  /** The binding that an external entry names and that names it, or -1. */
  #bindingOf(external: number): number {
    const outside = this.#external.words;
    const value = this.#external.value(external);
    const key = this.#external.keyAt(external);
    const table = this.#bindings;
    const entry = outside[value + External.bindingPlusOne] - 1;
    if (entry < 0 || entry >= bucketCount(table) || !table.isTaken(entry)) return -1;
    const at = table.value(entry);
    const agree =
      table.generation(entry) === outside[value + External.generation] &&
      table.words[at + Binding.live] === 1 &&
      table.words[table.keyAt(entry)] === outside[key] &&
      table.words[at + Binding.externalAddress] === outside[key + 1] &&
      table.words[at + Binding.externalPort] === outside[key + 2];
    return agree ? entry : -1;
  }
}

/** Places for entries in a table: entries lie one after the other, so two neighbours tell the distance. */
function bucketCount(table: StateTable): number {
  return table.words.length / (table.value(1) - table.value(0));
}
