/** How a thread goes from work to sleep, with a sleeper that is awake at once. */
import { expect, it, vi } from 'vitest';
import { pollLoop } from '../../src/ring/poll-loop.js';

/** @param busy by number of the poll, from 1. @returns for each sleep, how many polls came since the one before, and how long it was to be. */
function sleepsOf(busy: ReadonlySet<number>, sleeps: number, spins: number): [polls: number, milliseconds: number][] {
  const found: [number, number][] = [];
  let polls = 0;
  let since = 0;
  const work = {
    poll: () => {
      since++;
      return busy.has(++polls) ? 1 : 0;
    },
    hasWork: () => busy.has(polls + 1),
    flush: () => undefined,
  };
  const sleeper = { announce: () => undefined, cancel: () => undefined, wait: (milliseconds: number) => { found.push([since, milliseconds]); since = 0; } };
  pollLoop(work, sleeper, () => found.length === sleeps, { spins, sleeps: true });
  return found;
}

it('looks for a while where there was work, and only once where there was none', () => {
  expect(sleepsOf(new Set(), 4, 100)).toEqual([[100, 50], [1, 100], [1, 200], [1, 400]]);
});

it('looks for longer the more polls found work, up to the limit', () => {
  expect(sleepsOf(new Set(), 1, 2000)).toEqual([[100, 50]]);
  expect(sleepsOf(new Set([1]), 1, 2000)).toEqual([[201, 50]]);
  expect(sleepsOf(new Set([1, 2, 3]), 1, 2000)).toEqual([[803, 50]]);
  expect(sleepsOf(new Set([1, 2, 3]), 1, 300)).toEqual([[303, 50]]);
});

it('where it is not to sleep it waits for nothing, tells nobody that it does, and ends', () => {
  const done: string[] = [];
  let polls = 0;
  const work = { poll: () => (++polls === 120 ? 1 : 0), hasWork: () => true, flush: () => { done.push(`flush ${polls}`); } };
  const sleeper = {
    announce: () => { done.push('announce'); },
    cancel: () => { done.push('cancel'); },
    wait: (milliseconds: number) => { done.push(`wait ${milliseconds}`); },
  };
  pollLoop(work, sleeper, () => polls > 200, { spins: 100, sleeps: false });
  expect(done).toEqual(['flush 100', 'wait 0', 'flush 220']);
});

it('sleeps no longer than a second at a time, and shortly again after work', () => {
  // The work of the 108th poll is there before the thread would sleep for the eighth time.
  const sleeps = sleepsOf(new Set([108]), 8, 100);
  expect(sleeps.slice(4)).toEqual([[1, 800], [1, 1000], [1, 1000], [102, 50]]);
});

it('does not sleep on what came while it announced that it would', () => {
  // The hundredth look was in vain, but the next one is not.
  expect(sleepsOf(new Set([101]), 1, 100)).toEqual([[201, 50]]);
});

it('rings for what was published at every tick of the clock while there is work: functions may be slow', () => {
  const flushed: number[] = [];
  let polls = 0;
  let now = 1000;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  try {
    const work = {
      poll: () => {
        polls++;
        if (polls > 6) return 0;
        if (polls % 3 === 0) now += 64; // every third burst takes so long
        return 1;
      },
      hasWork: () => false,
      flush: () => { flushed.push(polls); },
    };
    pollLoop(work, { announce: () => undefined, cancel: () => undefined, wait: () => undefined }, () => polls > 6, { spins: 2, sleeps: true });
  } finally {
    vi.restoreAllMocks();
  }
  expect(flushed).toEqual([3, 6, 8]); // and before it ends
});
