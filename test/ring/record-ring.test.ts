/** The ring of watched packets: what goes in comes out, in one piece and in order; what finds no room is counted for those who wanted it. */
import { describe, expect, it } from 'vitest';
import { recordRingBytes, RecordReader, RecordWriter } from '../../src/ring/record-ring.js';

const CAPACITY = 256;

function ring() {
  const buffer = new SharedArrayBuffer(64 + recordRingBytes(CAPACITY));
  const spec = { offset: 64, capacityBytes: CAPACITY };
  const [writer, reader] = [new RecordWriter(buffer, spec), new RecordReader(buffer, spec)];
  const write = (length: number, value: number, mask = 1): boolean => {
    const at = writer.begin(8 + length, mask);
    if (at < 0) return false;
    writer.u32[(at + 4) >>> 2] = length;
    writer.u8.fill(value, at + 8, at + 8 + length);
    writer.commit();
    return true;
  };
  /** Value of each record; -1 when its bytes are not all of one value. */
  const read = (): number[] => {
    const values: number[] = [];
    reader.drain((at) => {
      const bytes = reader.u8.slice(at + 8, at + 8 + reader.u32[(at + 4) >>> 2]);
      values.push(bytes.every((byte) => byte === bytes[0]) ? bytes[0] : -1);
    });
    return values;
  };
  return { writer, reader, write, read };
}

describe('a record ring', () => {
  it('gives back every record whole, whatever the lengths and wherever it turns round', () => {
    let seed = 7;
    const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % 65_521 % below;
    const { write, read } = ring();
    let [next, expected] = [0, 0];
    for (let round = 0; round < 3000; round++) {
      for (let k = random(4); k > 0; k--) if (write(1 + random(120), (next % 250) + 1)) next++;
      for (const value of read()) expect(value, `record ${expected}, seed 7`).toBe((expected++ % 250) + 1);
    }
    expect(expected).toBe(next);
    expect(next).toBeGreaterThan(2000);
  });

  it('counts what has no room, for each watch that wanted it, and goes on when there is some', () => {
    const { writer, reader, write, read } = ring();
    for (let k = 1; k <= 4; k++) expect(write(56, k, 0b101)).toBe(true);
    expect(writer.unread).toBe(writer.capacity);
    expect(write(56, 5, 0b101)).toBe(false);
    expect(write(1, 6, 0b001)).toBe(false);
    expect([0, 1, 2].map((watch) => reader.skipped(watch))).toEqual([2, 0, 1]);
    expect(read()).toEqual([1, 2, 3, 4]);
    expect(write(56, 7)).toBe(true);
    expect(read()).toEqual([7]);
  });

  it('takes no record that is longer than itself, and shows none that was not finished', () => {
    const { writer, reader, write, read } = ring();
    expect(write(CAPACITY, 1)).toBe(false);
    writer.skip(0b10);
    expect([reader.skipped(0), reader.skipped(1)]).toEqual([1, 1]);
    expect(writer.begin(20, 1)).toBe(0);
    expect(read()).toEqual([]);
    expect(write(8, 3)).toBe(true);
    expect(read()).toEqual([3]);
  });
});
