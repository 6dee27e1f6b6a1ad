/** Hot: no allocation. Fixed-size tables in control memory that an NF declares: they outlive the VM that writes them. */
import { EntryNumbers } from '../flow/entry-numbers.js';
import { FLOW_INDEX_MASK } from '../flow/flow-id.js';
import { HashIndex } from './hash-index.js';

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
/** An entry: state, generation, expiry in seconds, then key, then value. Valid from the final store of its state on. */
const ENTRY_OVERHEAD_WORDS = 3;

/**
 * Fill `key`, call `find()` or `insert()`, and use the entry they return as `table.words[table.value(entry) + k]`. Entries keep their
 * place until removed. Those in use lie close together: the place that became free last is taken next.
 *
 * Only entries are in control memory. The index that finds them, and which places are free, can be told from them, and are when the table is
 * opened: so no restart finds the one ahead of the other.
 */
export class StateTable {
  /** Fill before find, insert. */
  readonly key: Uint32Array;
  readonly words: Uint32Array;
  readonly capacity: number;
  #count = 0;
  readonly #keyWords: number;
  readonly #stride: number;
  readonly #index: HashIndex;
  readonly #numbers: EntryNumbers;
  #sweep = 0;

  static bytes(spec: KeyedTableSpec): number {
    return spec.capacity * StateTable.#strideOf(spec) * 4;
  }

  static #strideOf(spec: KeyedTableSpec): number {
    return ENTRY_OVERHEAD_WORDS + spec.keyWords + spec.valueWords;
  }

  constructor(spec: KeyedTableSpec, buffer: ArrayBufferLike, byteOffset: number) {
    this.key = new Uint32Array(spec.keyWords);
    this.capacity = spec.capacity;
    this.#keyWords = spec.keyWords;
    this.#stride = StateTable.#strideOf(spec);
    this.words = new Uint32Array(buffer, byteOffset, spec.capacity * this.#stride);
    this.#index = new HashIndex(spec.capacity);
    this.#numbers = new EntryNumbers(spec.capacity);
    this.#open();
  }

  #open(): void {
    const numbers = this.#numbers;
    let used = this.capacity;
    while (used > 0 && !this.isTaken(used - 1)) used--;
    while (numbers.low < used) numbers.takeLow();
    for (let entry = used - 1; entry >= 0; entry--) {
      if (this.isTaken(entry)) {
        this.#count++;
        this.#index.add(this.#hash(this.words, this.keyAt(entry)), entry);
      } else numbers.giveBack(entry);
    }
  }

  /** Entries in use. */
  get count(): number {
    return this.#count;
  }

  /** The entry with this key, or -1. */
  find(): number {
    const { buckets, mask, numberBits } = this.#index;
    const hash = this.#hash(this.key, 0);
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const found = buckets[bucket];
      if (found === 0) return -1;
      if ((found ^ hash) >>> numberBits !== 0) continue;
      const entry = (found & mask) - 1;
      if (this.isTaken(entry) && this.#equals(entry * this.#stride)) return entry;
    }
  }

  /** A new entry with this key and a value of zeros, or -1 when the table is full. The key must not be present. */
  insert(): number {
    if (this.#count >= this.capacity) return -1;
    const words = this.words;
    const entry = this.#numbers.takeLow();
    const at = entry * this.#stride;
    words.fill(0, at + ENTRY_OVERHEAD_WORDS, at + this.#stride);
    for (let k = 0; k < this.#keyWords; k++) words[at + ENTRY_OVERHEAD_WORDS + k] = this.key[k]!;
    words[at + 1]++;
    words[at + 2] = 0xffffffff;
    words[at] = TAKEN; // the final store: from here on the entry counts, also for whoever restarts this NF
    this.#index.add(this.#hash(this.key, 0), entry);
    this.#count++;
    return entry;
  }

  remove(entry: number): void {
    if (!this.isTaken(entry) || !this.#index.remove(entry)) return;
    this.words[entry * this.#stride] = FREE;
    this.#numbers.giveBack(entry);
    this.#count--;
  }

  /** Index in `words` of the first word of the entry's key. */
  keyAt(entry: number): number {
    return entry * this.#stride + ENTRY_OVERHEAD_WORDS;
  }

  /** Index in `words` of the first word of the entry's value. */
  value(entry: number): number {
    return entry * this.#stride + ENTRY_OVERHEAD_WORDS + this.#keyWords;
  }

  /** Rises each time the place is taken anew: tells an entry from a later one in the same place. */
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
   * Looks at the next `budget` places and calls `expired` with each entry that has timed out; it removes them, when it
   * wants to, with `remove`. Call it between bursts.
   */
  sweep(nowMs: number, budget: number, expired: (entry: number) => void): void {
    const used = this.#numbers.low;
    for (let k = Math.min(budget, used); k > 0; k--) {
      const entry = this.#sweep >= used ? 0 : this.#sweep;
      this.#sweep = entry + 1;
      if (this.isTaken(entry) && this.isExpired(entry, nowMs)) expired(entry);
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
