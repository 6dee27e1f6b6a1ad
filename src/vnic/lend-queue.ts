/**
 * Hot: no allocation. What a queue pair has been lent, oldest first, in the lender's private memory. A VM returns in
 * order, so the next address that comes back must be the oldest one lent: a forged, stale, duplicate, foreign or
 * misaligned address fails that one comparison.
 */
export class LendQueue {
  readonly #addresses: Uint32Array;
  readonly #mask: number;
  #head = 0;
  #count = 0;

  /** @param capacity power of two, at least the number of slots. */
  constructor(capacity: number) {
    this.#addresses = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  get count(): number {
    return this.#count;
  }

  lend(address: number): void {
    this.#addresses[(this.#head + this.#count++) & this.#mask] = address;
  }

  lendBurst(addresses: Uint32Array, from: number, count: number): void {
    const lent = this.#addresses;
    const mask = this.#mask;
    const at = this.#head + this.#count;
    for (let k = 0; k < count; k++) lent[(at + k) & mask] = addresses[from + k];
    this.#count += count;
  }

  /** True, and the lend is over, when `address` is the one due. Otherwise nothing changes. */
  accept(address: number): boolean {
    if (this.#count === 0 || this.#addresses[this.#head & this.#mask] !== address) return false;
    this.#head = (this.#head + 1) | 0;
    this.#count--;
    return true;
  }

  /** Accepts what is due of a burst, in order, moves it to the front of `addresses`, and returns how many that are. */
  acceptBurst(addresses: Uint32Array, count: number): number {
    const lent = this.#addresses;
    const mask = this.#mask;
    let head = this.#head;
    let left = this.#count;
    let due = 0;
    for (let k = 0; k < count; k++) {
      const address = addresses[k];
      if (left === 0 || lent[head & mask] !== address) continue;
      head = (head + 1) | 0;
      left--;
      addresses[due++] = address;
    }
    this.#head = head;
    this.#count = left;
    return due;
  }

  /** Ends the oldest lend without a return: its VM died or lost it. -1 when there is none. */
  takeBack(): number {
    if (this.#count === 0) return -1;
    this.#count--;
    const address = this.#addresses[this.#head & this.#mask];
    this.#head = (this.#head + 1) | 0;
    return address;
  }

  /** The addresses lent, oldest first, for the census. */
  *addresses(): Generator<number> {
    for (let k = 0; k < this.#count; k++) yield this.#addresses[(this.#head + k) & this.#mask];
  }
}
