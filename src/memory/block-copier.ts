/**
 * Hot: no allocation up to `WORDS_BYTES`. Copies bytes from one memory into another, by words, however the two lie to words and to
 * each other. Short copies are most of what there is, and V8's own begins with a view of the bytes and a call (docs/hot-code.md).
 */

/** Above, V8's own copy costs less, view and all. */
export const WORDS_BYTES = 256;
/** Words of a turn. */
const TURN = 8;
/** Bytes of the words by which V8 copies between shared and private memory, less one. */
const V8_WORD_MASK = 7;

/** The words that an array of bytes lies in, from the one that holds its first byte on. */
function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  const shift = byteOffset & 3;
  return new Int32Array(buffer, byteOffset - shift, (shift + length) >>> 2);
}

/** For one place in the code: it remembers the two memories, and a change of them costs something. */
export class BlockCopier {
  #from: Uint8Array = new Uint8Array(0);
  #to: Uint8Array = new Uint8Array(0);
  #fromWords: Int32Array = new Int32Array(0);
  #toWords: Int32Array = new Int32Array(0);
  /** Where they begin, from a border of V8's words on. */
  #fromSkew = 0;
  #toSkew = 0;
  /**
   * Between shared and private memory V8 copies by words only where both ends are aligned alike, else byte by byte, ten times slower
   * at 9000 B. Between private buffers it does not mind: what is askew is straightened there first.
   */
  #straightens = false;
  #fromIsShared = false;
  #staging = new Uint8Array(0);

  /**
   * Copies `length` bytes. The two places do not overlap. Of what does not lie within both, as a header that any thread can write may say, nothing
   * is copied. @throws RangeError where a longer piece than `WORDS_BYTES` does not fit.
   */
  copy(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
    if (from !== this.#from || to !== this.#to) this.#remember(from, to);
    if (length <= WORDS_BYTES) {
      if (fromStart + length <= from.length && toStart + length <= to.length) this.#copyWords(fromStart, toStart, length);
    } else this.#copyBlock(fromStart, toStart, length);
  }

  #remember(from: Uint8Array, to: Uint8Array): void {
    this.#from = from;
    this.#to = to;
    this.#fromWords = wordsOf(from);
    this.#toWords = wordsOf(to);
    this.#fromSkew = from.byteOffset & V8_WORD_MASK;
    this.#toSkew = to.byteOffset & V8_WORD_MASK;
    this.#fromIsShared = isShared(from);
    this.#straightens = this.#fromIsShared !== isShared(to);
  }

  #copyWords(fromStart: number, toStart: number, length: number): void {
    const from = this.#from;
    const to = this.#to;
    const target = (toStart + (this.#toSkew & 3)) | 0;
    let k = 0;
    // Up to the first whole word of the target.
    for (const end = Math.min(length, -target & 3); k < end; k = (k + 1) | 0) to[toStart + k] = from[fromStart + k];
    const source = (fromStart + (this.#fromSkew & 3) + k) | 0;
    // Signed: of a length below 0, as a header that a VM wrote may say, nothing is copied.
    const count = (length - k) >> 2;
    if (count > 0) k = (k + ((source & 3) === 0 ? this.#copyAligned(source >>> 2, (target + k) >>> 2, count) : this.#copyShifted(source, (target + k) >>> 2, count))) | 0;
    for (; k < length; k = (k + 1) | 0) to[toStart + k] = from[fromStart + k];
  }

  /** @returns bytes copied. */
  #copyAligned(source: number, target: number, count: number): number {
    const from = this.#fromWords;
    const to = this.#toWords;
    let k = 0;
    for (const end = count & -TURN; k < end; k = (k + TURN) | 0) {
      const a = (source + k) | 0;
      const b = (target + k) | 0;
      to[b] = from[a];
      to[(b + 1) | 0] = from[(a + 1) | 0];
      to[(b + 2) | 0] = from[(a + 2) | 0];
      to[(b + 3) | 0] = from[(a + 3) | 0];
      to[(b + 4) | 0] = from[(a + 4) | 0];
      to[(b + 5) | 0] = from[(a + 5) | 0];
      to[(b + 6) | 0] = from[(a + 6) | 0];
      to[(b + 7) | 0] = from[(a + 7) | 0];
    }
    for (; k < count; k = (k + 1) | 0) to[(target + k) | 0] = from[(source + k) | 0];
    return count << 2;
  }

  /** Each word of the target is put together from two of the source, as on little-endian machines (slot-layout.ts). */
  #copyShifted(source: number, target: number, count: number): number {
    const from = this.#fromWords;
    const to = this.#toWords;
    const right = (source & 3) << 3;
    const left = 32 - right;
    const first = source >>> 2;
    // The last of them may reach past the last whole word of the memory.
    const whole = Math.min(count, from.length - first - 1);
    let low = from[first];
    for (let k = 0; k < whole; k = (k + 1) | 0) {
      const high = from[(first + k + 1) | 0];
      to[(target + k) | 0] = (low >>> right) | (high << left);
      low = high;
    }
    return whole << 2;
  }

  #copyBlock(fromStart: number, toStart: number, length: number): void {
    const source = (this.#fromSkew + fromStart) & V8_WORD_MASK;
    const target = (this.#toSkew + toStart) & V8_WORD_MASK;
    let straight = this.#from.subarray(fromStart, fromStart + length);
    if (this.#straightens && source !== target) {
      const at = this.#fromIsShared ? source : target;
      if (this.#staging.length < at + straight.length) this.#staging = new Uint8Array(straight.length + V8_WORD_MASK);
      this.#staging.set(straight, at);
      straight = this.#staging.subarray(at, at + straight.length);
    }
    this.#to.set(straight, toStart);
  }
}

function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
