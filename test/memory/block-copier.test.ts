/** What the copier copies is what was there, wherever the bytes lie to words and to each other, and nothing beside it changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCopier, WORDS_BYTES } from '../../src/memory/block-copier.js';
import { CopyCounter } from '../../src/memory/copy.js';

const POISON = 0xa5;
const LONGEST = WORDS_BYTES + 200;

/** Bytes that end where their buffer does, or some bytes before. */
function memory(isShared: boolean, byteOffset: number, length: number, behind: number): Uint8Array {
  const bytes = byteOffset + length + behind;
  return new Uint8Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), byteOffset, length);
}

const memories = fc.record({ isShared: fc.boolean(), byteOffset: fc.nat(9), before: fc.nat(9), after: fc.nat(9), behind: fc.nat(3) });

describe('the block copier', () => {
  it('copies as a copy byte by byte does', () => {
    fc.assert(fc.property(memories, memories, fc.nat(LONGEST), (source, target, length) => {
      const from = memory(source.isShared, source.byteOffset, source.before + length + source.after, source.behind);
      const to = memory(target.isShared, target.byteOffset, target.before + length + target.after, target.behind);
      for (let k = 0; k < from.length; k++) from[k] = k * 7 + (k >>> 8) + 1;
      new Uint8Array(to.buffer).fill(POISON);
      const expected = [...new Uint8Array(to.buffer)];
      for (let k = 0; k < length; k++) expected[target.byteOffset + target.before + k] = from[source.before + k];
      new BlockCopier().copy(from, source.before, to, target.before, length);
      expect([...new Uint8Array(to.buffer)]).toEqual(expected);
    }), { numRuns: 500 });
  });

  it('goes over to other memories when it is given others', () => {
    const copier = new BlockCopier();
    const [a, b] = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), new Uint8Array(new SharedArrayBuffer(16), 3, 8)];
    copier.copy(a, 0, b, 0, 8);
    const c = new Uint8Array(8);
    copier.copy(b, 1, c, 0, 7);
    copier.copy(a, 4, b, 0, 4);
    expect([...c]).toEqual([2, 3, 4, 5, 6, 7, 8, 0]);
    expect([...b]).toEqual([5, 6, 7, 8, 5, 6, 7, 8]);
  });

  it('copies nothing of a length below 0, as a VM may have written it', () => {
    const to = new Uint8Array(64).fill(POISON);
    new BlockCopier().copy(new Uint8Array(64), 8, to, 8, -1);
    new BlockCopier().copy(new Uint8Array(64), 8, to, 8, -0x80000000);
    expect(to.every((byte) => byte === POISON)).toBe(true);
  });

  it('copies nothing to or from beyond a memory, wherever 32 bits would lead back into it', () => {
    const to = new Uint8Array(0x20000).fill(POISON);
    new BlockCopier().copy(new Uint8Array(2048), 0, to, 0x10000 + 0xfffffffc, 64);
    new BlockCopier().copy(new Uint8Array(32), 65, to, 100, 64);
    new BlockCopier().copy(new Uint8Array(64), 0xfffffffc, to, 100, 8);
    expect(to.every((byte) => byte === POISON)).toBe(true);
  });

  it('throws where a long piece does not fit', () => {
    expect(() => { new BlockCopier().copy(new Uint8Array(1024), 0, new Uint8Array(512), 0, 513); }).toThrow(RangeError);
  });
});

describe('the copy between ingress and egress', () => {
  it('counts what it copies', () => {
    const cells = new Float64Array(3);
    const counter = new CopyCounter(cells, 1);
    const to = new Uint8Array(8);
    counter.copy(Uint8Array.of(1, 2, 3, 4, 5), 1, to, 2, 3);
    counter.copy(to, 2, new Uint8Array(1024), 0, 6);
    expect([...cells]).toEqual([0, 9, 0]);
    expect([...to]).toEqual([0, 0, 2, 3, 4, 0, 0, 0]);
  });
});
