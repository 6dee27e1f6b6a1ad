import { describe, expect, it } from 'vitest';
import { highestRate, maximumReceiveRate, PDR_LOSS, type TryRate } from '../../bench/rate-search.js';

/** A chain that forwards so much and loses the rest. */
const chainOf = (capacity: number): { attempt: TryRate; tried: number[] } => {
  const tried: number[] = [];
  const attempt: TryRate = (offered) => {
    tried.push(offered);
    return Promise.resolve({ offered, lossShare: Math.max(0, 1 - capacity / offered), delivered: Math.min(offered, capacity) });
  };
  return { attempt, tried };
};

describe('the search for rates', () => {
  it('finds what is forwarded when too much is offered', async () => {
    expect(await maximumReceiveRate(chainOf(3e6).attempt)).toBe(3e6);
  });

  it('finds the highest rate without loss within 3 %, in few trials', async () => {
    for (const capacity of [1000, 2.5e6, 3e6]) {
      const { attempt, tried } = chainOf(capacity);
      const found = await highestRate(attempt, 3e6, 0);
      if (capacity > 3e6 / 2 ** 8) expect(found / capacity).toBeGreaterThan(0.97);
      expect(found).toBeLessThanOrEqual(capacity);
      expect(tried.length).toBeLessThanOrEqual(12);
    }
  });

  it('allows for half a percent of loss, and never says more than passed', async () => {
    const { attempt, tried } = chainOf(2e6);
    const found = await highestRate(attempt, 2e6, PDR_LOSS);
    expect(tried).toContain(found);
    expect(1 - 2e6 / found).toBeLessThanOrEqual(PDR_LOSS);
    expect(found / 2e6).toBeGreaterThan(0.97);
  });

  it('finds nothing where nothing passes', async () => {
    expect(await highestRate(chainOf(1).attempt, 1e6, 0)).toBe(0);
  });
});
