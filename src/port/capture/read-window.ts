/**
 * The piece of a capture that is in memory: a buffer that slides over the file, made once. Places are told by
 * *position*, bytes taken into the buffer since the start, so that they stay true when the buffer's content moves.
 *
 *   | given up | retained: records that wait | cursor: not looked at yet | free |
 *   0          retained - base               #cursor                     #end   buffer.length
 *
 * More is read only while what is kept is at most half of the buffer. So moving the kept bytes to the front, to make
 * room, copies less than it makes room for. Where little is kept, that is done long before the buffer is full.
 */
import type { ByteSource } from './byte-source.js';

/** What `ensure` found. */
export const Availability = { ready: 0, ended: 1, blocked: 2 } as const;

/** Most bytes asked for at once: a record with its headers. */
export const MAX_REQUEST_BYTES = 512 * 1024;
const SCRATCH_BYTES = 65536;
/** Bytes read at once: so few that they are in the core's cache still when their records are looked at. */
const READ_BYTES = 131_072;
/** Bytes given up for each byte that is kept and moved to the front: so the same few places stay in use, and in the cache. */
const GIVEN_UP_PER_MOVED = 8;

export class ReadWindow {
  readonly buffer: Uint8Array;
  readonly #source: ByteSource;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  /** Position of the buffer's first byte. */
  #base = 0;
  #cursor = 0;
  #end = 0;
  #ended = false;
  /** Bytes yet to be passed over before the next read: they never enter the buffer. */
  #toSkip = 0;
  #skipped = 0;
  #failure: string | null = null;
  /** Position of the first byte that is still needed; infinite when nothing waits. */
  retained = Infinity;

  /** @param keepBytes bytes that may wait in memory: half of the buffer. */
  constructor(source: ByteSource, keepBytes: number) {
    const wanted = 2 * Math.max(keepBytes, MAX_REQUEST_BYTES);
    // A file that fits needs no more than its size.
    this.buffer = new Uint8Array(Math.min(wanted, Math.max(source.sizeBytes ?? wanted, 2 * MAX_REQUEST_BYTES)));
    this.#source = source;
  }

  /** Index in the buffer of the first byte not looked at. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Bytes in the buffer from the cursor on. */
  get available(): number {
    return this.#end - this.#cursor;
  }

  get position(): number {
    return this.#base + this.#cursor;
  }

  /** Byte offset of the cursor in the file. */
  get fileOffset(): number {
    return this.#base + this.#cursor + this.#skipped + this.#toSkip;
  }

  /** What the system said when it could not read on. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Bytes of a skip that the file did not have. */
  get missing(): number {
    return this.#toSkip;
  }

  /** Index in the buffer of a retained position. */
  indexOf(position: number): number {
    return position - this.#base;
  }

  /** Sees to it that `count` bytes are there at the cursor. */
  ensure(count: number): number {
    while (this.#end - this.#cursor < count || this.#toSkip > 0) {
      if (this.#ended) return Availability.ended;
      if (this.#toSkip > 0) {
        if (!this.#passOver()) return Availability.blocked;
        continue;
      }
      const needed = Math.min(this.retained, this.#base + this.#cursor) - this.#base;
      const isFull = this.#cursor + count > this.buffer.length || this.#end === this.buffer.length;
      if (isFull && this.#cursor + count - needed > this.buffer.length >>> 1) return Availability.blocked;
      if (isFull || (this.#end - needed) * GIVEN_UP_PER_MOVED <= needed) this.#moveToFront(needed);
      const read = this.#read(this.buffer, this.#end, Math.min(READ_BYTES, this.buffer.length - this.#end));
      if (read < 0) return Availability.blocked;
      this.#end += read;
    }
    return Availability.ready;
  }

  /** Gives up what lies before `needed`. */
  #moveToFront(needed: number): void {
    this.buffer.copyWithin(0, needed, this.#end);
    this.#base += needed;
    this.#cursor -= needed;
    this.#end -= needed;
  }

  /** Moves the cursor on. */
  skip(count: number): void {
    const here = this.#end - this.#cursor;
    if (count <= here) {
      this.#cursor += count;
      return;
    }
    this.#cursor = this.#end;
    this.#toSkip += count - here;
  }

  /** False when a stream has nothing yet. */
  #passOver(): boolean {
    const count = this.#read(this.#scratch, 0, Math.min(this.#toSkip, SCRATCH_BYTES));
    if (count < 0) return false;
    this.#toSkip -= count;
    this.#skipped += count;
    return true;
  }

  #read(into: Uint8Array, offset: number, length: number): number {
    let count = 0;
    try {
      count = this.#source.read(into, offset, length);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    if (count === 0) this.#ended = true;
    return count;
  }

  close(): void {
    this.#source.close();
  }
}
