/** Every interleaving of two threads that put off waking each other; and the proof that the search finds what is wrong. */
import { describe, expect, it } from 'vitest';
import { AS_WRITTEN, explore, type Rules, type What } from './wake-up-model.js';

describe('every interleaving of two threads that put off their rings', () => {
  it.each([1, 2, 3])('loses no wake-up, and puts none off for longer than %i polls', (ringAfterPolls) => {
    const { states, violation } = explore({ ...AS_WRITTEN, ringAfterPolls });
    expect(violation, violation?.steps.join('\n')).toBeNull();
    expect(states).toBeGreaterThan(500);
  });

  const MUTATIONS: [story: string, change: Partial<Rules>, what: What][] = [
    ['nobody is woken before the producer sleeps', { sleep: ['announce', 'check'] }, 'lost wake-up'],
    ['the last check comes before the announcement, (B) before (E)', { sleep: ['flush', 'check', 'announce'] }, 'lost wake-up'],
    ['the flag is looked at before the publication, (F) before (A)', { poll: ['ring', 'publish'] }, 'lost wake-up'],
    ['the bell notifies before it stores', { ring: ['look', 'notify', 'store'] }, 'lost wake-up'],
    ['publications are not counted, so that nothing is due', { counted: ['passed'] }, 'late wake-up'],
    ['polls that publish nothing are not counted', { counted: ['published'] }, 'late wake-up'],
    ['the count begins anew with each publication', { clears: 'at each publication' }, 'late wake-up'],
  ];

  it.each(MUTATIONS)('is caught when %s', (_story, change, what) => {
    const { violation } = explore({ ...AS_WRITTEN, ...change });
    expect(violation?.what).toBe(what);
    expect(violation?.steps.length).toBeGreaterThan(2);
  });
});
