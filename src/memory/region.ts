/**
 * The region: the one shared memory of packet data. It lies in a `WebAssembly.Memory`, so that network functions in
 * WASM work on the same bytes.
 *
 *   | scratch of VM 0 | scratch of VM 1 | … | slot 0 | slot 1 | … |
 */
import { allocatePages, PAGE_BYTES, pagesFor, type SharedMemory } from './shared-pages.js';
import { SLOT_OVERHEAD_BYTES } from './slot-layout.js';

/** Addresses are u32, and so are WebAssembly's. */
export const MAX_REGION_BYTES = 2 ** 32;
/** Smallest slot that holds a minimal Ethernet frame beside its headroom. */
export const MIN_SLOT_BYTES = 512;
/** Largest slot: a 64 KiB GSO packet with its headroom. */
export const MAX_SLOT_BYTES = 131072;

export interface RegionShape {
  slots: number;
  /** Power of two. */
  slotBytes: number;
  /** Bytes in front of the slots: stacks and data of WASM network functions. A multiple of the slot's bytes. */
  scratchBytes: number;
}

/** What threads need to know of the region, by structured clone. */
export interface RegionHandle extends RegionShape {
  memory: SharedMemory;
}

/** Of the region, or of control memory. */
export class RegionAllocationError extends Error {
  override name = 'RegionAllocationError';
}

export class Region {
  readonly bytes: Uint8Array;
  readonly slots: number;
  readonly slotBytes: number;
  /** Address of slot 0. */
  readonly base: number;
  /** Most bytes that a packet may have. */
  readonly maxPacketBytes: number;
  /** log2 of slotBytes: a slot's index is `(address - base) >>> slotShift`. */
  readonly slotShift: number;

  constructor(handle: RegionHandle) {
    this.bytes = new Uint8Array(handle.memory.buffer);
    this.slots = handle.slots;
    this.slotBytes = handle.slotBytes;
    this.base = handle.scratchBytes;
    this.maxPacketBytes = handle.slotBytes - SLOT_OVERHEAD_BYTES;
    this.slotShift = Math.log2(handle.slotBytes);
  }

  /** Index of the slot at an address. The address must be valid: see `isAddress`. */
  slotIndex(address: number): number {
    return (address - this.base) >>> this.slotShift;
  }

  address(slotIndex: number): number {
    return this.base + slotIndex * this.slotBytes;
  }

  /** Whether the number is the address of a slot: in range and aligned. */
  isAddress(address: number): boolean {
    const offset = address - this.base;
    return offset >= 0 && offset < this.slots * this.slotBytes && (offset & (this.slotBytes - 1)) === 0;
  }
}

// V8 collects dropped shared memory late, so a process that runs many chains would grow. Regions come back here instead.
const idle: { pages: number; memory: SharedMemory }[] = [];
/** Most idle regions kept: as many as runs at a time are likely. */
const MAX_IDLE = 4;

/** @throws RegionAllocationError when the machine cannot give that much memory. */
export function allocateRegion(shape: RegionShape): RegionHandle {
  const bytes = shape.scratchBytes + shape.slots * shape.slotBytes;
  const pages = pagesFor(bytes);
  const kept = idle.findIndex((each) => each.pages === pages);
  if (kept >= 0) return { ...shape, memory: idle.splice(kept, 1)[0].memory };
  try {
    return { ...shape, memory: allocatePages(pages) };
  } catch (cause) {
    throw new RegionAllocationError(`cannot allocate a region of ${shape.slots} slots of ${shape.slotBytes} B (${bytes} B in all)`, { cause });
  }
}

/** Gives a region back for the next run in this process. No thread may use it any more. */
export function releaseRegion(handle: RegionHandle): void {
  if (idle.length >= MAX_IDLE) idle.shift();
  idle.push({ pages: handle.memory.buffer.byteLength / PAGE_BYTES, memory: handle.memory });
}
