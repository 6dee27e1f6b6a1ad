/**
 * Copies of watched packets on their way to the main thread: a single-producer single-consumer ring of records of bytes in
 * control memory. It is bounded, and nobody waits for it: what finds no room is counted, for each watch that wanted it.
 *
 * offset  bytes  field           written by   read by
 *   0      4     producerIndex   worker       main       bytes written, free-running
 *  64      4     consumerIndex   main         worker     bytes read, free-running
 * 128    256     skipped         worker       main       float64 for each of 32 watches: records without room
 * 384      8     copied          worker       main       float64: bytes of packets that were copied in here
 * 448      n     records                                 first a u32: bytes of the record, all of it; it never wraps.
 *                                                        WRAPPED there: the next record is at the beginning
 *
 * The orderings are those of event-ring.ts, by the same letters: (K) and (L) of producerIndex, (M) and (N) of consumerIndex.
 */
const HEADER_BYTES = 448;
const PRODUCER_WORD = 0;
const CONSUMER_WORD = 16;
const CELLS_OFFSET = 128;
/** Of the float64 cells, the one with the bytes that were copied. */
export const COPIED_CELL = 32;
const WRAPPED = 0xffffffff;
const ALIGNMENT = 8;

/** Watches at a time: one bit each. */
export const MAX_WATCHES = 32;

export interface RecordRingSpec {
  offset: number;
  /** Power of two. */
  capacityBytes: number;
}

export function recordRingBytes(capacityBytes: number): number {
  return HEADER_BYTES + capacityBytes;
}

/** What both ends see. */
class RecordRing {
  readonly words: Int32Array;
  /** Of all watches, and at COPIED_CELL the bytes that were copied. */
  readonly cells: Float64Array;
  readonly capacity: number;
  // The records, at three widths.
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;

  constructor(buffer: ArrayBufferLike, { offset, capacityBytes }: RecordRingSpec) {
    this.words = new Int32Array(buffer, offset, CELLS_OFFSET / 4);
    this.cells = new Float64Array(buffer, offset + CELLS_OFFSET, COPIED_CELL + 1);
    this.capacity = capacityBytes;
    this.u8 = new Uint8Array(buffer, offset + HEADER_BYTES, capacityBytes);
    this.u16 = new Uint16Array(buffer, offset + HEADER_BYTES, capacityBytes >>> 1);
    this.u32 = new Uint32Array(buffer, offset + HEADER_BYTES, capacityBytes >>> 2);
  }

  get unread(): number {
    return (Atomics.load(this.words, PRODUCER_WORD) - Atomics.load(this.words, CONSUMER_WORD)) | 0; // (L) (N)
  }
}

export class RecordWriter {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** Where whoever copies packets in here counts them, at COPIED_CELL. */
  readonly cells: Float64Array;
  readonly #ring: RecordRing;
  #end = 0;

  constructor(buffer: ArrayBufferLike, spec: RecordRingSpec) {
    const ring = new RecordRing(buffer, spec);
    this.#ring = ring;
    this.u8 = ring.u8;
    this.u16 = ring.u16;
    this.u32 = ring.u32;
    this.cells = ring.cells;
  }

  /**
   * Finds room for a record of `bytes`, and counts it as skipped for the watches of `mask` when there is none.
   * @returns where it begins in `u8`, a multiple of 8, or -1.
   */
  begin(bytes: number, mask: number): number {
    const { words, capacity, u32 } = this.#ring;
    const length = (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    const index = Atomics.load(words, PRODUCER_WORD); // own index: no partner
    const room = capacity - ((index - Atomics.load(words, CONSUMER_WORD)) >>> 0); // (N)
    const at = index & (capacity - 1);
    const left = capacity - at;
    const wraps = length > left;
    if ((wraps ? left + length : length) > room || length > capacity) {
      this.skip(mask);
      return -1;
    }
    if (wraps) u32[at >>> 2] = WRAPPED;
    const start = wraps ? 0 : at;
    u32[start >>> 2] = length;
    this.#end = (index + (wraps ? left : 0) + length) | 0;
    return start;
  }

  /** Counts a record that cannot be made as skipped for the watches of `mask`. */
  skip(mask: number): void {
    const { cells } = this.#ring;
    for (let watch = 0; watch < MAX_WATCHES; watch++) if ((mask & (1 << watch)) !== 0) cells[watch]++;
  }

  /** Shows the record that was begun. */
  commit(): void {
    Atomics.store(this.#ring.words, PRODUCER_WORD, this.#end); // (K)
  }

  /** Bytes that are not read yet. */
  get unread(): number {
    return this.#ring.unread;
  }

  get capacity(): number {
    return this.#ring.capacity;
  }
}

export class RecordReader {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly #ring: RecordRing;

  constructor(buffer: ArrayBufferLike, spec: RecordRingSpec) {
    const ring = new RecordRing(buffer, spec);
    this.#ring = ring;
    this.u8 = ring.u8;
    this.u16 = ring.u16;
    this.u32 = ring.u32;
  }

  /** Calls `receive` with where each waiting record begins in `u8`; it may be read until `receive` returns. Returns how many. */
  drain(receive: (at: number) => void): number {
    const { words, capacity, u32 } = this.#ring;
    let index = Atomics.load(words, CONSUMER_WORD); // own index: no partner
    const end = Atomics.load(words, PRODUCER_WORD); // (L)
    let count = 0;
    while (index !== end) {
      const at = index & (capacity - 1);
      if (u32[at >>> 2] === WRAPPED) index = (index + capacity - at) | 0;
      else {
        receive(at);
        index = (index + u32[at >>> 2]) | 0;
        count++;
      }
      Atomics.store(words, CONSUMER_WORD, index); // (M)
    }
    return count;
  }

  /** Records of a watch that found no room, since the ring was made. */
  skipped(watch: number): number {
    return this.#ring.cells[watch];
  }

  /** Bytes of packets that were copied into the ring. */
  get copied(): number {
    return this.#ring.cells[COPIED_CELL];
  }
}
