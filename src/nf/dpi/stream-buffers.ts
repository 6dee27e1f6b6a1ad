/**
 * Hot: no allocation. A bounded pool of buffers in which the beginnings of streams are put together.
 *
 * A stream gets a buffer only while some protocol wants to see more than one packet of it, or while a segment waits for
 * one before it; most flows never need one. A buffer is found by index and knows its owner, so a flow whose buffer was
 * taken away (by age, or because this VM is a new one) sees that it is no longer its own.
 */
import { BlockCopier } from '../../memory/block-copier.js';

const NONE = 0xffffffff;
/** Pieces that a buffer may hold apart, with holes between them: what reordering really makes, and a bound. */
const MAX_PIECES = 8;

export class StreamBuffers {
  /** All buffers, one after another. */
  readonly bytes: Uint8Array;
  readonly bufferBytes: number;
  readonly count: number;
  readonly #owner: Uint32Array;
  readonly #side: Uint8Array;
  readonly #usedAt: Float64Array;
  readonly #pieces: Uint8Array;
  /** From and to of each piece, in rising order, disjoint. */
  readonly #bounds: Uint32Array;
  readonly #free: Uint32Array;
  readonly #copier = new BlockCopier();
  #freeCount: number;

  constructor(count: number, bufferBytes: number) {
    this.count = count;
    this.bufferBytes = bufferBytes;
    this.bytes = new Uint8Array(count * bufferBytes);
    this.#owner = new Uint32Array(count).fill(NONE);
    this.#side = new Uint8Array(count);
    this.#usedAt = new Float64Array(count);
    this.#pieces = new Uint8Array(count);
    this.#bounds = new Uint32Array(count * MAX_PIECES * 2);
    this.#free = Uint32Array.from({ length: count }, (_, k) => count - 1 - k);
    this.#freeCount = count;
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  /** A buffer for one direction of a flow, or -1 when there is none left. */
  take(flowId: number, side: number, nowMs: number): number {
    if (this.#freeCount === 0) return -1;
    const buffer = this.#free[--this.#freeCount];
    this.#owner[buffer] = flowId;
    this.#side[buffer] = side;
    this.#usedAt[buffer] = nowMs;
    this.#pieces[buffer] = 0;
    return buffer;
  }

  isOwnedBy(buffer: number, flowId: number, side: number): boolean {
    return buffer < this.count && this.#owner[buffer] === flowId && this.#side[buffer] === side;
  }

  release(buffer: number): void {
    if (this.#owner[buffer] === NONE) return;
    this.#owner[buffer] = NONE;
    this.#free[this.#freeCount++] = buffer;
  }

  /** Index in `bytes` of the buffer's first byte. */
  start(buffer: number): number {
    return buffer * this.bufferBytes;
  }

  /** Bytes present from the buffer's beginning up to the first hole. */
  contiguous(buffer: number): number {
    const first = buffer * MAX_PIECES * 2;
    return this.#pieces[buffer] > 0 && this.#bounds[first] === 0 ? this.#bounds[first + 1] : 0;
  }

  /** Where the last piece ends. */
  extent(buffer: number): number {
    const pieces = this.#pieces[buffer];
    return pieces === 0 ? 0 : this.#bounds[buffer * MAX_PIECES * 2 + pieces * 2 - 1];
  }

  /**
   * Puts `source[from, from + length)` at `offset`; what does not fit the buffer is left out. Where bytes are already
   * present those stay: of overlapping segments the first to come wins.
   * @returns bytes newly kept, or -1 when the piece would be one too many.
   */
  place(buffer: number, offset: number, source: Uint8Array, from: number, length: number, nowMs: number): number {
    const to = Math.min(offset + length, this.bufferBytes);
    if (to <= offset) return 0;
    const bounds = this.#bounds;
    const first = buffer * MAX_PIECES * 2;
    const pieces = this.#pieces[buffer];
    const shift = from - offset;

    // Pieces [low, high) touch or overlap [offset, to) and become one with it.
    let low = 0;
    while (low < pieces && bounds[first + 2 * low + 1] < offset) low++;
    let high = low;
    while (high < pieces && bounds[first + 2 * high] <= to) high++;
    if (low === high && pieces === MAX_PIECES) return -1;

    let kept = 0;
    let cursor = offset;
    for (let k = low; k < high; k++) {
      kept += this.#copy(buffer, cursor, Math.min(bounds[first + 2 * k], to), source, shift);
      cursor = Math.max(cursor, bounds[first + 2 * k + 1]);
    }
    kept += this.#copy(buffer, cursor, to, source, shift);

    const mergedFrom = low < high ? Math.min(offset, bounds[first + 2 * low]) : offset;
    const mergedTo = low < high ? Math.max(to, bounds[first + 2 * high - 1]) : to;
    this.#movePieces(first, high, pieces, low + 1 - high);
    bounds[first + 2 * low] = mergedFrom;
    bounds[first + 2 * low + 1] = mergedTo;
    this.#pieces[buffer] = pieces - (high - low) + 1;
    this.#usedAt[buffer] = nowMs;
    return kept;
  }

  /** Lets go of the first `count` bytes, which must be contiguous: what follows moves to the beginning. */
  slide(buffer: number, count: number): void {
    const start = this.start(buffer);
    this.bytes.copyWithin(start, start + count, start + this.extent(buffer));
    const first = buffer * MAX_PIECES * 2;
    const bounds = this.#bounds;
    for (let k = first; k < first + 2 * this.#pieces[buffer]; k++) bounds[k] = Math.max(0, bounds[k] - count);
    if (bounds[first + 1] === 0 && this.#pieces[buffer] > 0) {
      this.#movePieces(first, 1, this.#pieces[buffer], -1);
      this.#pieces[buffer]--;
    }
  }

  /** Forgets what is in the buffer. */
  clear(buffer: number): void {
    this.#pieces[buffer] = 0;
  }

  /** Moves the bounds of pieces [from, to) by some places, up or down. */
  #movePieces(first: number, from: number, to: number, places: number): void {
    const bounds = this.#bounds;
    if (places > 0) for (let k = first + 2 * to - 1; k >= first + 2 * from; k--) bounds[k + 2 * places] = bounds[k];
    else if (places < 0) for (let k = first + 2 * from; k < first + 2 * to; k++) bounds[k + 2 * places] = bounds[k];
  }

  #copy(buffer: number, from: number, to: number, source: Uint8Array, shift: number): number {
    if (to <= from) return 0;
    const start = this.start(buffer);
    this.#copier.copy(source, from + shift, this.bytes, start + from, to - from);
    return to - from;
  }

  /** Takes back the buffers that nobody has added to for `idleMs`: their flows are gone, or will not go on. */
  releaseIdle(nowMs: number, idleMs: number): void {
    for (let buffer = 0; buffer < this.count; buffer++) {
      if (this.#owner[buffer] !== NONE && this.#usedAt[buffer] + idleMs <= nowMs) this.release(buffer);
    }
  }
}
