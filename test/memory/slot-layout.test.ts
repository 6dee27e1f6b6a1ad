/** The slot header's table, as its file's head says it, held to the constants: every byte has one field. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import {
  COLOUR_BYTES, COLOURS, HEADER_BYTES, HEADER_BYTES_LOG2, HeaderOffset, HEADROOM_BYTES, initialDataOffset, SLOT_OVERHEAD_BYTES,
} from '../../src/memory/slot-layout.js';

interface Row {
  offset: number;
  bytes: number;
  field: string;
}

/** Rows of the table: offset, bytes, field, who writes, invariant. */
function table(): Row[] {
  const source = readFileSync(new URL('../../src/memory/slot-layout.ts', import.meta.url), 'utf8');
  const rows = source.matchAll(/^ \* +(\d+) +(\d+) +(\w+) {2,}\w/gm);
  return Array.from(rows, ([, offset, bytes, field]) => ({ offset: Number(offset), bytes: Number(bytes), field }));
}

describe('the slot header', () => {
  it('has the fields of its table at the offsets of its table', () => {
    expect(Object.fromEntries(table().map(({ field, offset }) => [field, offset]))).toEqual(HeaderOffset);
    expect(new Set(table().map(({ field }) => field)).size).toBe(table().length);
  });

  it('is covered byte by byte, with no overlap', () => {
    const owners = new Map<number, string>();
    for (const { offset, bytes, field } of table()) {
      for (let at = offset; at < offset + bytes; at++) {
        expect(owners.get(at), `byte ${at} belongs to ${field}`).toBeUndefined();
        owners.set(at, field);
      }
    }
    expect([...owners.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: HEADER_BYTES }, (_, at) => at));
    expect(1 << HEADER_BYTES_LOG2).toBe(HEADER_BYTES);
  });

  it('has every number on a boundary of its own width', () => {
    for (const { offset, bytes, field } of table()) expect(offset % Math.min(bytes, 4), field).toBe(0);
  });

  it('is found by slot index at all three widths', () => {
    const headers = new SlotHeaders(new SharedArrayBuffer(HEADER_BYTES * 5), HEADER_BYTES, 3);
    headers.u32[(2 << 4) + (HeaderOffset.mark >> 2)] = 0x01020304;
    headers.u16[(2 << 5) + (HeaderOffset.path >> 1)] = 0x0506;
    headers.u8[(2 << 6) + HeaderOffset.hop] = 7;
    const bytes = new Uint8Array(headers.u8.buffer);
    const slot2 = 3 * HEADER_BYTES;
    expect([...bytes.subarray(slot2 + HeaderOffset.mark, slot2 + HeaderOffset.mark + 4)].sort()).toEqual([1, 2, 3, 4]);
    expect([...bytes.subarray(slot2 + HeaderOffset.path, slot2 + HeaderOffset.path + 2)].sort()).toEqual([5, 6]);
    expect(bytes[slot2 + HeaderOffset.hop]).toBe(7);
    expect(bytes.filter((byte) => byte !== 0)).toHaveLength(7);
    expect([headers.slotCount, headers.u8.length, headers.u16.length, headers.u32.length]).toEqual([3, 192, 96, 48]);
  });

  it('must start on a cache line', () => {
    expect(() => new SlotHeaders(new ArrayBuffer(256), 32, 1)).toThrow(RangeError);
  });
});

describe('the headroom', () => {
  it('is coloured by slot index, and the data of neighbours begin on different cache lines', () => {
    const starts = Array.from({ length: 2 * COLOURS }, (_, slot) => initialDataOffset(slot));
    expect(new Set(starts).size).toBe(COLOURS);
    expect(starts.slice(0, COLOURS)).toEqual(starts.slice(COLOURS));
    for (const start of starts) {
      expect(start).toBeGreaterThanOrEqual(HEADROOM_BYTES);
      expect(start % COLOUR_BYTES).toBe(0);
    }
    expect(Math.max(...starts)).toBeLessThanOrEqual(SLOT_OVERHEAD_BYTES);
  });
});
