/**
 * Hot: no allocation. The free slots. One owner, the packet manager, takes and frees; there is no lock.
 *
 *   slot state   owner          moves on by
 *   free         pool           take: the manager fills it through a port
 *   filled       port           the port hands it over
 *   held         manager        lend, or give to a port for transmission
 *   lent to k    VM k           VM k's tx ring
 *   sending      port           the port's completion: back to the pool
 *
 * Free slots are used last in, first out, so that few slots stay in the cache. Partitions split the slots by affinity
 * group; accounts are charged for what they hold.
 */
import type { Region } from './region.js';

/** Slots charged to somebody: a target, a VM's allowance. */
export interface Account {
  readonly name: string;
  readonly quotaSlots: number;
  used: number;
  highWater: number;
}

export function account(name: string, quotaSlots: number): Account {
  return { name, quotaSlots, used: 0, highWater: 0 };
}

/** A contiguous run of slots: first index and count. */
export interface Partition {
  readonly first: number;
  readonly count: number;
}

export class BufferPool {
  readonly #free: Uint32Array[];
  readonly #counts: number[];
  readonly #partitionOf: Uint8Array;
  readonly #region: Region;

  constructor(region: Region, partitions: readonly Partition[] = [{ first: 0, count: region.slots }]) {
    this.#region = region;
    this.#partitionOf = new Uint8Array(region.slots);
    this.#free = partitions.map(({ first, count }, at) => {
      this.#partitionOf.fill(at, first, first + count);
      // Lowest address on top, so that small loads touch the start of the partition only.
      return Uint32Array.from({ length: count }, (_, k) => region.address(first + count - 1 - k));
    });
    this.#counts = partitions.map(({ count }) => count);
  }

  /** Free slots of a partition. */
  available(partition = 0): number {
    return this.#counts[partition];
  }

  /** Takes up to `count` slots, charged to `account`; writes their addresses to `out` and returns how many it got. */
  take(out: Uint32Array, count: number, charged: Account | null = null, partition = 0): number {
    const free = this.#free[partition];
    let top = this.#counts[partition];
    let granted = count < top ? count : top;
    if (charged !== null) {
      const room = charged.quotaSlots - charged.used;
      if (granted > room) granted = room;
      charged.used += granted;
      if (charged.used > charged.highWater) charged.highWater = charged.used;
    }
    for (let k = 0; k < granted; k++) out[k] = free[--top]!;
    this.#counts[partition] = top;
    return granted;
  }

  /** Gives a slot back. The caller, the manager, knows that it owns it. */
  free(address: number, charged: Account | null = null): void {
    const partition = this.#partitionOf[this.#region.slotIndex(address)];
    this.#free[partition][this.#counts[partition]++] = address;
    if (charged !== null) charged.used--;
  }

  /** Gives the slots from `addresses[from]` up to `to` back, which were charged to nobody. */
  freeBurst(addresses: Uint32Array, from: number, to: number): void {
    if (this.#free.length > 1) {
      for (let k = from; k < to; k++) this.free(addresses[k]);
      return;
    }
    const free = this.#free[0];
    let top = this.#counts[0];
    for (let k = from; k < to; k++) free[top++] = addresses[k];
    this.#counts[0] = top;
  }

  /** Gives slots back that `take` gave and nobody used, so that they come again in the same order. */
  giveBack(addresses: Uint32Array, from: number, to: number): void {
    for (let k = to - 1; k >= from; k--) this.free(addresses[k]);
  }

  /** The free addresses, for the census. */
  *addresses(): Generator<number> {
    for (const [at, free] of this.#free.entries()) for (let k = 0; k < this.#counts[at]; k++) yield free[k];
  }
}
