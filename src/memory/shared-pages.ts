/**
 * Shared memory that begins at a page. The buffer of a `WebAssembly.Memory` does; that of a plain `SharedArrayBuffer` comes from the
 * C library, which puts a few bytes of its own in front of a large block, and then nothing that is laid out by cache lines lies in one: a slot header is
 * in two, and shares the second with its neighbour's.
 */
export const PAGE_BYTES = 65536;

/** A `WebAssembly.Memory` that is shared. Described here because its types come with the browser's, which Node lacks. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}
type MemoryConstructor = new (shape: { initial: number; maximum: number; shared: true }) => SharedMemory;
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } }).WebAssembly;

export function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

/** Zeros. @throws RangeError when the machine cannot give that much memory; TypeError for more than 4 GiB, which no `WebAssembly.Memory` has. */
export function allocatePages(pages: number): SharedMemory {
  return new Memory({ initial: pages, maximum: pages, shared: true });
}
