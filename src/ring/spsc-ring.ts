/**
 * Hot: no allocation. A lock-free queue of addresses between two threads: one pushes, one takes.
 *
 *   producer                                consumer
 *   write entries (plain)                   load producerIndex            (B)
 *   store producerIndex = …       (A)       read entries (plain), and the bytes behind them
 *                                           store consumerIndex = …       (C)
 *   load consumerIndex            (D)
 *
 * (A) pairs with (B): who sees the index sees the entries, the slot headers and the packet bytes written before it.
 *     Without the pair the consumer could read an entry, or a packet, from before.
 * (C) pairs with (D): who sees the consumer index knows that the entries before it have been read. A push never waits
 *     for it, because every ring has room for every slot there is; it serves occupancy, the wake-up policy, and `#claim`, which writes where
 *     entries have been released.
 *
 * Allowed states: 0 <= producerIndex - consumerIndex <= slots + burst <= capacity (in u32 arithmetic). The burst is the one
 * that the consumer has passed on and not released yet: its addresses may already come round again. Anything else means
 * that an address was made or kept twice, and `publish` throws.
 *
 * What the consumer has read lies in its core's cache, and the producer's next store there waits until it does not any more. So the producer
 * claims lines early, by stores that nobody reads: that of its index while the entries are still on their way, and those that the next burst's
 * entries will begin, once this one is published (docs/hot-code.md).
 */
import { ringCopiesOf, type RingCopies } from './ring-copies.js';
import { CONSUMER_INDEX_WORD, ENTRIES_WORD, LINE_ENTRIES, PRODUCER_CLAIMED_WORD, PRODUCER_INDEX_WORD, type RingSpec } from './ring-layout.js';

/** A longer burst than this has enough lines on their way while it is being written. */
const MOST_CLAIMED = 64;

/** The end that pushes. Exactly one thread has it. */
export class RingProducer {
  readonly #words: Int32Array;
  readonly #entries: Uint32Array;
  readonly #nowhere = new Uint32Array(1);
  readonly #copies: RingCopies;
  readonly #entriesAt: number;
  readonly #mask: number;
  readonly capacity: number;
  #producerIndex: number;
  #publishedIndex: number;
  #consumerIndexSeen: number;

  constructor(buffer: ArrayBufferLike, spec: RingSpec) {
    this.#words = new Int32Array(buffer, spec.offset, ENTRIES_WORD);
    this.#entries = new Uint32Array(buffer, spec.offset + ENTRIES_WORD * 4, spec.capacity);
    this.#copies = ringCopiesOf(buffer);
    this.#entriesAt = spec.offset / 4 + ENTRIES_WORD;
    this.#mask = spec.capacity - 1;
    this.capacity = spec.capacity;
    this.#producerIndex = Atomics.load(this.#words, PRODUCER_INDEX_WORD); // own index: no partner
    this.#publishedIndex = this.#producerIndex;
    // As if it had not been seen for too long, so that the first `publish` looks: a look that comes late has compiled code thrown away.
    this.#consumerIndexSeen = (this.#producerIndex - spec.capacity - 1) | 0;
  }

  /** Free-running index of the next entry, modulo 2^32, as an int32. */
  get producerIndex(): number {
    return this.#producerIndex;
  }

  /** Writes one address. The consumer sees it after `publish`. */
  push(address: number): void {
    this.#entries[this.#producerIndex & this.#mask] = address;
    this.#producerIndex = (this.#producerIndex + 1) | 0;
  }

  /** Writes `count` addresses from `from[start]` on. The consumer sees them after `publish`. */
  pushBurst(from: Uint32Array, start: number, count: number): void {
    this.#copies.put(this.#entriesAt, this.#mask, this.#producerIndex, from, start, count);
    this.#producerIndex = (this.#producerIndex + count) | 0;
  }

  /** Makes what was pushed visible, by one store for the whole burst. Returns how many became visible. */
  publish(): number {
    const count = (this.#producerIndex - this.#publishedIndex) | 0;
    if (count === 0) return 0;
    if (((this.#producerIndex - this.#consumerIndexSeen) | 0) > this.capacity && this.occupancy() > this.capacity) {
      throw new Error(`ring over-filled: ${this.occupancy()} addresses in a ring of ${this.capacity}; an address is in two places`);
    }
    this.#publishedIndex = this.#producerIndex;
    this.#words[PRODUCER_CLAIMED_WORD] = 0;
    Atomics.store(this.#words, PRODUCER_INDEX_WORD, this.#producerIndex); // (A)
    this.#claim(count);
    return count;
  }

  /**
   * Claims the lines that begin among the next `count` entries, where a burst fills a line and is not longer than `MOST_CLAIMED`, and the consumer is known to have released
   * what stood there (one that lies about it loses addresses that are lent to itself). Else a word of its own is written, by the same store: one that came late would have compiled code thrown away.
   */
  #claim(count: number): void {
    const index = this.#producerIndex;
    const room = (this.capacity - ((index + count - this.#consumerIndexSeen) | 0)) | 0;
    // One condition, so that no part of it comes late.
    const isWorthIt = ((count - LINE_ENTRIES) | (MOST_CLAIMED - count) | room) >= 0;
    const entries = isWorthIt ? this.#entries : this.#nowhere;
    const mask = isWorthIt ? this.#mask : 0;
    let k = -index & (LINE_ENTRIES - 1);
    do {
      entries[(index + k) & mask] = 0;
      k += LINE_ENTRIES;
    } while (k < count && isWorthIt);
  }

  /** Addresses that the consumer has not released yet, published or not. */
  occupancy(): number {
    this.#consumerIndexSeen = Atomics.load(this.#words, CONSUMER_INDEX_WORD); // (D)
    return (this.#producerIndex - this.#consumerIndexSeen) | 0;
  }
}

/** The end that takes. Exactly one thread has it. */
export class RingConsumer {
  readonly #words: Int32Array;
  readonly #copies: RingCopies;
  readonly #entriesAt: number;
  readonly #mask: number;
  #consumerIndex: number;
  #producerIndexSeen: number;

  constructor(buffer: ArrayBufferLike, spec: RingSpec) {
    this.#words = new Int32Array(buffer, spec.offset, ENTRIES_WORD);
    this.#copies = ringCopiesOf(buffer);
    this.#entriesAt = spec.offset / 4 + ENTRIES_WORD;
    this.#mask = spec.capacity - 1;
    this.#consumerIndex = Atomics.load(this.#words, CONSUMER_INDEX_WORD); // own index: no partner
    this.#producerIndexSeen = this.#consumerIndex;
  }

  /** Free-running index of the next entry to release, modulo 2^32, as an int32. */
  get consumerIndex(): number {
    return this.#consumerIndex;
  }

  /** Copies up to `max` addresses into `out` and returns how many. They stay in the ring until `release`. */
  peek(out: Uint32Array, max: number): number {
    const index = this.#consumerIndex;
    let count = (this.#producerIndexSeen - index) | 0;
    if (count < max) {
      this.#producerIndexSeen = Atomics.load(this.#words, PRODUCER_INDEX_WORD); // (B)
      count = (this.#producerIndexSeen - index) | 0;
    }
    // Never more than the ring holds: a wild producer index cannot lead us round in circles.
    if (count > max) count = max;
    if (count > this.#mask + 1) count = this.#mask + 1;
    if (count <= 0) return 0;
    this.#copies.get(this.#entriesAt, this.#mask, index, out, count);
    return count;
  }

  /** Lets go of the first `count` addresses. */
  release(count: number): void {
    this.#consumerIndex = (this.#consumerIndex + count) | 0;
    Atomics.store(this.#words, CONSUMER_INDEX_WORD, this.#consumerIndex); // (C)
  }

  /** `peek` and `release` in one, for who processes before anybody could mind. */
  take(out: Uint32Array, max: number): number {
    const count = this.peek(out, max);
    if (count > 0) this.release(count);
    return count;
  }

  isEmpty(): boolean {
    if (this.#producerIndexSeen !== this.#consumerIndex) return false;
    this.#producerIndexSeen = Atomics.load(this.#words, PRODUCER_INDEX_WORD); // (B)
    return this.#producerIndexSeen === this.#consumerIndex;
  }
}

/** Whether all that was published in a ring has been released, seen by neither of its ends. */
export function ringIsEmpty(buffer: ArrayBufferLike, spec: RingSpec): boolean {
  const words = new Int32Array(buffer, spec.offset, ENTRIES_WORD);
  return Atomics.load(words, CONSUMER_INDEX_WORD) === Atomics.load(words, PRODUCER_INDEX_WORD); // (D), then (B)
}

/** The entry at an index of a ring whose consumer is gone. */
export function ringEntry(buffer: ArrayBufferLike, spec: RingSpec, index: number): number {
  return new Uint32Array(buffer, spec.offset + ENTRIES_WORD * 4, spec.capacity)[index & (spec.capacity - 1)];
}

/** Empties a ring and sets both ends to 0. Only while neither end exists: a crash has taken one, its owner dropped the other. */
export function resetRing(buffer: ArrayBufferLike, spec: RingSpec): void {
  const words = new Int32Array(buffer, spec.offset, ENTRIES_WORD);
  Atomics.store(words, PRODUCER_INDEX_WORD, 0); // both ends are gone: no partner
  Atomics.store(words, CONSUMER_INDEX_WORD, 0); // no partner either
}
