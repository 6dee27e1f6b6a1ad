/** Generation words: one bump makes stale whatever was cached before it. */
import { describe, expect, it } from 'vitest';
import { Generation } from '../../src/ring/generation.js';

describe('a generation word', () => {
  it('rises with each bump, for everybody who looks at that word, and for no other word', () => {
    const words = new Int32Array(new SharedArrayBuffer(12));
    const [writer, reader, other] = [new Generation(words, 1), new Generation(words, 1), new Generation(words, 2)];
    expect(reader.current()).toBe(0);
    expect([writer.bump(), writer.bump()]).toEqual([1, 2]);
    expect([writer.current(), reader.current(), other.current(), words[0]]).toEqual([2, 2, 0, 0]);
  });

  it('goes on past the end of its range: a number that was kept never looks current after one bump', () => {
    const words = Int32Array.of(2 ** 31 - 1);
    const generation = new Generation(words, 0);
    const kept = generation.current();
    expect(generation.bump()).toBe(-(2 ** 31));
    expect(generation.current()).toBe(-(2 ** 31));
    expect(generation.current()).not.toBe(kept);
    words[0] = -1;
    expect([generation.bump(), generation.current()]).toEqual([0, 0]);
  });
});
