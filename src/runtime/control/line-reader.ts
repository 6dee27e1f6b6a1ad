/** Cuts what comes from a socket into lines of bounded length, and, where a stream follows, into chunks. */
import { ControlError, MAX_CHUNK_BYTES, type ControlErrorCode } from './protocol.js';

const NEWLINE = 10;
const CHUNK_HEADER_BYTES = 4;

export class LineReader {
  readonly #maxBytes: number;
  readonly #tooLong: ControlErrorCode;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number, tooLong: ControlErrorCode) {
    this.#maxBytes = maxBytes;
    this.#tooLong = tooLong;
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** The next line without its end, or null when it is not there yet. @throws ControlError when it is too long. */
  line(): string | null {
    let before = 0;
    for (const part of this.#parts) {
      const at = part.indexOf(NEWLINE);
      if (at >= 0) {
        if (before + at > this.#maxBytes) this.#refuse();
        return this.#take(before + at + 1).toString('utf8', 0, before + at);
      }
      before += part.length;
    }
    if (before > this.#maxBytes) this.#refuse();
    return null;
  }

  /** The next chunk of a stream; empty at its end, null when it is not there yet. */
  chunk(): Buffer | null {
    if (this.#length < CHUNK_HEADER_BYTES) return null;
    const all = this.#join();
    const length = all.readUInt32BE(0);
    if (length > MAX_CHUNK_BYTES) throw new ControlError('bad-request', `a chunk of ${length} bytes, at most ${MAX_CHUNK_BYTES} are expected`);
    if (all.length < CHUNK_HEADER_BYTES + length) return null;
    return this.#take(CHUNK_HEADER_BYTES + length).subarray(CHUNK_HEADER_BYTES);
  }

  #refuse(): never {
    throw new ControlError(this.#tooLong, `a line has more than ${this.#maxBytes} bytes`);
  }

  #take(bytes: number): Buffer {
    const all = this.#join();
    this.#parts.splice(0, this.#parts.length, ...(all.length > bytes ? [all.subarray(bytes)] : []));
    this.#length = all.length - bytes;
    return all.subarray(0, bytes);
  }

  #join(): Buffer {
    if (this.#parts.length > 1) this.#parts.splice(0, this.#parts.length, Buffer.concat(this.#parts));
    return this.#parts[0] ?? Buffer.alloc(0);
  }
}
