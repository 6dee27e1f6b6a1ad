/** Control memory: pieces on cache lines of their own, zeros, and buffers that are used again. */
import { describe, expect, it } from 'vitest';
import { allocateControl, ControlLayout, releaseControl } from '../../src/memory/control-memory.js';
import { RegionAllocationError } from '../../src/memory/region.js';
import { PAGE_BYTES } from '../../src/memory/shared-pages.js';
import { loadLibc } from '../../src/port/live/native/libc.js';

const LINE_BYTES = 64;
const libc = await loadLibc().catch((error: unknown) => {
  console.warn(`skipped: ${String(error)}`);
  return null;
});

describe('the layout of control memory', () => {
  it('puts every piece on a cache line of its own, behind the one before', () => {
    const layout = new ControlLayout();
    expect([layout.reserve(4), layout.reserve(64), layout.reserve(65), layout.reserve(0), layout.reserve(1)]).toEqual([0, 64, 128, 256, 256]);
    expect(layout.bytes).toBe(320);
  });
});

describe('a control buffer', () => {
  it('is zero, also when it was used before', () => {
    const first = allocateControl(81_920);
    new Uint8Array(first).fill(0xff);
    releaseControl(first);
    const again = allocateControl(80_000);
    expect(again).toBe(first);
    expect(new Uint8Array(again).every((byte) => byte === 0)).toBe(true);
  });

  it('is at least as large as was asked, and not much larger', () => {
    const small = allocateControl(1000);
    releaseControl(small);
    const large = allocateControl(1_000_000);
    expect(large.byteLength).toBeGreaterThanOrEqual(1_000_000);
    releaseControl(large);
    const other = allocateControl(200_000);
    expect(other).not.toBe(large);
    expect(other.byteLength).toBeLessThanOrEqual(2 * 4 * PAGE_BYTES);
  });

  it.skipIf(libc === null)('begins with a cache line, and so does what is laid out in it', () => {
    const buffer = allocateControl(1_000_000);
    expect(libc!.addressOf(new Uint8Array(buffer)) % LINE_BYTES).toBe(0);
    releaseControl(buffer);
  });

  it('says what it could not allocate', () => {
    expect(() => allocateControl(2 ** 33)).toThrow(RegionAllocationError);
    expect(() => allocateControl(2 ** 33)).toThrow(`control memory of ${2 ** 33} B`);
  });

  it('comes back: a thousand one after the other are a few', () => {
    const buffers = new Set<SharedArrayBuffer>();
    for (let k = 0; k < 1000; k++) {
      const buffer = allocateControl(5000 + (k % 7) * 30_000);
      buffers.add(buffer);
      releaseControl(buffer);
    }
    expect(buffers.size).toBeLessThanOrEqual(8);
  });
});
