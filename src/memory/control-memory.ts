/**
 * Control memory: slot headers, rings, doorbells, counters, tables, mailboxes, journals. It is apart from the region, so
 * that a WASM function that is handed the region cannot reach it. The main thread lays it out once, before any thread
 * exists; threads get the buffer and offsets.
 */
const LINE_BYTES = 64;

/** Hands out offsets, each on a cache line of its own, then makes the buffer. */
export class ControlLayout {
  #bytes = 0;

  /** Reserves `bytes` and returns their offset. */
  reserve(bytes: number): number {
    const offset = this.#bytes;
    this.#bytes += Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    return offset;
  }

  get bytes(): number {
    return this.#bytes;
  }
}

const idle: SharedArrayBuffer[] = [];
/** As many as idle regions. */
const MAX_IDLE = 4;

/** A buffer of zeros, at least `bytes` long. */
export function allocateControl(bytes: number): SharedArrayBuffer {
  const kept = idle.findIndex((buffer) => buffer.byteLength >= bytes && buffer.byteLength <= bytes * 2);
  if (kept < 0) return new SharedArrayBuffer(bytes);
  const buffer = idle.splice(kept, 1)[0];
  new Uint8Array(buffer).fill(0);
  return buffer;
}

/** Gives control memory back for the next run in this process. No thread may use it any more. */
export function releaseControl(buffer: SharedArrayBuffer): void {
  if (idle.length >= MAX_IDLE) idle.shift();
  idle.push(buffer);
}
