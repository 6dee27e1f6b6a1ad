/**
 * The shell of a worker thread: polls until the run state says stop, and sleeps when there is nothing to do. Everything
 * that is worth testing is in the `poll()` that it is given.
 */
import type { Sleeper } from './doorbell.js';
import { readClock } from './monotonic-clock.js';
import type { WakeUpSpec } from './wake-up.js';

export interface Pollable {
  /** One bounded step; returns the work done. */
  poll(): number;
  /** Whether a poll would find something. */
  hasWork(): boolean;
  /** Wakes others for what was published. Called before the thread sleeps, and whenever the clock shows that another millisecond has passed. */
  flush(): void;
  /** Milliseconds after which there will be work without anybody ringing. Left out: never. */
  restMs?(): number;
}

/** The first sleep, and the longest: an idle thread sleeps deeper each time, and whoever has something for it rings. */
const FIRST_SLEEP_MS = 50;
const LONGEST_SLEEP_MS = 1000;
/**
 * Empty polls before a thread sleeps again that was woken after a silence: whoever woke it may wait for the same core. Each poll that finds
 * work doubles them, up to `spins`.
 */
const FIRST_SPINS = 100;
/** Polls without work between two readings of the clock, a power of two: such a poll is over as soon as a reading. */
const CLOCK_PERIOD = 16;
/** Between two looks at the time of day, and between two flushes. */
const TICK_MS = 1;
/** Cells of the loop's times: when the clock was read, when it was read before that, and when the next tick is due. */
const NOW = 0;
const THEN = 1;
const TICK = 2;

/**
 * Runs until `stopped()` says so at an empty poll.
 * @param spins empty polls before sleeping, where there was work: a short wait is cheaper than a sleep and a wake-up.
 * @param sleeps false: it never does, and nobody has to ring.
 * @param busyMs its first cell counts the milliseconds in which there was work: of each poll that found some, with up to fifteen before it that
 * found none.
 * @param wallMs its first cell is the time of day, milliseconds since 1970, as it was read last.
 */
export function pollLoop(work: Pollable, sleeper: Pick<Sleeper, 'announce' | 'cancel' | 'wait'>, stopped: () => boolean, { spins, sleeps }: Pick<WakeUpSpec, 'spins' | 'sleeps'>, busyMs: Float64Array = new Float64Array(1), wallMs: Float64Array = new Float64Array(1)): void {
  let idle = 0;
  let patience = Math.min(spins, FIRST_SPINS);
  let sleepMs = FIRST_SLEEP_MS;
  // Times stand in an array: in a variable that lives from poll to poll, each would be an object.
  const clock = new Float64Array(16);
  readClock(clock);
  clock[THEN] = clock[NOW];
  clock[TICK] = clock[NOW];
  for (;;) {
    if ((idle & (CLOCK_PERIOD - 1)) === 0) {
      readClock(clock);
      if (idle === 0) busyMs[0] += clock[NOW] - clock[THEN];
      clock[THEN] = clock[NOW];
      if (clock[NOW] >= clock[TICK]) {
        clock[TICK] = clock[NOW] + TICK_MS;
        wallMs[0] = Date.now();
        work.flush(); // whoever sleeps has not heard for a millisecond, or for as long as a slow poll took
      }
    }
    if (work.poll() > 0) {
      idle = 0;
      sleepMs = FIRST_SLEEP_MS;
      if (patience < spins) patience = Math.min(spins, 2 * patience);
      continue;
    }
    if (++idle < patience) continue;
    work.flush();
    if (stopped()) return;
    if (!sleeps) {
      sleeper.wait(0); // for what a sleeper learns by the way
      readClock(clock);
      clock[THEN] = clock[NOW];
      idle = 1; // none of this was work
      continue;
    }
    sleeper.announce();
    idle = 0;
    if (work.hasWork() || stopped()) sleeper.cancel();
    else {
      sleeper.wait(work.restMs === undefined ? sleepMs : Math.min(sleepMs, work.restMs()));
      sleepMs = Math.min(2 * sleepMs, LONGEST_SLEEP_MS);
      readClock(clock);
      if (clock[NOW] >= clock[TICK]) wallMs[0] = Date.now();
      if (clock[NOW] - clock[THEN] >= FIRST_SLEEP_MS) patience = Math.min(spins, FIRST_SPINS);
      // Whoever rang had published before: a look that finds nothing is enough to sleep on.
      idle = patience - 1;
      clock[THEN] = clock[NOW]; // what was slept was not worked
    }
  }
}
