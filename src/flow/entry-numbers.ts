/**
 * Hot: no allocation. The numbers of a table's entries, given out so that those in use lie close together, in as few lines and pages as
 * can be: the last one given back comes first. Of two kinds, which do not mix while there is room: low numbers from 0 upwards, high ones
 * from the last downwards.
 */
export class EntryNumbers {
  /** Numbers below this one have been given out as low ones at some time; from `high` on, as high ones. */
  low = 0;
  high: number;
  /** Numbers that were given back: low ones from its beginning, those below `low`; high ones from its end. Never more than there are numbers. */
  readonly #free: Int32Array;
  #freeLow = 0;
  #freeHigh: number;

  constructor(count: number) {
    this.high = count;
    this.#free = new Int32Array(count);
    this.#freeHigh = count;
  }

  /** There must be a number left, of either kind. */
  takeLow(): number {
    if (this.#freeLow > 0) return this.#free[--this.#freeLow];
    return this.low < this.high ? this.low++ : this.#free[this.#freeHigh++];
  }

  /** There must be a number left, of either kind. */
  takeHigh(): number {
    if (this.#freeHigh < this.#free.length) return this.#free[this.#freeHigh++];
    return this.low < this.high ? --this.high : this.#free[--this.#freeLow];
  }

  /** To those of its own side, whoever had taken it. */
  giveBack(number: number): void {
    if (number < this.low) this.#free[this.#freeLow++] = number;
    else this.#free[--this.#freeHigh] = number;
  }
}
