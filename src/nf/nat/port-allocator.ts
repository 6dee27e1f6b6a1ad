/**
 * Hot: no allocation. Which external ports are given out: a bit for each external address, protocol and port.
 *
 * The bits follow from the binding table, so they live in the VM's own memory and are made anew when the NF is
 * restarted: one thing less that an interruption could leave half written.
 *
 * Replicas share the addresses and part the ports: replica i of n has those whose half, rounded down, leaves i when divided
 * by n. So an even port and the odd one behind it stay together, parity is never lost to the parting, and whoever steers
 * packets from outside knows the replica from the port alone.
 */
import { replicaOfHost, replicaOfPort } from '../../flow/steering.js';
import type { Replica } from '../contract.js';
import { PORT_CLASSES, PortClass } from './layout.js';
import type { RandomPorts } from './random-ports.js';

const WORDS = 65_536 / 32;
const EVEN = 0x55555555;
const ALL = 0xffffffff;
/** Ports that are drawn before the one that was drawn last decides where to search: with half of them taken, all fail once in 256 times. */
const DRAWS = 8;

/** Whether a host's own port is kept, and how others are chosen: from `random`, or in turn where that is null. */
export interface PortChoice {
  readonly preserves: boolean;
  readonly random: RandomPorts | null;
}

export class PortAllocator {
  /** 1 = given out, or outside the range. */
  readonly #taken: Uint32Array;
  /** Where the next search starts, so that a port that was let go rests as long as others are free. */
  readonly #cursor: Uint32Array;
  readonly #free: Uint32Array;
  readonly #first: Uint32Array;
  readonly #last: Uint32Array;
  readonly #replica: Replica;
  readonly #preserves: boolean;
  readonly #random: RandomPorts | null;
  /** 1 = this replica's, whatever the range. */
  readonly #owned = new Uint32Array(WORDS);

  /** Ranges are inclusive. */
  constructor(addressCount: number, ports: readonly [number, number], identifiers: readonly [number, number], replica: Replica, { preserves, random }: PortChoice) {
    this.#replica = replica;
    this.#preserves = preserves;
    this.#random = random;
    for (let port = 0; port < 65_536; port++) if (replicaOfPort(port, replica.count) === replica.index) this.#owned[port >>> 5] |= 1 << (port & 31);
    const maps = addressCount * PORT_CLASSES;
    this.#taken = new Uint32Array(maps * WORDS);
    this.#cursor = new Uint32Array(maps);
    this.#free = new Uint32Array(maps);
    this.#first = Uint32Array.of(ports[0], ports[0], identifiers[0]);
    this.#last = Uint32Array.of(ports[1], ports[1], identifiers[1]);
    this.clear();
  }

  /** Every port in range is free again. */
  clear(): void {
    this.#taken.fill(ALL);
    for (let map = 0; map < this.#free.length; map++) {
      const portClass = map % PORT_CLASSES;
      const first = this.#first[portClass];
      const last = this.#last[portClass];
      let free = 0;
      for (let word = first >>> 5; word <= last >>> 5; word++) {
        const low = word === first >>> 5 ? ALL << (first & 31) : ALL;
        const high = word === last >>> 5 ? ALL >>> (31 - (last & 31)) : ALL;
        const ours = low & high & this.#owned[word];
        this.#taken[map * WORDS + word] = ~ours;
        free += bitCount(ours);
      }
      this.#cursor[map] = first;
      this.#free[map] = free;
    }
  }

  /** May be given out by this replica. */
  isInRange(portClass: number, port: number): boolean {
    return port >= this.#first[portClass] && port <= this.#last[portClass] && replicaOfPort(port, this.#replica.count) === this.#replica.index;
  }

  /** Whether this replica makes the bindings of protocols without ports to this remote address. */
  ownsRemote(remote: number): boolean {
    return replicaOfHost(remote, this.#replica.count) === this.#replica.index;
  }

  freeCount(address: number, portClass: number): number {
    return this.#free[address * PORT_CLASSES + portClass];
  }

  isFree(address: number, portClass: number, port: number): boolean {
    return (this.#taken[(address * PORT_CLASSES + portClass) * WORDS + (port >>> 5)] & (1 << (port & 31))) === 0;
  }

  /**
   * Gives out a port of the external address with this index: the wanted one when it is free, else the next free one of
   * the same parity (RFC 4787 REQ-4; identifiers have none), else the next free one; or, where the options say so, a random one
   * of the same parity. Returns -1 when there is none.
   */
  take(address: number, portClass: number, wanted: number): number {
    const map = address * PORT_CLASSES + portClass;
    if (this.#free[map] === 0) return -1;
    let port = wanted;
    if (!this.#preserves || !this.isFree(address, portClass, wanted)) {
      const parity = portClass === PortClass.icmp ? ALL : (wanted & 1) === 0 ? EVEN : ~EVEN;
      const drawn = this.#random === null ? -1 : this.#draw(this.#random, address, portClass, wanted);
      if (drawn >= 0 && this.isFree(address, portClass, drawn)) port = drawn;
      else {
        const from = drawn < 0 ? this.#cursor[map] : drawn;
        port = this.#next(map, parity, from);
        if (port < 0) port = this.#next(map, ALL, from);
      }
      this.#cursor[map] = (port + 1) & 0xffff;
    }
    this.mark(address, portClass, port);
    return port;
  }

  /** A port in the range, with the parity of `wanted` where that has one; free, if one of a few is. */
  #draw(random: RandomPorts, address: number, portClass: number, wanted: number): number {
    let port = 0;
    for (let k = 0; k < DRAWS; k++) {
      port = random.between(this.#first[portClass], this.#last[portClass]);
      if (portClass !== PortClass.icmp) port = (port & ~1) | (wanted & 1);
      if (this.isFree(address, portClass, port)) break;
    }
    return port;
  }

  /** Notes that a free port is given out. */
  mark(address: number, portClass: number, port: number): void {
    const map = address * PORT_CLASSES + portClass;
    this.#taken[map * WORDS + (port >>> 5)] |= 1 << (port & 31);
    this.#free[map]--;
  }

  /** Takes a port away from those that may be given out, if it is one. */
  reserve(address: number, portClass: number, port: number): void {
    if (this.isFree(address, portClass, port)) this.mark(address, portClass, port);
  }

  release(address: number, portClass: number, port: number): void {
    const map = address * PORT_CLASSES + portClass;
    this.#taken[map * WORDS + (port >>> 5)] &= ~(1 << (port & 31));
    this.#free[map]++;
  }

  /** The first free port from `from` on, among those in the mask; -1 when there is none. */
  #next(map: number, mask: number, from: number): number {
    const start = from >>> 5;
    const base = map * WORDS;
    let candidates = ~this.#taken[base + start] & mask & (ALL << (from & 31));
    for (let step = 0; step <= WORDS; step++) {
      const word = (start + step) & (WORDS - 1);
      if (step > 0) candidates = ~this.#taken[base + word] & mask;
      if (candidates !== 0) return (word << 5) + 31 - Math.clz32(candidates & -candidates);
    }
    return -1;
  }
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & EVEN);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
