/**
 * Messages from a worker to the main thread: a single-producer single-consumer ring of bytes in control memory. It holds
 * JSON texts, each after its length. A worker that waits in `Atomics.wait` has no event loop, so it cannot post.
 *
 * offset  bytes  field           written by   read by
 *   0      4     producerIndex   worker       main       bytes written, free-running
 *  64      4     consumerIndex   main         worker     bytes read, free-running
 * 128      4     lost            worker       main       messages that found no room
 * 192      n     bytes                                   u32 length, then the text, padded to 4 bytes
 *
 * (K) producerIndex stored by the worker pairs with (L) loaded by main: who sees the index sees the text.
 * (M) consumerIndex stored by main pairs with (N) loaded by the worker: who sees the index may overwrite.
 */
const HEADER_BYTES = 192;
const PRODUCER_WORD = 0;
const CONSUMER_WORD = 16;
const LOST_WORD = 32;

export interface EventRingSpec {
  offset: number;
  /** Power of two. */
  capacityBytes: number;
}

export function eventRingBytes(capacityBytes: number): number {
  return HEADER_BYTES + capacityBytes;
}

export class EventWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;

  constructor(buffer: ArrayBufferLike, spec: EventRingSpec) {
    this.#words = new Int32Array(buffer, spec.offset, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes);
    this.#capacity = spec.capacityBytes;
  }

  /** Writes a message, or counts it as lost when there is no room: observation never slows the data path. */
  write(message: unknown): boolean {
    if (this.tryWrite(message)) return true;
    this.#words[LOST_WORD]++;
    return false;
  }

  /** Writes a message if there is room: for those who will try again. */
  tryWrite(message: unknown): boolean {
    const text = Buffer.from(JSON.stringify(message));
    const length = 4 + ((text.length + 3) & ~3);
    const index = Atomics.load(this.#words, PRODUCER_WORD); // own index: no partner
    const used = (index - Atomics.load(this.#words, CONSUMER_WORD)) >>> 0; // (N)
    if (length > this.#capacity - used) return false;
    const mask = this.#capacity - 1;
    for (let k = 0; k < 4; k++) this.#bytes[(index + k) & mask] = text.length >>> (8 * k);
    const start = (index + 4) & mask;
    const first = Math.min(text.length, this.#capacity - start);
    this.#bytes.set(text.subarray(0, first), start);
    if (first < text.length) this.#bytes.set(text.subarray(first), 0);
    Atomics.store(this.#words, PRODUCER_WORD, (index + length) | 0); // (K)
    return true;
  }

  /** Share of the ring that main has not read yet, 0 to 1. */
  load(): number {
    return ((Atomics.load(this.#words, PRODUCER_WORD) - Atomics.load(this.#words, CONSUMER_WORD)) >>> 0) / this.#capacity; // (N)
  }
}

export class EventReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;

  constructor(buffer: ArrayBufferLike, spec: EventRingSpec) {
    this.#words = new Int32Array(buffer, spec.offset, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes);
    this.#capacity = spec.capacityBytes;
  }

  /** Calls `receive` with each waiting message; returns how many. */
  drain(receive: (message: unknown) => void): number {
    const mask = this.#capacity - 1;
    let index = Atomics.load(this.#words, CONSUMER_WORD); // own index: no partner
    const end = Atomics.load(this.#words, PRODUCER_WORD); // (L)
    let count = 0;
    while (index !== end) {
      let length = 0;
      for (let k = 3; k >= 0; k--) length = (length << 8) | this.#bytes[(index + k) & mask];
      const text = Buffer.allocUnsafe(length);
      const start = (index + 4) & mask;
      const first = Math.min(length, this.#capacity - start);
      text.set(this.#bytes.subarray(start, start + first));
      if (first < length) text.set(this.#bytes.subarray(0, length - first), first);
      index = (index + 4 + ((length + 3) & ~3)) | 0;
      Atomics.store(this.#words, CONSUMER_WORD, index); // (M)
      receive(JSON.parse(text.toString()));
      count++;
    }
    return count;
  }

  /** Messages that the worker could not write. */
  get lost(): number {
    return this.#words[LOST_WORD];
  }
}
