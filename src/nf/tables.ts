/** Hot: no allocation. Fixed-size tables in control memory that an NF declares: they outlive the VM that writes them. */
import { FLOW_INDEX_MASK } from '../flow/flow-id.js';

export interface KeyedTableSpec {
  kind: 'keyed';
  /** u32 words of the key and of the value. */
  keyWords: number;
  valueWords: number;
  /** Most entries at a time. */
  capacity: number;
}

export interface PerFlowTableSpec {
  kind: 'per-flow';
  /** u32 words for each flow; zero when the flow is new. */
  valueWords: number;
}

export type TableSpec = KeyedTableSpec | PerFlowTableSpec;

/** A hash table with keys and values of u32 words. */
export function keyed(spec: Omit<KeyedTableSpec, 'kind'>): KeyedTableSpec & { kind: 'keyed' } {
  return { kind: 'keyed', ...spec };
}

/** A few words for every flow, found by the flow id of the packet without another lookup. */
export function perFlow(valueWords: number): PerFlowTableSpec & { kind: 'per-flow' } {
  return { kind: 'per-flow', valueWords };
}

const FREE = 0;
const TAKEN = 1;
const REMOVED = 2;
/** An entry: state, generation, expiry in seconds, then key, then value. Valid from the final store of its state on. */
const ENTRY_OVERHEAD_WORDS = 3;
/** Buckets per entry: half full at most, so that a probe is short. */
const BUCKETS_PER_ENTRY = 2;

/**
 * Open addressing with linear probing. Fill `key`, call `find()` or `insert()`, and use the entry they return as
 * `table.words[table.value(entry) + k]`. Entries keep their place until removed.
 */
export class StateTable {
  /** Fill before find, insert. */
  readonly key: Uint32Array;
  readonly words: Uint32Array;
  readonly capacity: number;
  #count = 0;
  readonly #keyWords: number;
  readonly #stride: number;
  readonly #mask: number;
  #sweep = 0;

  static bytes(spec: KeyedTableSpec): number {
    return StateTable.#buckets(spec) * (ENTRY_OVERHEAD_WORDS + spec.keyWords + spec.valueWords) * 4;
  }

  static #buckets(spec: KeyedTableSpec): number {
    return 2 ** Math.ceil(Math.log2(Math.max(2, spec.capacity * BUCKETS_PER_ENTRY)));
  }

  constructor(spec: KeyedTableSpec, buffer: ArrayBufferLike, byteOffset: number) {
    this.key = new Uint32Array(spec.keyWords);
    this.capacity = spec.capacity;
    this.#keyWords = spec.keyWords;
    this.#stride = ENTRY_OVERHEAD_WORDS + spec.keyWords + spec.valueWords;
    this.#mask = StateTable.#buckets(spec) - 1;
    this.words = new Uint32Array(buffer, byteOffset, (this.#mask + 1) * this.#stride);
    for (let at = 0; at < this.words.length; at += this.#stride) if (this.words[at] === TAKEN) this.#count++;
  }

  /** Entries in use. */
  get count(): number {
    return this.#count;
  }

  /** The entry with this key, or -1. */
  find(): number {
    const words = this.words;
    const home = this.#hash(this.key, 0);
    for (let probes = 0; probes <= this.#mask; probes++) {
      const bucket = (home + probes) & this.#mask;
      const at = bucket * this.#stride;
      const state = words[at];
      if (state === FREE) return -1;
      if (state === TAKEN && this.#equals(at)) return bucket;
    }
    return -1;
  }

  /** A new entry with this key and a value of zeros, or -1 when the table is full. The key must not be present. */
  insert(): number {
    if (this.#count >= this.capacity) return -1;
    const words = this.words;
    let bucket = this.#hash(this.key, 0) & this.#mask;
    while (words[bucket * this.#stride] === TAKEN) bucket = (bucket + 1) & this.#mask;
    const at = bucket * this.#stride;
    words.fill(0, at + ENTRY_OVERHEAD_WORDS, at + this.#stride);
    for (let k = 0; k < this.#keyWords; k++) words[at + ENTRY_OVERHEAD_WORDS + k] = this.key[k]!;
    words[at + 1]++;
    words[at + 2] = 0xffffffff;
    words[at] = TAKEN; // the final store: from here on the entry counts, also for whoever restarts this NF
    this.#count++;
    return bucket;
  }

  remove(entry: number): void {
    const words = this.words;
    if (words[entry * this.#stride] !== TAKEN) return;
    words[entry * this.#stride] = REMOVED;
    this.#count--;
    this.#freeAround(entry);
  }

  /**
   * Frees the tombstones that no probe for a taken entry crosses any more. Without that, coming and going would fill the
   * table with tombstones and a probe for an absent key would cross it all. Entries cannot move together instead: NFs
   * remember their places. Only tombstones from the removed entry's home to its place were crossed on its account, so
   * looking at those keeps this true at all times: every tombstone lies on the way to some taken entry.
   */
  #freeAround(removed: number): void {
    const words = this.words;
    // Places are counted from the removed entry on: those before it are negative.
    const home = -this.#displacement(removed);
    let place = 0;
    while (place < this.#mask && words[((removed + place + 1) & this.#mask) * this.#stride] !== FREE) place++;
    /** The first place that a probe for an entry seen so far crosses. */
    let reach = place + 1;
    for (; place >= home; place--) {
      const bucket = (removed + place) & this.#mask;
      const at = bucket * this.#stride;
      if (words[at] === TAKEN) reach = Math.min(reach, place - this.#displacement(bucket));
      else if (words[at] === REMOVED && place < reach) words[at] = FREE;
    }
  }

  /** How many buckets the key in this bucket stands behind its home. */
  #displacement(bucket: number): number {
    return (bucket - this.#hash(this.words, this.keyAt(bucket))) & this.#mask;
  }

  /** Index in `words` of the first word of the entry's key. */
  keyAt(entry: number): number {
    return entry * this.#stride + ENTRY_OVERHEAD_WORDS;
  }

  /** Index in `words` of the first word of the entry's value. */
  value(entry: number): number {
    return entry * this.#stride + ENTRY_OVERHEAD_WORDS + this.#keyWords;
  }

  /** Rises each time the bucket is taken anew: tells an entry from a later one in the same place. */
  generation(entry: number): number {
    return this.words[entry * this.#stride + 1];
  }

  isTaken(entry: number): boolean {
    return this.words[entry * this.#stride] === TAKEN;
  }

  /** Sets when the entry times out, in milliseconds of packet time. */
  expireAt(entry: number, timeMs: number): void {
    this.words[entry * this.#stride + 2] = Math.min(0xffffffff, Math.ceil(timeMs / 1000));
  }

  isExpired(entry: number, nowMs: number): boolean {
    return this.words[entry * this.#stride + 2] * 1000 <= nowMs;
  }

  /**
   * Looks at the next `budget` buckets and calls `expired` with each entry that has timed out; it removes them, when it
   * wants to, with `remove`. Call it between bursts.
   */
  sweep(nowMs: number, budget: number, expired: (entry: number) => void): void {
    for (let k = Math.min(budget, this.#mask + 1); k > 0; k--) {
      const bucket = this.#sweep;
      this.#sweep = (bucket + 1) & this.#mask;
      if (this.words[bucket * this.#stride] === TAKEN && this.isExpired(bucket, nowMs)) expired(bucket);
    }
  }

  #equals(at: number): boolean {
    for (let k = 0; k < this.#keyWords; k++) if (this.words[at + ENTRY_OVERHEAD_WORDS + k] !== this.key[k]) return false;
    return true;
  }

  #hash(words: Uint32Array, at: number): number {
    let hash = 0x9e3779b9;
    for (let k = 0; k < this.#keyWords; k++) {
      hash = Math.imul(hash ^ words[at + k], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

/** Words for every flow. Both directions of a connection, translated or not, share one flow id, so one entry. */
export class PerFlowTable {
  readonly words: Uint32Array;
  /** Most flows at a time. */
  readonly capacity: number;
  readonly #stride: number;
  readonly #valueWords: number;

  static bytes(spec: PerFlowTableSpec, flowCapacity: number): number {
    return (flowCapacity + 1) * (1 + spec.valueWords) * 4;
  }

  constructor(spec: PerFlowTableSpec, flowCapacity: number, buffer: ArrayBufferLike, byteOffset: number) {
    this.capacity = flowCapacity;
    this.#valueWords = spec.valueWords;
    this.#stride = 1 + spec.valueWords;
    this.words = new Uint32Array(buffer, byteOffset, (flowCapacity + 1) * this.#stride);
  }

  /**
   * Index in `words` of the first word of the flow's entry; zeros when the flow is new. Packets without a flow
   * (flow id 0: not IP, a later fragment of an unknown datagram, or no flows are kept) share one entry, which is zeroed at
   * every call.
   */
  of(flowId: number): number {
    const at = (flowId & FLOW_INDEX_MASK) * this.#stride;
    if (flowId === 0 || this.words[at] !== flowId) {
      // A loop: `fill` costs more than the few words take.
      const { words } = this;
      for (let word = at + 1; word <= at + this.#valueWords; word++) words[word] = 0;
      words[at] = flowId;
    }
    return at + 1;
  }

  /** The same without making an entry: -1 when there is none, or when its place is another flow's by now. */
  find(flowId: number): number {
    const at = (flowId & FLOW_INDEX_MASK) * this.#stride;
    return flowId !== 0 && this.words[at] === flowId ? at + 1 : -1;
  }
}
