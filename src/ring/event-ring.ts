/**
 * Messages from a worker to the main thread: a single-producer single-consumer ring of bytes in control memory. It holds
 * JSON texts, and words as they are for what comes too often to be made a text of; each after its length. A worker that
 * waits in `Atomics.wait` has no event loop, so it cannot post.
 *
 * offset  bytes  field           written by   read by
 *   0      4     producerIndex   worker       main       bytes written, free-running
 *  64      4     consumerIndex   main         worker     bytes read, free-running
 * 128      4     lost            worker       main       messages that found no room
 * 192      n     bytes                                   u32 length in bytes, bit 31: words; then the text, padded to 4 bytes, or the words
 *
 * (K) producerIndex stored by the worker pairs with (L) loaded by main: who sees the index sees the text.
 * (M) consumerIndex stored by main pairs with (N) loaded by the worker: who sees the index may overwrite.
 */
const HEADER_BYTES = 192;
const PRODUCER_WORD = 0;
const CONSUMER_WORD = 16;
const LOST_WORD = 32;
/** In a length: what follows are words. */
const ARE_WORDS = 0x80000000;

const decoder = new TextDecoder();

export interface EventRingSpec {
  offset: number;
  /** Power of two. */
  capacityBytes: number;
}

export function eventRingBytes(capacityBytes: number): number {
  return HEADER_BYTES + capacityBytes;
}

export class EventWriter {
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  /** The same bytes. */
  readonly #content: Int32Array;

  constructor(buffer: ArrayBufferLike, spec: EventRingSpec) {
    this.capacity = spec.capacityBytes;
    this.#words = new Int32Array(buffer, spec.offset, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes);
    this.#content = new Int32Array(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes / 4);
  }

  /** Writes a message, or counts it as lost when there is no room: observation never slows the data path. */
  write(message: unknown): boolean {
    if (this.tryWrite(message)) return true;
    this.#words[LOST_WORD]++;
    return false;
  }

  /** Writes a message if there is room: for those who will try again. */
  tryWrite(message: unknown): boolean {
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    const length = 4 + ((bytes + 3) & ~3);
    if (length > this.capacity - this.unread) return false;
    const index = Atomics.load(this.#words, PRODUCER_WORD); // own index: no partner
    const mask = this.capacity - 1;
    this.#content[(index & mask) >>> 2] = bytes;
    const start = (index + 4) & mask;
    if (bytes <= this.capacity - start) this.#bytes.write(text, start);
    else this.#writeRound(Buffer.from(text), start);
    Atomics.store(this.#words, PRODUCER_WORD, (index + length) | 0); // (K)
    return true;
  }

  /** A text that goes round the end. */
  #writeRound(text: Uint8Array, start: number): void {
    const first = this.capacity - start;
    this.#bytes.set(text.subarray(0, first), start);
    this.#bytes.set(text.subarray(first), 0);
  }

  /** Writes `words[at, at + count)`, or counts the message as lost when there is no room. Makes no object. */
  writeWords(words: Int32Array, at: number, count: number): boolean {
    const length = 4 + 4 * count;
    if (length > this.capacity - this.unread) {
      this.#words[LOST_WORD]++;
      return false;
    }
    const index = Atomics.load(this.#words, PRODUCER_WORD); // own index: no partner
    const content = this.#content;
    const mask = content.length - 1;
    const start = index >>> 2;
    content[start & mask] = (4 * count) | ARE_WORDS;
    for (let k = 0; k < count; k++) content[(start + 1 + k) & mask] = words[at + k];
    Atomics.store(this.#words, PRODUCER_WORD, (index + length) | 0); // (K)
    return true;
  }

  /** Bytes that main has not read yet. */
  get unread(): number {
    return (Atomics.load(this.#words, PRODUCER_WORD) - Atomics.load(this.#words, CONSUMER_WORD)) | 0; // (N)
  }
}

export class EventReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #content: Uint32Array;
  readonly #capacity: number;

  constructor(buffer: ArrayBufferLike, spec: EventRingSpec) {
    this.#words = new Int32Array(buffer, spec.offset, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes);
    this.#content = new Uint32Array(buffer, spec.offset + HEADER_BYTES, spec.capacityBytes / 4);
    this.#capacity = spec.capacityBytes;
  }

  /** Calls `receive` with each waiting message that is JSON, `receiveWords` with each of words, a copy; returns how many. */
  drain(receive: (message: unknown) => void, receiveWords: (words: Uint32Array) => void = () => undefined): number {
    const mask = this.#capacity - 1;
    let index = Atomics.load(this.#words, CONSUMER_WORD); // own index: no partner
    const end = Atomics.load(this.#words, PRODUCER_WORD); // (L)
    let count = 0;
    while (index !== end) {
      const head = this.#content[(index & mask) >>> 2];
      const length = head & ~ARE_WORDS;
      const message = new Uint8Array(length);
      const start = (index + 4) & mask;
      const first = Math.min(length, this.#capacity - start);
      message.set(this.#bytes.subarray(start, start + first));
      if (first < length) message.set(this.#bytes.subarray(0, length - first), first);
      index = (index + 4 + ((length + 3) & ~3)) | 0;
      Atomics.store(this.#words, CONSUMER_WORD, index); // (M)
      if ((head & ARE_WORDS) !== 0) receiveWords(new Uint32Array(message.buffer));
      else receive(JSON.parse(decoder.decode(message)));
      count++;
    }
    return count;
  }

  /** Messages that the worker could not write. */
  get lost(): number {
    return this.#words[LOST_WORD];
  }
}
