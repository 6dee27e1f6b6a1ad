/** Hot: no allocation. Where the buffers of one message are: in the bytes of the stream, or put together apart. */
import { BUFFERS } from './buffers.js';

/** Twice a window: a header can become longer by the blank behind its colon. */
export const SCRATCH_BYTES = 1 << 16;

export class BufferRanges {
  /** The stream's bytes, or the datagram's. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #from = new Int32Array(BUFFERS.length).fill(-1);
  readonly #to = new Int32Array(BUFFERS.length);
  readonly #isApart = new Uint8Array(BUFFERS.length);
  #used = 0;
  #opened = 0;

  /** A message begins: no buffer is present. */
  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#from.fill(-1);
    this.#used = 0;
  }

  has(buffer: number): boolean {
    return this.#from[buffer] >= 0;
  }

  from(buffer: number): number {
    return this.#from[buffer];
  }

  to(buffer: number): number {
    return this.#to[buffer];
  }

  bytesOf(buffer: number): Uint8Array {
    return this.#isApart[buffer] === 1 ? this.scratch : this.bytes;
  }

  /** The buffer is `bytes[from, to)`. Of two of a kind the first counts. */
  set(buffer: number, from: number, to: number): void {
    if (this.#from[buffer] >= 0) return;
    this.#from[buffer] = from;
    this.#to[buffer] = to;
    this.#isApart[buffer] = 0;
  }

  forget(buffer: number): void {
    this.#from[buffer] = -1;
  }

  /** Begins a buffer that is put together apart; one at a time. */
  open(): void {
    this.#opened = this.#used;
  }

  /** Adds a byte; what finds no room is left out. */
  put(byte: number): void {
    if (this.#used < SCRATCH_BYTES) this.scratch[this.#used++] = byte;
  }

  close(buffer: number): void {
    this.#from[buffer] = this.#opened;
    this.#to[buffer] = this.#used;
    this.#isApart[buffer] = 1;
  }
}
