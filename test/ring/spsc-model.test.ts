/** Every interleaving of the ring's and the doorbell's steps, at capacity 2; and the proof that the search finds what is wrong. */
import { describe, expect, it } from 'vitest';
import { AS_WRITTEN, explore, type Orders, type What } from './spsc-model.js';

describe('every interleaving of producer and consumer', () => {
  it('keeps the occupancy in bounds, the order, every address and every wake-up', () => {
    const { states, violation } = explore(AS_WRITTEN);
    expect(violation, violation?.steps.join('\n')).toBeNull();
    expect(states).toBeGreaterThan(500);
  });

  const MUTATIONS: [story: string, change: Partial<Orders>, what: What][] = [
    ['the flag is looked at before the publication, (F) before (A)', { produce: ['write', 'look', 'publish'] }, 'lost wake-up'],
    ['the flag is looked at before anything', { produce: ['look', 'write', 'publish'] }, 'lost wake-up'],
    ['the publication comes before the entries', { produce: ['publish', 'write', 'look'] }, 'wrong address'],
    ['the entries are released before they are read', { consume: ['release', 'read'] }, 'wrong address'],
    ['the last check comes before the announcement, (B) before (E)', { sleep: ['check', 'announce'] }, 'lost wake-up'],
    ['the bell notifies before it stores', { ring: ['notify', 'store'] }, 'lost wake-up'],
    ['the bell only stores', { ring: ['store'] }, 'lost wake-up'],
    ['the producer never rings', { produce: ['write', 'publish'] }, 'lost wake-up'],
    ['there are more slots than entries', { slots: 3 }, 'occupancy'],
  ];

  it.each(MUTATIONS)('is caught when %s', (_story, change, what) => {
    const { violation } = explore({ ...AS_WRITTEN, ...change });
    expect(violation?.what).toBe(what);
    expect(violation?.steps.length).toBeGreaterThan(2);
  });
});
