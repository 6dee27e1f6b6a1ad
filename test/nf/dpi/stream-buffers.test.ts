import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StreamBuffers } from '../../../src/nf/dpi/stream-buffers.js';

it('keeps pieces in any order, first come first kept, as a plain model does', () => {
  const piece = fc.record({ offset: fc.nat(70), length: fc.integer({ min: 1, max: 30 }), byte: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const buffers = new StreamBuffers(2, 64);
      buffers.take(1, 0, 0);
      const buffer = buffers.take(2, 1, 0);
      const model = new Uint8Array(64);
      for (const { offset, length, byte } of pieces) {
        const kept = buffers.place(buffer, offset, new Uint8Array(200).fill(byte), 17, length, 0);
        if (kept < 0) continue;
        let expected = 0;
        for (let at = offset; at < Math.min(64, offset + length); at++) {
          if (model[at] !== 0) continue;
          model[at] = byte;
          expected++;
        }
        expect(kept).toBe(expected);
      }
      const hole = model.indexOf(0);
      expect(buffers.contiguous(buffer)).toBe(hole < 0 ? 64 : hole);
      const start = buffers.start(buffer);
      for (let at = 0; at < 64; at++) if (model[at] !== 0) expect(buffers.bytes[start + at]).toBe(model[at]);
    }),
  );
});

it('has no more than it was made with, and takes back what is idle', () => {
  const buffers = new StreamBuffers(2, 64);
  expect([buffers.take(1, 0, 0), buffers.take(1, 1, 50), buffers.take(2, 0, 60)]).toEqual([0, 1, -1]);
  buffers.releaseIdle(100, 60);
  expect(buffers.freeCount).toBe(1);
  expect([buffers.isOwnedBy(0, 1, 0), buffers.isOwnedBy(1, 1, 1)]).toEqual([false, true]);
  buffers.release(0);
  expect(buffers.freeCount).toBe(1);
});
