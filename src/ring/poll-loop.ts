/**
 * The shell of a worker thread: polls until the run state says stop, and sleeps when there is nothing to do. Everything
 * that is worth testing is in the `poll()` that it is given.
 */
import type { Sleeper } from './doorbell.js';
import type { WakeUpSpec } from './wake-up.js';

export interface Pollable {
  /** One bounded step; returns the work done. */
  poll(): number;
  /** Whether a poll would find something. */
  hasWork(): boolean;
  /** Wakes others for what was published. Called before the thread sleeps, and where there is work, whenever the clock shows another millisecond. */
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
/**
 * Polls without work between two readings of the clock, a power of two: each reading is a new object for V8, and millions of them a
 * second would be collected a dozen times in it.
 */
const CLOCK_PERIOD = 16;

/**
 * Runs until `stopped()` says so at an empty poll.
 * @param spins empty polls before sleeping, where there was work: a short wait is cheaper than a sleep and a wake-up.
 * @param sleeps false: it never does, and nobody has to ring.
 * @param busyMs its first cell counts the milliseconds in which there was work. Each is given to the poll in which the clock
 * showed the next one, a sample every millisecond: exact on the average, but for the few polls since the last reading.
 * @param wallMs its first cell is the time of day, milliseconds since 1970, as it was read last.
 */
export function pollLoop(work: Pollable, sleeper: Pick<Sleeper, 'announce' | 'cancel' | 'wait'>, stopped: () => boolean, { spins, sleeps }: Pick<WakeUpSpec, 'spins' | 'sleeps'>, busyMs: Float64Array = new Float64Array(1), wallMs: Float64Array = new Float64Array(1)): void {
  let idle = 0;
  let patience = Math.min(spins, FIRST_SPINS);
  let sleepMs = FIRST_SLEEP_MS;
  let then = Date.now();
  for (;;) {
    if ((idle & (CLOCK_PERIOD - 1)) === 0) {
      const now = Date.now();
      if (idle === 0 && now > then) {
        busyMs[0] += now - then;
        work.flush(); // whoever sleeps has not heard for a millisecond, or for as long as a slow poll took
      }
      then = now;
      wallMs[0] = now;
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
      then = Date.now();
      wallMs[0] = then;
      idle = 1; // none of this was work
      continue;
    }
    sleeper.announce();
    idle = 0;
    if (work.hasWork() || stopped()) sleeper.cancel();
    else {
      sleeper.wait(work.restMs === undefined ? sleepMs : Math.min(sleepMs, work.restMs()));
      sleepMs = Math.min(2 * sleepMs, LONGEST_SLEEP_MS);
      if (Date.now() - then >= FIRST_SLEEP_MS) patience = Math.min(spins, FIRST_SPINS);
      // Whoever rang had published before: a look that finds nothing is enough to sleep on.
      idle = patience - 1;
    }
    then = Date.now(); // what was slept was not worked
    wallMs[0] = then;
  }
}
