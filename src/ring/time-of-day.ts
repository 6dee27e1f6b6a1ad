/**
 * Hot: one object a second. The time of day for loops that want it each millisecond: `Date.now` makes an object of each reading, so it is asked once a
 * second how far it is from the clock that never goes back.
 */
import { CELLS, NOW, readClock } from './monotonic-clock.js';

/**
 * Between two comparisons of the clocks: where the system's time is set, it is noticed that late. The first come after one millisecond, two, four
 * and so on: a loop that meets something only after it was compiled is compiled anew.
 */
const LONGEST_PERIOD_MS = 1000;
/**
 * `Date.now` leaves out what is less than a millisecond, so two comparisons differ by up to one when nobody has set anything. And a thread that lost
 * its core between the readings for longer than that has compared nothing.
 */
const UNCERTAINTY_MS = 1;

/** Cells of the times that it works on: what to add to the clock that never goes back, and when to compare next. */
export const TO_WALL = 14;
export const COMPARISON = 15;

export class TimeOfDay {
  readonly #times: Float64Array;
  readonly #own = new Float64Array(CELLS);
  #periodMs = 1;

  /** @param times of `CELLS` cells, in whose cell `NOW` `readClock` writes. */
  constructor(times: Float64Array) {
    this.#times = times;
    this.compare();
  }

  /** To be called when the time in the cell `COMPARISON` is over. The time of day is the sum of `NOW` and `TO_WALL`, without its fraction: milliseconds since 1970. */
  compare(): void {
    const times = this.#times;
    const own = this.#own;
    readClock(own);
    const before = own[NOW];
    const found = Date.now() - before;
    readClock(own);
    if (own[NOW] - before > UNCERTAINTY_MS && times[TO_WALL] !== 0) {
      times[COMPARISON] = own[NOW] + UNCERTAINTY_MS;
      return;
    }
    times[COMPARISON] = own[NOW] + this.#periodMs;
    this.#periodMs = Math.min(2 * this.#periodMs, LONGEST_PERIOD_MS);
    if (Math.abs(found - times[TO_WALL]) > UNCERTAINTY_MS) times[TO_WALL] = found;
  }
}
