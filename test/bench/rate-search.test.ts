import { describe, expect, it } from 'vitest';
import { CONFIRMED_BY, highestRate, maximumReceiveRate, PDR_LOSS, type TryRate } from '../../bench/rate-search.js';
import { randomSource } from '../ring/random-source.mjs';

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
      expect(tried.length).toBeLessThanOrEqual(13); // the last one confirms
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

  it('reports no rate that passed a short trial by luck: it has passed a long one, and seldom loses more than it may', async () => {
    const searches = 300;
    let lucky = 0;
    let luckyAtFirst = 0;
    for (let seed = 1; seed <= searches; seed++) {
      const { attempt, passed } = stalling(seed);
      const found = await highestRate(attempt, 1e6, PDR_LOSS);
      expect(passed.some(({ offered, times }) => times === CONFIRMED_BY && offered === found), `seed ${seed}`).toBe(true);
      // As found by short trials alone: the highest of them that passed.
      if (Math.max(...passed.filter(({ times }) => times === 1).map(({ offered }) => offered)) > SAFE_PPS) luckyAtFirst++;
      if (found > SAFE_PPS) lucky++;
      expect(found, `seed ${seed}`).toBeGreaterThan(SAFE_PPS * 0.9);
    }
    expect(luckyAtFirst).toBeGreaterThan(searches / 2);
    expect(lucky).toBeLessThan(luckyAtFirst / 2);
  });

  it('goes on below a rate that is not confirmed, to one that is, within 3 %', async () => {
    // Stalls so rare that no short trial meets one.
    const attempt: TryRate = (offered, times) => Promise.resolve({ offered, lossShare: offered > (times === 1 ? 0.8e6 : 0.3e6) ? 0.02 : 0, delivered: offered });
    const found = await highestRate(attempt, 1e6, PDR_LOSS);
    expect(found).toBeLessThanOrEqual(0.3e6);
    expect(found).toBeGreaterThan(0.3e6 / 1.03);
  });
});

/** Above this rate the device of the next function loses more than half a percent on the average. */
const SAFE_PPS = 600_000;

/** Forwards a million a second; above `SAFE_PPS`, in half of all short times, it stands still and loses a twentieth. */
function stalling(seed: number): { attempt: TryRate; passed: { offered: number; times: number }[] } {
  const random = randomSource(seed * 7919);
  for (let k = 0; k < 8; k++) random(2); // small seeds begin alike
  const passed: { offered: number; times: number }[] = [];
  const attempt: TryRate = (offered, times) => {
    let lossShare = Math.max(0, 1 - 1e6 / offered);
    for (let k = 0; k < times; k++) if (offered > SAFE_PPS && random(2) === 0) lossShare += 0.05 / times;
    if (lossShare <= PDR_LOSS) passed.push({ offered, times });
    return Promise.resolve({ offered, lossShare, delivered: offered * (1 - lossShare) });
  };
  return { attempt, passed };
}
