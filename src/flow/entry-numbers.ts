/**
 * Hot: no allocation. The numbers of a table's entries, given out so that those in use lie close together, in as few lines and pages as
 * can be: the last one given back comes first. Of two kinds, which do not mix while there is room: low numbers from 0 upwards, high ones
 * from the last downwards.
 */
export class EntryNumbers {
  /** Numbers below this one have been given out as low ones at some time; from `high` on, as high ones. */
  low = 0;
  high: number;
  // Each number that was given back is in one of them: those below `low` in the first.
  readonly #freeLow: Int32Array;
  #freeLowCount = 0;
  readonly #freeHigh: Int32Array;
  #freeHighCount = 0;

  constructor(count: number) {
    this.high = count;
    this.#freeLow = new Int32Array(count);
    this.#freeHigh = new Int32Array(count);
  }

  /** There must be a number left, of either kind. */
  takeLow(): number {
    if (this.#freeLowCount > 0) return this.#freeLow[--this.#freeLowCount];
    return this.low < this.high ? this.low++ : this.#freeHigh[--this.#freeHighCount];
  }

  /** There must be a number left, of either kind. */
  takeHigh(): number {
    if (this.#freeHighCount > 0) return this.#freeHigh[--this.#freeHighCount];
    return this.low < this.high ? --this.high : this.#freeLow[--this.#freeLowCount];
  }

  giveBack(number: number): void {
    if (number < this.low) this.#freeLow[this.#freeLowCount++] = number;
    else this.#freeHigh[this.#freeHighCount++] = number;
  }
}
