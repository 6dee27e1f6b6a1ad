/**
 * Hot: no allocation. The time of day for loops that want it each millisecond: `Date.now` makes an object of each reading, so it is asked once a
 * second how far it is from the clock that never goes back.
 */
import { CELLS, NOW } from './monotonic-clock.js';

/** Between two comparisons of the clocks: where the system's time is set, it is noticed that late. */
const COMPARISON_MS = 1000;
/** `Date.now` leaves out what is less than a millisecond, so two comparisons differ by up to one when nobody has set anything. */
const UNCERTAINTY_MS = 1;
/** Own cells: what to add, and when to compare next. */
const OFFSET = 0;
const NEXT = 1;

export class TimeOfDay {
  readonly #cells = new Float64Array(CELLS);
  readonly #times: Float64Array;
  readonly #wallMs: Float64Array;

  /**
   * @param times in whose cell `NOW` `readClock` writes.
   * @param wallMs its first cell becomes whole milliseconds since 1970.
   */
  constructor(times: Float64Array, wallMs: Float64Array) {
    this.#times = times;
    this.#wallMs = wallMs;
  }

  /** Writes the time of day of the last `readClock`. */
  write(): void {
    const cells = this.#cells;
    const times = this.#times;
    if (times[NOW] >= cells[NEXT]) {
      cells[NEXT] = times[NOW] + COMPARISON_MS;
      const offset = Date.now() - times[NOW];
      if (Math.abs(offset - cells[OFFSET]) > UNCERTAINTY_MS) cells[OFFSET] = offset;
    }
    this.#wallMs[0] = Math.floor(times[NOW] + cells[OFFSET]);
  }
}
