/** The region: from slot to address and back, what is an address, and memory that is used again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateRegion, MAX_SLOT_BYTES, MIN_SLOT_BYTES, Region, RegionAllocationError, type RegionShape, releaseRegion } from '../../src/memory/region.js';
import { SLOT_OVERHEAD_BYTES } from '../../src/memory/slot-layout.js';

/** A region in the upper half of the u32 addresses is too much memory for a test: its arithmetic needs no bytes. */
function regionOf(shape: RegionShape): Region {
  return new Region({ ...shape, memory: { buffer: new SharedArrayBuffer(0) } });
}

const shapes = fc
  .record({ slots: fc.integer({ min: 1, max: 1000 }), log2: fc.integer({ min: Math.log2(MIN_SLOT_BYTES), max: Math.log2(MAX_SLOT_BYTES) }), scratch: fc.nat(20) })
  .map(({ slots, log2, scratch }): RegionShape => ({ slots, slotBytes: 2 ** log2, scratchBytes: scratch * 2 ** log2 }));

describe('the region', () => {
  it('leads from slot to address and back, and knows its addresses from all other numbers', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.integer({ min: 1, max: MAX_SLOT_BYTES - 1 }), (shape, any, off) => {
        const region = regionOf(shape);
        const slot = any % shape.slots;
        const address = region.address(slot);
        expect(address).toBe(shape.scratchBytes + slot * shape.slotBytes);
        expect(region.slotIndex(address)).toBe(slot);
        expect(region.isAddress(address)).toBe(true);
        expect(region.isAddress(address + (off % (shape.slotBytes - 1)) + 1)).toBe(false);
        expect(region.isAddress(region.base - shape.slotBytes)).toBe(false);
        expect(region.isAddress(region.address(shape.slots))).toBe(false);
      }),
    );
  });

  it('reckons with addresses above 2^31', () => {
    const shape = { slots: 2 ** 15, slotBytes: MAX_SLOT_BYTES, scratchBytes: 0 }; // 4 GiB: all that a u32 can name
    const region = regionOf(shape);
    const last = region.address(2 ** 15 - 1);
    expect(last).toBe(2 ** 32 - MAX_SLOT_BYTES);
    expect([region.slotIndex(last), region.isAddress(last), region.isAddress(last + 64)]).toEqual([2 ** 15 - 1, true, false]);
    expect(region.isAddress(2 ** 32)).toBe(false);
    expect(region.isAddress(0xffffffff)).toBe(false);
  });

  it('leaves the headroom and its colours out of the largest packet', () => {
    expect(regionOf({ slots: 1, slotBytes: 2048, scratchBytes: 0 }).maxPacketBytes).toBe(2048 - SLOT_OVERHEAD_BYTES);
  });

  it('lies in shared memory of whole pages that cannot grow', () => {
    const handle = allocateRegion({ slots: 3, slotBytes: 2048, scratchBytes: 4096 });
    try {
      expect(handle.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(handle.memory.buffer.byteLength).toBe(65536);
      const region = new Region(handle);
      expect([region.base, region.slots, region.bytes.length]).toEqual([4096, 3, 65536]);
    } finally {
      releaseRegion(handle);
    }
  });

  it('says what it could not allocate', () => {
    const tooLarge = { slots: 2 ** 20, slotBytes: MAX_SLOT_BYTES, scratchBytes: 0 };
    let thrown: unknown;
    try {
      allocateRegion(tooLarge);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RegionAllocationError);
    expect(thrown).toMatchObject({ name: 'RegionAllocationError', cause: expect.anything() as unknown });
    expect((thrown as Error).message).toContain(`${2 ** 20} slots of ${MAX_SLOT_BYTES} B (${2 ** 37} B in all)`);
  });

  it('is used again: a thousand regions one after the other are a few memories', () => {
    const memories = new Set<unknown>();
    for (let k = 0; k < 1000; k++) {
      const handle = allocateRegion({ slots: k % 2 === 0 ? 64 : 128, slotBytes: 2048, scratchBytes: 0 });
      expect(handle.memory.buffer.byteLength).toBe(handle.slots * handle.slotBytes);
      memories.add(handle.memory);
      releaseRegion(handle);
    }
    expect(memories.size).toBeLessThanOrEqual(2);
  });

  it('is not used twice at a time', () => {
    const shape = { slots: 32, slotBytes: 2048, scratchBytes: 0 };
    const held = Array.from({ length: 6 }, () => allocateRegion(shape));
    expect(new Set(held.map(({ memory }) => memory)).size).toBe(6);
    for (const handle of held) releaseRegion(handle); // the oldest idle ones are let go
    const again = Array.from({ length: 6 }, () => allocateRegion(shape));
    expect(new Set(again.map(({ memory }) => memory)).size).toBe(6);
    expect(again.filter(({ memory }) => held.some((before) => before.memory === memory))).toHaveLength(4);
  });
});
