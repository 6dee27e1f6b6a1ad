/**
 * The shell of a worker thread: polls until the run state says stop, and rests when there is nothing to do. Everything
 * that is worth testing is in the `poll()` that it is given.
 */
import type { Sleeper } from './doorbell.js';
import { CELLS, NOW, readClock } from './monotonic-clock.js';
import { COMPARISON, TO_WALL, TimeOfDay } from './time-of-day.js';
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
 * A nap gives the core away and ends by itself: nobody has to ring, and packets come together meanwhile. After one that found nothing a thread
 * sleeps until rung.
 */
const NAP_MS = 0.1;
/** A sleep that lasted longer: rings are rare, and to sleep until the next costs less than to look for it. */
const LONG_SLEEP_MS = 2 * NAP_MS;
/**
 * Times in a row that it looked in vain for long enough, with less than `napBelow` done in between, from which the load counts as light: under full load a
 * thread finds little now and then, and is missed while it naps.
 */
const LIGHT_RESTS = 5;
/**
 * Empty polls before a thread sleeps again that was woken after a silence: whoever woke it may wait for the same core. Each poll that finds
 * work doubles them, up to `spins`.
 */
const FIRST_SPINS = 100;
/**
 * Polls without work between two readings of the clock, a power of two: such a poll is over as soon as a reading. Where a thread rests after fewer, the
 * clock is read when it has rested.
 */
const CLOCK_PERIOD = 16;
/** Between two looks at the time of day, and between two flushes. */
const TICK_MS = 1;
/** Cells of the loop's times: when the clock was read before, when the next tick is due, and how long the last rest took. */
const THEN = 1;
const TICK = 2;
const RESTED = 3;

const NO_ARGUMENTS: [] = [];

type LoopSleeper = Pick<Sleeper, 'announce' | 'cancel' | 'wait' | 'pause'>;
type LoopWakeUp = Pick<WakeUpSpec, 'spins' | 'napBelow' | 'sleeps'>;

/**
 * What a thread does that has looked in vain for long enough. Apart from the loop, and not looked into when that is compiled: whenever the loop meets
 * something for the first time V8 compiles it anew, with all that it calls, which takes 15 ms of another thread.
 */
class Rest {
  /** Empty polls before it rests. */
  patience: number;
  /** Work since it looked in vain for long enough the last time, counted no further than to where it is not little. */
  #found = 0;
  #lightRests = 0;
  #hasNapped = false;
  #sleepMs = FIRST_SLEEP_MS;
  #isFirst = true;
  readonly #work: Pollable;
  readonly #sleeper: LoopSleeper;
  readonly #stopped: () => boolean;
  readonly #spins: number;
  readonly #napBelow: number;
  readonly #sleeps: boolean;
  readonly #times: Float64Array;
  readonly #wallMs: Float64Array;

  constructor(work: Pollable, sleeper: LoopSleeper, stopped: () => boolean, { spins, napBelow, sleeps }: LoopWakeUp, times: Float64Array, wallMs: Float64Array) {
    this.#work = work;
    this.#sleeper = sleeper;
    this.#stopped = stopped;
    this.#spins = spins;
    this.#napBelow = napBelow;
    this.#sleeps = sleeps;
    this.#times = times;
    this.#wallMs = wallMs;
    this.patience = Math.min(spins, FIRST_SPINS);
  }

  /** A poll found work. */
  worked(found: number): void {
    if (this.#found < this.#napBelow) this.#found += found;
    this.#hasNapped = false;
    this.#sleepMs = FIRST_SLEEP_MS;
    if (this.patience < this.#spins) this.patience = Math.min(this.#spins, 2 * this.patience);
  }

  /** @returns how many empty polls the loop is to begin with; -1 when it is to end. The first time it does nothing, so that the loop has met it. */
  readonly take = (): number => {
    if (this.#isFirst) {
      this.#isFirst = false;
      return 0;
    }
    const work = this.#work;
    work.flush();
    if (this.#stopped()) return -1;
    if (!this.#sleeps) {
      this.#sleeper.wait(0); // for what a sleeper learns by the way
      this.#leaveOut();
      return 1; // none of this was work
    }
    if (this.#beginsWithNap()) {
      this.#sleeper.pause(NAP_MS);
      this.#leaveOut();
      return this.patience - 1;
    }
    this.#sleeper.announce();
    if (work.hasWork() || this.#stopped()) {
      this.#sleeper.cancel();
      this.#leaveOut();
      return 0;
    }
    this.#sleeper.wait(work.restMs === undefined ? this.#sleepMs : Math.min(this.#sleepMs, work.restMs()));
    this.#sleepMs = Math.min(2 * this.#sleepMs, LONGEST_SLEEP_MS);
    this.#leaveOut();
    if (this.#times[RESTED] > LONG_SLEEP_MS) this.#lightRests = 0;
    if (this.#times[RESTED] >= FIRST_SLEEP_MS) this.patience = Math.min(this.#spins, FIRST_SPINS);
    // Whoever rang had published before: a look that finds nothing is enough to sleep on.
    return this.patience - 1;
  };

  /** Judges what was done since the last time. */
  #beginsWithNap(): boolean {
    const isLight = this.#found < this.#napBelow;
    this.#found = 0;
    this.#lightRests = isLight ? Math.min(LIGHT_RESTS, this.#lightRests + 1) : 0;
    this.#hasNapped = this.#lightRests === LIGHT_RESTS && !this.#hasNapped;
    return this.#hasNapped;
  }

  /** What has passed since the clock was read last was not worked. */
  #leaveOut(): void {
    const times = this.#times;
    readClock(times);
    times[RESTED] = times[NOW] - times[THEN];
    times[THEN] = times[NOW];
    if (times[NOW] >= times[TICK]) {
      times[TICK] = times[NOW] + TICK_MS; // it has rung for everything before it rested
      this.#wallMs[0] = Math.floor(times[NOW] + times[TO_WALL]);
    }
  }
}

/**
 * Runs until `stopped()` says so at an empty poll.
 * @param wakeUp `spins`: empty polls before it rests, where there was work: a short wait is cheaper than a sleep and a wake-up. `napBelow`: work
 * between two rests that counts as little; where there is little for long, it naps before it sleeps. `sleeps` false: it never does, and nobody has to ring.
 * @param busyMs its first cell counts the milliseconds in which there was work: of each poll that found some, with up to fifteen before it that
 * found none.
 * @param wallMs its first cell is the time of day at the last tick, whole milliseconds since 1970.
 */
export function pollLoop(work: Pollable, sleeper: LoopSleeper, stopped: () => boolean, wakeUp: LoopWakeUp, busyMs: Float64Array = new Float64Array(1), wallMs: Float64Array = new Float64Array(1)): void {
  const times = new Float64Array(CELLS);
  readClock(times);
  times[THEN] = times[NOW];
  times[TICK] = times[NOW];
  const timeOfDay = new TimeOfDay(times);
  const rest = new Rest(work, sleeper, stopped, wakeUp, times, wallMs);
  let idle = rest.patience;
  for (;;) {
    if (idle >= rest.patience) {
      // A call that V8 does not look into: see `Rest`.
      idle = Reflect.apply(rest.take, undefined, NO_ARGUMENTS);
      if (idle < 0) return;
    }
    if ((idle & (CLOCK_PERIOD - 1)) === 0) {
      readClock(times);
      if (idle === 0) busyMs[0] += times[NOW] - times[THEN];
      times[THEN] = times[NOW];
      if (times[NOW] >= times[TICK]) {
        times[TICK] = times[NOW] + TICK_MS;
        if (times[NOW] >= times[COMPARISON]) timeOfDay.compare();
        wallMs[0] = Math.floor(times[NOW] + times[TO_WALL]);
        work.flush(); // whoever sleeps has not heard for a millisecond, or for as long as a slow poll took
      }
    }
    const found = work.poll();
    if (found > 0) {
      idle = 0;
      rest.worked(found);
    } else idle++;
  }
}
