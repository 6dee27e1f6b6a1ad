/** Hot: no allocation. The body of an HTTP/1 message in chunks (RFC 9112, 7.1). */
import { indexOfByte } from '../../text.js';
import { number } from './http-bytes.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const LF = 0x0a;

/** One object, filled by `read`. */
export class ChunkedBody {
  /** Where the chunks read last end, and what of the last one is still to come. */
  end = 0;
  left = 0;
  /** The last chunk is there. */
  areOver = false;

  /** Goes through chunks; true when the last one is there. Leaves where it stopped. */
  read(bytes: Uint8Array, from: number, end: number): boolean {
    this.end = from;
    this.left = 0;
    this.areOver = false;
    for (;;) {
      const line = indexOfByte(bytes, LF, this.end, end);
      if (line < 0) return false;
      const size = number(bytes, this.end, line, 16);
      this.end = line + 1;
      if (size <= 0) {
        this.areOver = true;
        return true;
      }
      const next = line + 1 + size + 2;
      if (next > end) {
        this.left = next - end;
        this.end = end;
        return false;
      }
      this.end = next;
    }
  }

  /** Makes a buffer of what the chunks hold, as far as it is there. */
  join(bytes: Uint8Array, from: number, end: number, buffer: number, ranges: BufferRanges): void {
    ranges.open();
    for (let at = from; ; ) {
      const line = indexOfByte(bytes, LF, at, end);
      const size = line < 0 ? -1 : number(bytes, at, line, 16);
      if (size <= 0) break;
      const to = Math.min(line + 1 + size, end);
      for (let k = line + 1; k < to; k++) ranges.put(bytes[k]);
      at = line + 1 + size + 2;
      if (at >= end) break;
    }
    ranges.close(buffer);
  }
}
