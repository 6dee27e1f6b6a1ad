/** Control memory: pieces on cache lines of their own, zeros, and buffers that are used again. */
import { describe, expect, it } from 'vitest';
import { allocateControl, ControlLayout, releaseControl } from '../../src/memory/control-memory.js';

describe('the layout of control memory', () => {
  it('puts every piece on a cache line of its own, behind the one before', () => {
    const layout = new ControlLayout();
    expect([layout.reserve(4), layout.reserve(64), layout.reserve(65), layout.reserve(0), layout.reserve(1)]).toEqual([0, 64, 128, 256, 256]);
    expect(layout.bytes).toBe(320);
  });
});

describe('a control buffer', () => {
  it('is zero, also when it was used before', () => {
    const first = allocateControl(8192);
    new Uint8Array(first).fill(0xff);
    releaseControl(first);
    const again = allocateControl(8000);
    expect(again).toBe(first);
    expect(new Uint8Array(again).every((byte) => byte === 0)).toBe(true);
  });

  it('is at least as large as was asked, and not much larger', () => {
    const small = allocateControl(1000);
    releaseControl(small);
    const large = allocateControl(100_000);
    expect(large.byteLength).toBeGreaterThanOrEqual(100_000);
    releaseControl(large);
    const other = allocateControl(2000);
    expect(other).not.toBe(large);
    expect(other.byteLength).toBeLessThanOrEqual(4000);
  });

  it('comes back: a thousand one after the other are a few', () => {
    const buffers = new Set<SharedArrayBuffer>();
    for (let k = 0; k < 1000; k++) {
      const buffer = allocateControl(5000 + (k % 7) * 100);
      buffers.add(buffer);
      releaseControl(buffer);
    }
    expect(buffers.size).toBeLessThanOrEqual(8);
  });
});
