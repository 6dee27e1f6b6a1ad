/** What a run of any length should have dropped, by a comparison whose passes differ. */
import { expect, it } from 'vitest';
import { ExpectedDrops } from '../../bench/traffic/expected-drops.js';

it('goes by the passes that a run has had, and after the last one that is known by that', () => {
  // Passes of 100 packets that drop 0, 10 and 30.
  const drops = new ExpectedDrops([0, 100, 190, 260], 100);
  expect([50, 100, 150, 200, 250, 300].map((received) => drops.shareOf(received) * received)).toEqual([0, 0, 5, 10, 25, 40]);
  expect(drops.shareOf(1000) * 1000).toBeCloseTo(40 + 7 * 30);
});
