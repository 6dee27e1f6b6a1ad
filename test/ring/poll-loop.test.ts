/** How a thread goes from work to sleep, with a sleeper that is awake at once. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pollLoop } from '../../src/ring/poll-loop.js';

/** The clock stands, but for what a test adds to it. */
let nowNanos = 10n ** 15n;
const advance = (milliseconds: number): void => { nowNanos += BigInt(milliseconds * 1e6); };
beforeEach(() => { vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => nowNanos); });
afterEach(() => { vi.restoreAllMocks(); });

/** A sleeper that is awake at once. */
const AWAKE = { announce: () => undefined, cancel: () => undefined, wait: () => undefined, pause: () => undefined };

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
  const sleeper = { announce: () => undefined, cancel: () => undefined, wait: (milliseconds: number) => { found.push([since, milliseconds]); since = 0; }, pause: () => undefined };
  pollLoop(work, sleeper, () => found.length === sleeps, { spins, napBelow: 0, sleeps: true });
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
    pause: () => undefined,
  };
  pollLoop(work, sleeper, () => polls > 200, { spins: 100, napBelow: 0, sleeps: false });
  expect(done).toEqual(['flush 0', 'flush 100', 'wait 0', 'flush 220']);
});

/**
 * @param found packets by number of the poll, from 1.
 * @param sleepMs how long a sleep lasts until somebody rings.
 * @returns what it did and after how many polls, until it slept so many times.
 */
function restsOf(found: (poll: number) => number, sleeps: number, sleepMs = 0): string[] {
  const done: string[] = [];
  let polls = 0;
  let slept = 0;
  let published = 0;
  const work = {
    poll: () => {
      const packets = found(++polls);
      published += packets;
      return packets;
    },
    hasWork: () => false,
    flush: () => { published = 0; },
  };
  const sleeper = {
    announce: () => { done.push(`announce ${polls}`); },
    cancel: () => { done.push(`cancel ${polls}`); },
    wait: () => {
      slept++;
      advance(sleepMs);
      done.push('sleep');
    },
    pause: (milliseconds: number) => {
      expect(published).toBe(0); // whoever naps has rung for what it published
      advance(milliseconds);
      done.push(`nap ${milliseconds} after ${polls}`);
    },
  };
  pollLoop(work, sleeper, () => slept === sleeps, { spins: 2, napBelow: 32, sleeps: true });
  return done;
}

/** After two looks, and one look after each. */
const FOUR_SLEEPS = ['announce 2', 'sleep', 'announce 3', 'sleep', 'announce 4', 'sleep', 'announce 5', 'sleep'];

it('naps where it rested five times in a row after little, tells nobody that it does, and sleeps when a nap found nothing', () => {
  expect(restsOf(() => 0, 6)).toEqual([...FOUR_SLEEPS, 'nap 0.1 after 6', 'announce 7', 'sleep', 'nap 0.1 after 8', 'announce 9', 'sleep']);
});

it('naps on while naps find something and it is little', () => {
  // After each nap a packet in one look, and none in the two that follow.
  const packets = new Map([[7, 31], [10, 1], [13, 32]]);
  expect(restsOf((poll) => packets.get(poll) ?? 0, 5).slice(8)).toEqual([
    'nap 0.1 after 6', 'nap 0.1 after 9', 'nap 0.1 after 12', 'announce 15', 'sleep',
  ]);
});

it('adds up what it found since it rested', () => {
  const all = (each: number): string[] => restsOf((poll) => (poll > 6 && poll < 11 ? each : 0), 6).slice(8);
  expect(all(7).slice(0, 2)).toEqual(['nap 0.1 after 6', 'nap 0.1 after 12']);
  expect(all(8).slice(0, 2)).toEqual(['nap 0.1 after 6', 'announce 12']);
});

it('does not nap where rings are rare: to sleep until the next costs less than to look for it', () => {
  expect(restsOf(() => 0, 5, 0.19).filter((step) => step.startsWith('nap'))).toHaveLength(1);
  expect(restsOf(() => 0, 20, 0.21).filter((step) => step.startsWith('nap'))).toEqual([]);
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

it('rings for what was published at every tick of the clock: functions may be slow, and bursts few', () => {
  const flushed: number[] = [];
  let polls = 0;
  const work = {
    poll: () => {
      polls++;
      if (polls > 6) return 0;
      if (polls % 3 === 0) advance(64); // every third burst takes so long
      return 1;
    },
    hasWork: () => false,
    flush: () => { flushed.push(polls); },
  };
  pollLoop(work, AWAKE, () => polls > 6, { spins: 2, napBelow: 0, sleeps: true });
  expect(flushed).toEqual([0, 3, 6, 8]); // and before it ends
});

it('looks at the clock in every sixteenth poll that finds nothing, and rings by what it shows', () => {
  const flushed: number[] = [];
  let polls = 0;
  const work = {
    poll: () => {
      polls++;
      advance(0.25);
      return polls === 1 ? 1 : 0;
    },
    hasWork: () => false,
    flush: () => { flushed.push(polls); },
  };
  pollLoop(work, AWAKE, () => true, { spins: 60, napBelow: 0, sleeps: true });
  expect(flushed).toEqual([0, 17, 33, 49, 61]);
});

it('counts as busy the polls that find work, and neither those that do not nor sleep', () => {
  const busyMs = new Float64Array(1);
  const wallMs = new Float64Array(1);
  let polls = 0;
  const work = {
    poll: () => {
      polls++;
      advance(0.125);
      return polls <= 80 || polls === 200 ? 1 : 0;
    },
    hasWork: () => false,
    flush: () => undefined,
  };
  const sleeper = { announce: () => undefined, cancel: () => undefined, wait: advance, pause: advance };
  pollLoop(work, sleeper, () => polls > 300, { spins: 100, napBelow: 0, sleeps: true }, busyMs, wallMs);
  // 81 polls, and those before the last of them since the clock was read: it had slept, so none.
  expect(busyMs[0]).toBeCloseTo(81 * 0.125, 9);
  expect(Math.abs(wallMs[0] - Date.now())).toBeLessThan(60_000);
});

/** @returns how far the time of day that was told is ahead of the clock, poll by poll of a millisecond; the system's is 777 ms ahead, and is set by an hour at poll 3000. */
function timeTold(hasWork: (poll: number) => boolean): number[] {
  const wallMs = new Float64Array(1);
  const clockMs = (): number => Number(nowNanos / 1_000_000n);
  const told: number[] = [];
  vi.spyOn(Date, 'now').mockImplementation(() => clockMs() + 777 + (told.length > 3000 ? 3_600_000 : 0));
  const work = {
    poll: () => {
      told.push(wallMs[0] - clockMs());
      advance(1);
      return hasWork(told.length) ? 1 : 0;
    },
    hasWork: () => false,
    flush: () => undefined,
  };
  pollLoop(work, AWAKE, () => told.length > 5000, { spins: 16, napBelow: 0, sleeps: true }, undefined, wallMs);
  return told;
}

it('tells the time of day to the millisecond while there is work, and follows a clock that is set within a second', () => {
  const told = timeTold((poll) => poll <= 5000);
  expect(told.slice(1, 3000).filter((ahead) => Math.abs(ahead - 777) > 1)).toEqual([]);
  expect(told.slice(4001, 5000).filter((ahead) => Math.abs(ahead - 3_600_777) > 1)).toEqual([]);
});

it('tells the time of day after each rest, and follows a clock that was set once there is work', () => {
  const told = timeTold((poll) => poll === 4500);
  expect(told.slice(1, 3000).filter((ahead) => ahead > 778 || ahead < 777 - 17)).toEqual([]);
  expect(Math.abs(told[4501] - 3_600_777)).toBeLessThanOrEqual(1);
});

it('counts nothing as busy where others say that there is work, and no poll finds any', () => {
  const busyMs = new Float64Array(1);
  let polls = 0;
  const work = {
    poll: () => {
      polls++;
      advance(0.125);
      return 0;
    },
    hasWork: () => true,
    flush: () => { advance(0.5); },
  };
  pollLoop(work, AWAKE, () => polls > 2000, { spins: 3, napBelow: 0, sleeps: true }, busyMs);
  expect(busyMs[0]).toBe(0);
});
