/**
 * Control memory: slot headers, rings, doorbells, counters, tables, mailboxes, journals. It is apart from the region, so
 * that a WASM function that is handed the region cannot reach it. The main thread lays it out once, before any thread
 * exists; threads get the buffer and offsets.
 */
import { RegionAllocationError } from './region.js';
import { allocatePages, PAGE_BYTES, pagesFor } from './shared-pages.js';

const LINE_BYTES = 64;

/** Hands out offsets, each on a cache line of its own in memory that begins with one. */
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

/** A buffer of zeros, at least `bytes` long, which begins at a page. @throws RegionAllocationError when the machine cannot give that much memory, and from 4 GiB on. */
export function allocateControl(bytes: number): SharedArrayBuffer {
  const pages = pagesFor(bytes);
  const kept = idle.findIndex(({ byteLength }) => byteLength >= pages * PAGE_BYTES && byteLength <= 2 * pages * PAGE_BYTES);
  if (kept < 0) {
    try {
      return allocatePages(pages).buffer;
    } catch (cause) {
      throw new RegionAllocationError(`cannot allocate control memory of ${bytes} B: slot headers, connections, and what functions keep for each`, { cause });
    }
  }
  const buffer = idle.splice(kept, 1)[0];
  new Uint8Array(buffer).fill(0);
  return buffer;
}

/** Gives control memory back for the next run in this process. No thread may use it any more. */
export function releaseControl(buffer: SharedArrayBuffer): void {
  if (idle.length >= MAX_IDLE) idle.shift();
  idle.push(buffer);
}
