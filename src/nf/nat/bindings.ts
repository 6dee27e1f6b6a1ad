/**
 * Hot: no allocation. The bindings: an inside address and port on one side, an external address and port on the other. A
 * binding is named by its place, the index in `words` of its first word (layout.ts).
 *
 * A protocol without ports has the remote address in place of both ports, `port` below: a binding then serves one remote
 * address, and is refused while another inside host has it.
 *
 * Order of stores. A binding is made in `bindings` (not yet valid), then named in `external`, then made valid by its
 * serial; it ends the other way round. So whatever was interrupted, one half does not name the other, and
 * `repairBindings` finds it.
 */
import { IpProtocol } from '../../packet/protocols.js';
import type { Counter } from '../contract.js';
import type { StateTable } from '../tables.js';
import type { AddressPool } from './address-pool.js';
import { Binding, BindingKind, COUNT_UNKNOWN, External, NEVER, NONE, PortClass } from './layout.js';
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
export type BindingCounters = Readonly<Record<'bindings-created' | 'bindings-released' | 'ports-preserved' | 'parity-lost', Counter>>;

export class Bindings {
  readonly words: Uint32Array;
  readonly #bindings: StateTable;
  readonly #external: StateTable;
  readonly #pool: AddressPool;
  readonly #ports: PortAllocator;
  readonly #counters: BindingCounters;
  readonly #first: number;
  readonly #stride: number;
  readonly #timedOut: (entry: number) => void;
  #sweepSecond = 0;
  #reclaimedSecond = -1;

  constructor(bindings: StateTable, external: StateTable, pool: AddressPool, ports: PortAllocator, counters: BindingCounters) {
    this.words = bindings.words;
    this.#bindings = bindings;
    this.#external = external;
    this.#pool = pool;
    this.#ports = ports;
    this.#counters = counters;
    this.#first = bindings.keyAt(0);
    this.#stride = bindings.keyAt(1) - this.#first;
    this.#timedOut = (entry) => {
      const at = bindings.keyAt(entry);
      // The table's expiry is a lower bound: packets that prolong a binding write its own word alone.
      if (this.isExpired(at, this.#sweepSecond)) this.release(at);
      else bindings.expireAt(entry, bindings.words[at + Binding.expires] * 1000);
    };
  }

  /** Valid, not timed out, and the binding that had this serial. @param seconds of packet time, whole as bindings' ends are; the same in what follows. */
  isCurrent(at: number, serial: number, seconds: number): boolean {
    return serial !== 0 && this.words[at + Binding.serial] === serial && !this.isExpired(at, seconds);
  }

  isExpired(at: number, seconds: number): boolean {
    return this.words[at + Binding.expires] <= seconds;
  }

  /** Makes the binding live at least until that second. */
  prolong(at: number, end: number): void {
    if (this.words[at + Binding.expires] < end) this.words[at + Binding.expires] = end;
  }

  /** Makes the binding end in that second, sooner than it would have. */
  shorten(at: number, end: number): void {
    if (this.words[at + Binding.expires] <= end) return;
    this.words[at + Binding.expires] = end;
    this.#bindings.expireAt(this.#entryOf(at), end * 1000);
  }

  /** The live binding of an inside address and port, or NONE. */
  findInside(protocol: number, address: number, port: number, seconds: number): number {
    const key = this.#bindings.key;
    key[0] = protocol;
    key[1] = address;
    key[2] = port;
    const entry = this.#bindings.find();
    if (entry < 0) return NONE;
    const at = this.#bindings.keyAt(entry);
    return this.words[at + Binding.serial] === 0 ? NONE : this.#ifAlive(at, seconds);
  }

  /** The live binding of an external address and port, or NONE. */
  findOutside(protocol: number, address: number, port: number, seconds: number): number {
    const external = this.findExternal(protocol, address, port);
    if (external < 0) return NONE;
    const at = this.bindingOf(external);
    return at === NONE ? NONE : this.#ifAlive(at, seconds);
  }

  /**
   * Makes a binding, which must not exist and times out in the second `end`. When nothing is free, what has timed out is let go
   * first.
   * @returns its place, `PORTS_EXHAUSTED` or `TABLE_FULL`.
   */
  create(protocol: number, address: number, port: number, end: number, seconds: number): number {
    const poolIndex = this.#pool.pairedWith(address);
    if (poolIndex < 0) return PORTS_EXHAUSTED;
    const portClass = portClassOf(protocol);
    const externalAddress = this.#pool.address(poolIndex);
    const takesPort = portClass !== PortClass.none;
    if (!takesPort && (!this.#ports.ownsRemote(port) || this.findOutside(protocol, externalAddress, port, seconds) !== NONE)) return PORTS_EXHAUSTED;
    if (this.isFull || (takesPort && this.#ports.freeCount(poolIndex, portClass) === 0)) {
      this.#reclaim(seconds);
      if (this.isFull) return TABLE_FULL;
    }
    let externalPort = port;
    if (takesPort) {
      externalPort = this.#ports.take(poolIndex, portClass, port);
      if (externalPort < 0) return PORTS_EXHAUSTED;
      if (externalPort === port) this.#counters['ports-preserved'].add(1);
      else if (((externalPort ^ port) & 1) !== 0 && portClass !== PortClass.icmp) this.#counters['parity-lost'].add(1);
    }
    const at = this.#write(protocol, address, port, externalAddress, externalPort, end, BindingKind.dynamic);
    this.#counters['bindings-created'].add(1);
    return at;
  }

  /** Makes the binding of a forwarded port. Its two ends must be free, and the tables must have room. */
  createForwarded(protocol: number, address: number, port: number, externalAddress: number, externalPort: number): number {
    this.#ports.reserve(this.#pool.indexOf(externalAddress), portClassOf(protocol), externalPort);
    return this.#write(protocol, address, port, externalAddress, externalPort, NEVER, BindingKind.forwarded);
  }

  /** Ends a binding; its port is free at once, because the binding had outlived its timeout. */
  release(at: number): void {
    const { words } = this;
    const protocol = words[at + Binding.protocol];
    const address = words[at + Binding.externalAddress];
    const port = words[at + Binding.externalPort];
    const kind = words[at + Binding.kind];
    words[at + Binding.serial] = 0;
    const partner = this.findExternal(protocol, address, port);
    if (partner >= 0) this.#external.remove(partner);
    this.#bindings.remove(this.#entryOf(at));
    const poolIndex = this.#pool.indexOf(address);
    const portClass = portClassOf(protocol);
    if (kind === BindingKind.dynamic && poolIndex >= 0 && portClass !== PortClass.none) this.#ports.release(poolIndex, portClass, port);
    this.#counters['bindings-released'].add(1);
  }

  /** Lets go of what has timed out, looking at no more than `budget` places. */
  sweep(nowMs: number, budget: number): void {
    this.#sweepSecond = Math.floor(nowMs / 1000);
    this.#bindings.sweep(nowMs, budget, this.#timedOut);
  }

  get isFull(): boolean {
    return this.#bindings.count >= this.#bindings.capacity || this.#external.count >= this.#external.capacity;
  }

  /** Places of bindings: the first, how far apart, and where they end. */
  get firstPlace(): number {
    return this.#first;
  }
  get stride(): number {
    return this.#stride;
  }

  isTaken(at: number): boolean {
    return this.#bindings.isTaken(this.#entryOf(at));
  }

  /** The external entry with this key, or -1. */
  findExternal(protocol: number, address: number, port: number): number {
    const key = this.#external.key;
    key[0] = protocol;
    key[1] = address;
    key[2] = port;
    return this.#external.find();
  }

  /** The binding that an external entry names and that names it, or NONE. */
  bindingOf(external: number): number {
    const outside = this.#external.words;
    const value = this.#external.value(external);
    const key = this.#external.keyAt(external);
    const { words } = this;
    const at = outside[value + External.binding];
    if (at === NONE || at >= words.length || (at - this.#first) % this.#stride !== 0) return NONE;
    const agree =
      this.isTaken(at) &&
      words[at + Binding.serial] !== 0 &&
      words[at + Binding.serial] === outside[value + External.serial] &&
      words[at + Binding.protocol] === outside[key] &&
      words[at + Binding.externalAddress] === outside[key + 1] &&
      words[at + Binding.externalPort] === outside[key + 2];
    return agree ? at : NONE;
  }

  #entryOf(at: number): number {
    return (at - this.#first) / this.#stride;
  }

  #write(protocol: number, address: number, port: number, externalAddress: number, externalPort: number, expires: number, kind: number): number {
    const table = this.#bindings;
    const { words } = this;
    table.key[0] = protocol;
    table.key[1] = address;
    table.key[2] = port;
    const entry = table.insert();
    if (expires !== NEVER) table.expireAt(entry, expires * 1000);
    const at = table.keyAt(entry);
    const serial = table.generation(entry);
    words[at + Binding.externalAddress] = externalAddress;
    words[at + Binding.externalPort] = externalPort;
    words[at + Binding.expires] = expires;
    words[at + Binding.kind] = kind;
    if (kind === BindingKind.forwarded) words[at + Binding.established] = COUNT_UNKNOWN;

    const outside = this.#external;
    outside.key[0] = protocol;
    outside.key[1] = externalAddress;
    outside.key[2] = externalPort;
    const partner = outside.value(outside.insert());
    outside.words[partner + External.serial] = serial;
    outside.words[partner + External.binding] = at;

    words[at + Binding.serial] = serial;
    return at;
  }

  /** Timeouts end on whole seconds, so a second search within one second would find nothing. */
  #reclaim(second: number): void {
    if (second === this.#reclaimedSecond) return;
    this.#reclaimedSecond = second;
    this.sweep(second * 1000, this.words.length / this.#stride);
  }

  #ifAlive(at: number, seconds: number): number {
    if (!this.isExpired(at, seconds)) return at;
    this.release(at);
    return NONE;
  }
}
