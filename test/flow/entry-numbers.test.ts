/** Numbers of entries: each is given out once, lies low or high while there is room, and the last one back is the next one out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryNumbers } from '../../src/flow/entry-numbers.js';

describe('the numbers of entries', () => {
  it('are handed out once each, of both kinds, until none is left', () => {
    let mixed = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.tuple(fc.constantFrom('low', 'low', 'high', 'back'), fc.nat()), { maxLength: 100, size: 'max' }), (count, steps) => {
        const numbers = new EntryNumbers(count);
        const out: number[] = [];
        for (const [what, which] of steps) {
          if (what === 'back') {
            if (out.length > 0) numbers.giveBack(out.splice(which % out.length, 1)[0]);
            continue;
          }
          if (out.length === count) continue;
          const number = what === 'low' ? numbers.takeLow() : numbers.takeHigh();
          expect(out, `${number} is in use`).not.toContain(number);
          expect(number >= 0 && number < count).toBe(true);
          expect(number < numbers.low || number >= numbers.high).toBe(true);
          if (what === 'low' ? number >= numbers.low : number < numbers.low) mixed++;
          out.push(number);
        }
      }),
      { numRuns: 500 },
    );
    expect(mixed, 'one kind never had to take from the other').toBeGreaterThan(10);
  });

  it('lie close together: the lowest, and the highest, that were not in use yet, and the last one back first', () => {
    const numbers = new EntryNumbers(8);
    expect([numbers.takeLow(), numbers.takeHigh(), numbers.takeLow(), numbers.takeHigh(), numbers.takeLow()]).toEqual([0, 7, 1, 6, 2]);
    numbers.giveBack(0);
    numbers.giveBack(7);
    numbers.giveBack(1);
    expect([numbers.takeLow(), numbers.takeLow(), numbers.takeHigh(), numbers.takeLow()]).toEqual([1, 0, 7, 3]);
    expect([numbers.low, numbers.high]).toEqual([4, 6]);
  });
});
