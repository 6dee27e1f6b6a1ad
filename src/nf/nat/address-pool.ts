/** Hot: no allocation. The external addresses, and the prefixes whose hosts are translated. */
import type { Prefix } from './addresses.js';

/** Odd, with bits well spread: the golden ratio of 2^32. */
const SPREAD = 0x9e3779b1;

/**
 * The pool of external addresses. Pairing is computed, not kept: an inside host has the same external address for all of
 * its bindings (RFC 4787 REQ-2), in every replica and after every restart.
 */
export class AddressPool {
  readonly count: number;
  readonly #addresses: Int32Array;
  /** Open addressing: index of an address + 1, 0 where the bucket is free. */
  readonly #buckets: Uint16Array;
  readonly #shift: number;
  /** Inside hosts whose place in the pool is not computed, because ports are forwarded to them there. */
  readonly #pairs: ReadonlyMap<number, number>;

  /** @param pairs external address by inside address, for the hosts that have one assigned. */
  constructor(addresses: readonly number[], pairs: ReadonlyMap<number, number> = new Map()) {
    this.#addresses = Int32Array.from(addresses);
    this.count = addresses.length;
    const bits = Math.ceil(Math.log2(Math.max(2, addresses.length * 2)));
    this.#shift = 32 - bits;
    this.#buckets = new Uint16Array(2 ** bits);
    addresses.forEach((address, index) => {
      let bucket = Math.imul(address, SPREAD) >>> this.#shift;
      while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & (this.#buckets.length - 1);
      this.#buckets[bucket] = index + 1;
    });
    this.#pairs = new Map([...pairs].map(([inside, external]) => [inside | 0, this.indexOf(external)]));
  }

  /** Place of an address, a u32 or an int32, in the pool, or -1. */
  indexOf(address: number): number {
    let bucket = Math.imul(address, SPREAD) >>> this.#shift;
    for (let found = this.#buckets[bucket]; found !== 0; found = this.#buckets[bucket]!) {
      if (this.#addresses[found - 1] === (address | 0)) return found - 1;
      bucket = (bucket + 1) & (this.#buckets.length - 1);
    }
    return -1;
  }

  /** As an int32. */
  address(index: number): number {
    return this.#addresses[index];
  }

  /** Place of the external address of an inside host; -1 when the pool is empty. */
  pairedWith(inside: number): number {
    if (this.count === 0) return -1;
    const assigned = this.#pairs.get(inside | 0);
    if (assigned !== undefined) return assigned;
    let hash = Math.imul(inside ^ (inside >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) % this.count;
  }
}

/** A set of IPv4 prefixes. Few: they are compared one after the other. */
export class PrefixSet {
  readonly #addresses: Int32Array;
  readonly #masks: Int32Array;

  constructor(prefixes: readonly Prefix[]) {
    this.#addresses = Int32Array.from(prefixes, (prefix) => prefix.address);
    this.#masks = Int32Array.from(prefixes, (prefix) => prefix.mask);
  }

  contains(address: number): boolean {
    for (let k = 0; k < this.#masks.length; k++) if ((address & this.#masks[k]) === this.#addresses[k]) return true;
    return false;
  }
}
